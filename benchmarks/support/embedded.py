"""LayerLab as its users run it, `layerlab up` as a process, with a clock around its REST."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks.support.memory import Family
from benchmarks.support.workloads import RECIPE, SEED, Workload
from layerlab.client import Client, Study, Trial
from tests.e2e.server import Server

_LOOK_SECONDS: Final = 0.05
_PATIENCE_SECONDS: Final = 300.0
_WARM_TRIALS: Final = 64
_WARM_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class StudyRun:
    """A study that has ended. The clock ran from the first byte of the CSV until REST said so:
    upload, profile, split, recipe, cohorts, queue, training, ledger, and the finalist's test."""

    seconds: float
    started: datetime
    study: Study
    trials: list[Trial]


@dataclass(frozen=True, slots=True)
class Embedded:
    """A server that is up, and the memory of its processes."""

    client: Client
    family: Family

    def run(
        self, workload: Workload, table: bytes, space: Mapping[str, Any], budget: Mapping[str, Any],
        halving: str,
    ) -> StudyRun:  # fmt: skip
        """Uploads `table` and waits for a study of it.

        :raises AssertionError: when it doesn't succeed.
        """
        began, clock = datetime.now().astimezone(), time.perf_counter()
        dataset = self.client.datasets.upload(table, f"{workload.name}.csv")
        request = {
            "dataset_id": dataset.dataset_id,
            "target": workload.target,
            "space": space,
            "recipe": RECIPE,
            "seed": SEED,
            "search": "random",
            "halving": halving,
            # Numbers as numbers, also where they are few, so that all see the same features.
            "column_kinds": {each.name: "number" for each in dataset.columns
                             if each.name != workload.target},
            "budget": budget,
            "verdict": "off",
        }  # fmt: skip
        study = self._post(request)
        while not study.refresh().ended:
            assert time.perf_counter() - clock < _PATIENCE_SECONDS, "the study doesn't end"
            time.sleep(_LOOK_SECONDS)
        seconds = time.perf_counter() - clock
        assert study.state == "SUCCEEDED", study.detail
        return StudyRun(seconds, began, study, list(study.trials("number")))

    def _post(self, request: Mapping[str, Any]) -> Study:
        answer = httpx.post(f"{self.client.url}/v1/studies", json=request, timeout=60.0)
        assert answer.status_code == 201, answer.text
        return self.client.studies.get(answer.json()["study_id"])


@contextmanager
def open_embedded(folder: Path, trainers: int | None = None) -> Iterator[Embedded]:
    """`layerlab up` with its defaults, or with so many trainers, that share the cores."""
    family = Family()
    settings = {**family.environment}
    if trainers is not None:
        settings["LAYERLAB_TRAINERS"] = str(trainers)
    server = Server(folder / "layerlab", settings)
    try:
        with server.client() as client, family.watched():
            yield Embedded(client, family)
    finally:
        server.stop()


def warm_up(embedded: Embedded, workload: Workload, space: Mapping[str, Any]) -> float:
    """Seconds per trial, after studies of tables that are a few rows shorter.

    So nothing that the measured table needs is there already, but processes, like the rivals'
    imports. Each study has four times the trials of the one before, until one takes long enough to
    tell how many the measured one should have.
    """
    table, trials = workload.read().rstrip(b"\n"), _WARM_TRIALS
    while True:
        table = table[: table.rindex(b"\n")]
        budget = {"max_trials": trials, "max_epochs": workload.epochs}
        run = embedded.run(workload, table + b"\n", space, budget, "off")
        if run.seconds >= _WARM_SECONDS:
            return run.seconds / len(run.trials)
        trials *= 4
