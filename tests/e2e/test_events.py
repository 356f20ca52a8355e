"""The event log, followed through broken connections."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.sync.client import connect

from layerlab.client import Client, Study
from tests.e2e.proxy import CuttingProxy
from tests.e2e.server import Server


@pytest.fixture
def proxy(server: Server) -> Iterator[CuttingProxy]:
    port = urlsplit(server.url).port
    assert port is not None
    proxy = CuttingProxy(port)
    yield proxy
    proxy.close()


@pytest.fixture
def study(client: Client) -> Study:
    dataset = client.datasets.upload(client.sample("penguins"), name="penguins.csv")
    return client.studies.create(dataset, "species", max_trials=8, max_epochs=30, verdict="off")


def test_a_reader_whose_connection_is_cut_again_and_again_misses_and_doubles_nothing(
    proxy: CuttingProxy, study: Study
) -> None:
    seen = []
    # However much comes at once.
    proxy.bytes_more = 2_000
    with Client(proxy.url) as client:
        for event in client.studies.get(study.study_id).events():
            seen.append(event)
            if event.seq % 10 == 0:
                proxy.cut()
    assert proxy.connections > 2
    assert [event.seq for event in seen] == list(range(1, len(seen) + 1))
    assert (seen[0].type, seen[-1].type) == ("study.created", "study.state_changed")
    assert seen[-1].data["to"] == "SUCCEEDED"
    assert study.refresh().document["seq"] == len(seen)


def test_a_reader_that_comes_late_gets_what_came_after_its_cursor(study: Study) -> None:
    everything = list(study.events())
    assert list(study.events(after=5)) == everything[5:]


def test_epochs_of_every_trial_are_reported_without_a_gap(study: Study) -> None:
    epochs: dict[int, list[int]] = {}
    for event in study.events():
        for report in event.data.get("reports", ()):
            epochs.setdefault(report["number"], []).append(report["epoch"])
    trials = list(study.trials())
    assert {trial.number: list(range(1, trial.epochs + 1)) for trial in trials} == epochs


def test_a_cursor_beyond_the_log_is_answered_with_a_reset_and_the_log_from_its_start(
    server: Server, study: Study
) -> None:
    study.wait(timeout=60)
    address = f"ws{server.url.removeprefix('http')}/v1/studies/{study.study_id}/events?after=9999"
    with connect(address, proxy=None) as socket:
        frames = [json.loads(frame) for frame in socket]
    assert [frame["type"] for frame in frames[:2]] in (["hello", "reset"], ["reset", "hello"])
    assert [frame["seq"] for frame in frames[2:]] == list(range(1, study.document["seq"] + 1))


def test_server_sent_events_are_the_same_events_under_the_same_numbers(
    server: Server, study: Study
) -> None:
    study.wait(timeout=60)
    answer = httpx.get(
        f"{server.url}/v1/studies/{study.study_id}/events?after=3",
        headers={"Accept": "text/event-stream"},
    )
    lines = [line for line in answer.text.splitlines() if line.startswith("data:")]
    events = [json.loads(line.removeprefix("data:")) for line in lines]
    numbers = [event["seq"] for event in events if event["type"] not in ("hello", "heartbeat")]
    assert numbers == list(range(4, study.document["seq"] + 1))
    assert all(a < b for a, b in pairwise(numbers))
