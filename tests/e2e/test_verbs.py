"""Suspend, resume, stop, cancel; and budgets."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from layerlab.client import Client, RequestFailed, Study, StudyFailed, WaitTimeout

_PATIENCE_SECONDS = 60.0


@pytest.fixture
def long_study(client: Client) -> Study:
    """More than could end while a test looks."""
    dataset = client.datasets.upload(client.sample("breast-cancer"), name="breast-cancer.csv")
    study = client.studies.create(
        dataset, "diagnosis", max_trials=5000, max_epochs=2000, verdict="off"
    )
    until(study, lambda: study.progress.running > 0)
    return study


def until(study: Study, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, study.document
        time.sleep(0.05)
        study.refresh()


def test_cancel_ends_a_study_and_everything_under_way(long_study: Study) -> None:
    assert long_study.cancel().state == "CANCELLED"
    with pytest.raises(StudyFailed, match="CANCELLED"):
        long_study.wait(timeout=_PATIENCE_SECONDS)
    states = {trial.state for trial in long_study.trials()}
    assert states <= {"CANCELLED", "SUCCEEDED", "PRUNED", "FAILED"}
    assert "CANCELLED" in states


def test_stop_takes_no_new_trials_and_ends_well(client: Client) -> None:
    dataset = client.datasets.upload(client.sample("penguins"))
    study = client.studies.create(dataset, "species", max_trials=5000, max_epochs=30, verdict="off")
    until(study, lambda: study.progress.done > 0)
    study.stop()
    study.wait(timeout=_PATIENCE_SECONDS)
    assert study.best is not None
    assert study.best.score_test is not None
    assert study.progress.done < 5000


def test_a_suspended_study_trains_nothing_new_until_it_is_resumed(client: Client) -> None:
    dataset = client.datasets.upload(client.sample("penguins"))
    study = client.studies.create(dataset, "species", max_trials=5000, max_epochs=30, verdict="off")
    until(study, lambda: study.progress.done > 0)
    assert study.suspend().state == "SUSPENDED"
    until(study, lambda: study.progress.running == 0)
    done = study.progress.done
    time.sleep(1.0)
    assert study.refresh().progress.done == done
    assert study.resume().state == "RUNNING"
    until(study, lambda: study.progress.done > done)
    study.cancel()


def test_a_move_that_the_state_forbids_is_refused_by_its_name(long_study: Study) -> None:
    long_study.cancel()
    with pytest.raises(RequestFailed) as caught:
        long_study.resume()
    assert (caught.value.status, caught.value.code) == (409, "illegal_move")


def test_waiting_can_be_given_up_while_the_study_goes_on(long_study: Study) -> None:
    with pytest.raises(WaitTimeout):
        long_study.wait(timeout=0.1)
    assert long_study.refresh().state == "RUNNING"
    long_study.cancel()


def test_a_time_budget_holds_even_for_designs_that_would_train_for_hours(client: Client) -> None:
    dataset = client.datasets.upload(client.sample("breast-cancer"))
    study = client.studies.create(
        dataset,
        "diagnosis",
        time_budget=5,
        max_epochs=10_000,
        space={"hidden": [[256, 256]], "learning_rate": [1e-9], "batch_size": [16]},
    )
    study.wait(timeout=_PATIENCE_SECONDS)
    # By the ledger's own clock: a second is for the finalists' test rows and the last reports.
    assert study.progress.elapsed_seconds < 8
    assert study.best is not None
    assert study.best.stop_reason == "time_budget"
