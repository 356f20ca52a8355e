"""A server that dies, and one that takes over."""

from __future__ import annotations

import os
import signal
from collections import Counter

from layerlab.client import Client, Study
from tests.e2e.conftest import StartServer
from tests.e2e.server import Server
from tests.servers.sessions import wait_until_gone

_TRIALS = 24
_PATIENCE_SECONDS = 90.0


def test_a_study_outlives_kill_9_of_everything_and_each_trial_ends_once(
    start_server: StartServer,
) -> None:
    first = start_server()
    study_id = _start_study(first)
    for _ in range(2):
        _let_it_train(first, study_id)
        first.kill_alone()
        first = start_server()
    with first.client() as client:
        study = client.studies.get(study_id).wait(timeout=_PATIENCE_SECONDS)
        _check_ledger(study)
        assert any(trial.attempt > 1 for trial in study.trials())


def test_what_sigterm_stops_goes_on_after_a_new_start(start_server: StartServer) -> None:
    first = start_server()
    study_id = _start_study(first)
    _let_it_train(first, study_id)
    assert first.stop() == 0
    assert str(first.data_dir) in first.output
    second = start_server()
    with second.client() as client:
        _check_ledger(client.studies.get(study_id).wait(timeout=_PATIENCE_SECONDS))


def test_nothing_is_left_behind_by_kill_9(start_server: StartServer) -> None:
    server = start_server()
    study_id = _start_study(server)
    _let_it_train(server, study_id)
    assert len(server.family()) > 1
    server.kill_alone()
    assert wait_until_gone(server.pid) == []


def test_a_training_process_that_is_killed_costs_an_attempt_and_no_trial(
    start_server: StartServer,
) -> None:
    server = start_server()
    study_id = _start_study(server)
    _let_it_train(server, study_id)
    for pid in server.children():
        os.kill(pid, signal.SIGKILL)
    with server.client() as client:
        _check_ledger(client.studies.get(study_id).wait(timeout=_PATIENCE_SECONDS))


def _start_study(server: Server) -> str:
    with server.client() as client:
        dataset = client.datasets.upload(client.sample("penguins"), name="penguins.csv")
        return client.studies.create(
            dataset, "species", max_trials=_TRIALS, max_epochs=100, seed=3, verdict="off"
        ).study_id


def _let_it_train(server: Server, study_id: str) -> None:
    """Returns in the middle of a cohort."""
    with server.client() as client:
        for event in _new_events(client, study_id):
            if event == "trial.epochs_reported":
                return
    raise AssertionError("The study ended before it could be disturbed.")


def _new_events(client: Client, study_id: str) -> list[str]:
    study = client.studies.get(study_id)
    found = []
    for event in study.events(after=int(study.document["seq"])):
        found.append(event.type)
        if event.type == "trial.epochs_reported":
            break
    return found


def _check_ledger(study: Study) -> None:
    """Every trial ended once, well, and the log has no gap."""
    events = list(study.events())
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    ends = Counter(
        event.data["number"]
        for event in events
        if event.type == "trial.state_changed"
        and event.data["to"] in ("SUCCEEDED", "PRUNED", "FAILED", "CANCELLED")
    )
    assert ends == dict.fromkeys(range(1, _TRIALS + 1), 1)
    assert {trial.state for trial in study.trials()} == {"SUCCEEDED", "PRUNED"}
    assert Counter(event.type for event in events)["trial.tested"] == 1
