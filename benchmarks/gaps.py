"""How long a training process waits between two cohorts while there is work for it.

    python -m benchmarks.gaps [--seconds 0.05 0.5] [--cohorts 60]

`layerlab up` with one trainer, really training cohorts of 32 lanes on a small table, with as many
epochs as take about `--seconds` in this place. The trainer's own metric tells how long jobs were
under way; the trials tell when the first began and the last ended. What is left is waiting.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks.support.machine import describe
from layerlab.client import Client, Dataset
from tests.e2e.server import Server

GOAL_SECONDS: Final = 0.005
_BUSY: Final = "layerlab_trainer_busy_seconds_total"
_LANES: Final = 32
_SPACE: Final = {
    "hidden": [[32, 32]],
    "activation": ["relu"],
    "norm": ["none"],
    "optimizer": ["adam"],
    "batch_size": [32],
}
_WARM_COHORTS: Final = 6
_WARM_EPOCHS: Final = 4
_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Run:
    cohorts: int
    epochs: int
    busy_seconds: float
    whole_seconds: float

    @property
    def gap_seconds(self) -> float:
        return (self.whole_seconds - self.busy_seconds) / (self.cohorts - 1)

    @property
    def training_seconds(self) -> float:
        return self.busy_seconds / self.cohorts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, nargs="+", default=[0.05, 0.5])
    parser.add_argument("--cohorts", type=int, default=60)
    arguments = parser.parse_args()
    print(describe())
    settings = {"LAYERLAB_SCHEDULER__MAX_LANES": str(_LANES), "LAYERLAB_TRAINERS": "1"}
    met = True
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data", settings)
        try:
            with server.client() as client:
                dataset = client.datasets.upload(client.sample("penguins"))
                for seconds in arguments.seconds:
                    warm = measure(client, dataset, _WARM_COHORTS, _WARM_EPOCHS)
                    epochs = max(1, round(seconds / warm.training_seconds * _WARM_EPOCHS))
                    met &= show(measure(client, dataset, arguments.cohorts, epochs))
        finally:
            server.stop()
    return int(not met)


def measure(client: Client, dataset: Dataset, cohorts: int, epochs: int) -> Run:
    before = _busy_seconds(client)
    study = client.studies.create(
        dataset,
        "species",
        space=_SPACE,
        max_trials=cohorts * _LANES,
        max_epochs=epochs,
        seed=1,
        halving="off",
        verdict="off",
    )
    study.wait(timeout=600)
    trials = _trials(client, study.study_id)
    assert [trial["state"] for trial in trials] == ["SUCCEEDED"] * cohorts * _LANES, study.detail
    # From the first claim, a moment before training, to the last recorded end.
    began = min(datetime.fromisoformat(trial["started_at"]) for trial in trials)
    ended = max(datetime.fromisoformat(trial["ended_at"]) for trial in trials)
    busy = _busy_seconds(client) - before
    return Run(cohorts, epochs, busy, (ended - began).total_seconds())


def _trials(client: Client, study_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    token: str | None = ""
    while token is not None:
        query = {"page_size": str(_PAGE), "page_token": token}
        url = f"{client.url}/v1/studies/{study_id}/trials"
        page = httpx.get(url, params=query, timeout=30).json()
        found += page["trials"]
        token = page["next_page_token"] or None
    return found


def _busy_seconds(client: Client) -> float:
    for line in httpx.get(f"{client.url}/metrics", timeout=30).text.splitlines():
        if line.startswith(f"{_BUSY} "):
            return float(line.split()[1])
    return 0.0


def show(run: Run) -> bool:
    met, idle = run.gap_seconds <= GOAL_SECONDS, 1 - run.busy_seconds / run.whole_seconds
    print(
        f"{run.cohorts} cohorts of {_LANES} lanes, {run.epochs} epochs, "
        f"{run.training_seconds * 1e3:6.1f} ms each: "
        f"{run.gap_seconds * 1e3:5.1f} ms between them ({idle:.1%} idle), "
        f"goal {GOAL_SECONDS * 1e3:.0f} ms  {'ok' if met else 'MISSED'}"
    )
    return met


if __name__ == "__main__":
    sys.exit(main())
