"""LayerLab as somebody uses it who sets nothing but the time: what its verdict names, tested."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks.support.quality_matrices import Split, split_hash
from benchmarks.support.quality_results import LAYERLAB, Finding
from benchmarks.support.quality_tables import QualityTable
from benchmarks.support.workloads import SEED
from layerlab.client import Client, Study
from tests.e2e.server import Server

_LOOK_SECONDS: Final = 0.25
_PATIENCE_SECONDS: Final = 60.0


@contextmanager
def open_layerlab() -> Iterator[Client]:
    """`layerlab up` with its defaults, its training process warm."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "layerlab")
        try:
            with server.client() as client:
                _warm_up(client)
                yield client
        finally:
            server.stop()


def _warm_up(client: Client) -> None:
    """The first job of a process is slow; it is not measured, as with the rivals."""
    dataset = client.datasets.upload(client.sample("penguins"), "penguins.csv")
    request = {"dataset_id": dataset.dataset_id, "target": "species"}
    _wait(create(client, {**request, "budget": {"time_seconds": 3.0}}))


def find_split(client: Client, table: QualityTable) -> Split:
    """The very rows that a study of this seed trains, validates and tests on."""
    study = create(client, {**_request(client, table), "budget": {"max_trials": 1}})
    split = study.split()
    study.cancel()
    return split


def find_best(client: Client, table: QualityTable, seconds: float) -> Finding:
    """A default study of so many seconds.

    :raises AssertionError: it doesn't succeed, or doesn't end.
    """
    load = os.getloadavg()[0]
    request = {**_request(client, table), "budget": {"time_seconds": seconds}}
    clock = time.perf_counter()
    study = create(client, request)
    _wait(study)
    took = time.perf_counter() - clock
    assert study.state == "SUCCEEDED", study.detail
    found = winner(client, study)
    trials = list(study.trials())
    return Finding(
        table.name,
        LAYERLAB,
        seconds,
        found["score_val"],
        found["score_test"],
        took,
        len(trials),
        sum(trial.epochs for trial in trials),
        str(found["model"]),
        split_hash(study.split()),
        load=load,
    )


def winner(client: Client, study: Study) -> dict[str, Any]:
    """The design that the verdict names: its name and scores."""
    answer = httpx.get(f"{client.url}/v1/studies/{study.study_id}/verdict", timeout=60.0)
    assert answer.status_code == 200, answer.text
    verdict = answer.json()
    named = [each for each in verdict["contenders"] if each["name"] == verdict["winner"]]
    assert named, f"no winner: {verdict['headline']}"
    model = f"{verdict['winner']}: {verdict['headline']}"
    return {**named[0], "model": model}


def create(client: Client, request: Mapping[str, Any]) -> Study:
    answer = httpx.post(f"{client.url}/v1/studies", json=dict(request), timeout=60.0)
    assert answer.status_code == 201, answer.text
    return client.studies.get(answer.json()["study_id"])


def _request(client: Client, table: QualityTable) -> dict[str, Any]:
    dataset = client.datasets.upload(table.read(), f"{table.name}.csv")
    request = {"dataset_id": dataset.dataset_id, "target": table.target, "seed": SEED}
    return {**request, "task": table.task}


def _wait(study: Study) -> None:
    """Looks seldom: who follows the events has the server encode them."""
    limit = study.document["budget"]["time_seconds"] + _PATIENCE_SECONDS
    clock = time.perf_counter()
    while not study.refresh().ended:
        assert time.perf_counter() - clock < limit, "the study doesn't end"
        time.sleep(_LOOK_SECONDS)
