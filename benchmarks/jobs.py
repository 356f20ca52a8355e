"""Trials of no work per second: registered, queued, claimed, reported and ended.

    python -m benchmarks.jobs [--trials 20000] [--lanes 32 1] [--store mongodb|sqlite]

The paper's figure 6 with a null engine: real processes (ingest, gateway, scheduler, trainers),
a real RabbitMQ and a real mongod, a table that is really uploaded. Each trial is an event when it
is registered, queued, claimed and ended, and reports one epoch. The clock runs from the request
for the study until REST says that it has succeeded.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.support.deployment import open_deployment
from benchmarks.support.machine import describe
from layerlab.client import Client, Dataset, Study

GOALS: Final = {32: 1000.0, 1: 150.0}
READ_SECONDS: Final = 0.050
_LOOK_SECONDS: Final = 0.25
_WARM_TRIALS: Final = 200
_READS: Final = 21
# Few enough choices that every cohort is full: lanes share a batch size.
_SPACE: Final = {"batch_size": [32]}


@dataclass(frozen=True, slots=True)
class Run:
    lanes: int
    trials: int
    seconds: float
    cpu: dict[str, float]
    memory: dict[str, int]
    reads: dict[str, float]

    @property
    def rate(self) -> float:
        return self.trials / self.seconds


def main() -> int:
    arguments = _parse()
    print(describe())
    met = True
    for lanes in arguments.lanes:
        with tempfile.TemporaryDirectory() as folder:
            run = measure(Path(folder), arguments, lanes)
        show(run)
        met &= run.rate >= GOALS.get(lanes, 0.0)
        met &= all(seconds <= READ_SECONDS for seconds in run.reads.values())
    return int(not met)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=20_000)
    parser.add_argument("--lanes", type=int, nargs="+", default=[32, 1])
    parser.add_argument("--store", choices=("mongodb", "sqlite"), default="mongodb")
    parser.add_argument("--trainers", type=int, default=2, help="Processes.")
    parser.add_argument("--services", type=int, default=16, help="Trainers in each of them.")
    return parser.parse_args()


def measure(folder: Path, arguments: argparse.Namespace, lanes: int) -> Run:
    words = ("--training", "null", "--services", str(arguments.services))
    settings = {"LAYERLAB_SCHEDULER__MAX_LANES": str(lanes)}
    with (
        open_deployment(folder, arguments.store, arguments.trainers, words, settings) as here,
        here.client() as client,
    ):
        dataset = client.datasets.upload(client.sample("penguins"))
        run_study(client, dataset, _WARM_TRIALS)
        cpu_before = here.cpu_seconds()
        seconds, study = run_study(client, dataset, arguments.trials)
        cpu = {name: after - cpu_before[name] for name, after in here.cpu_seconds().items()}
        _check(study, arguments.trials)
        reads = _time_reads(client, study)
        memory = {name: here.memory_bytes(name) for name in ("gateway", "scheduler")}
        return Run(lanes, arguments.trials, seconds, cpu, memory, reads)


def run_study(
    client: Client,
    dataset: Dataset,
    trials: int,
    seed: int | None = None,
    look_seconds: float = _LOOK_SECONDS,
) -> tuple[float, Study]:
    """The seconds from the request to the end. The seed, `trials` by default, is also its split's:
    with a new one, the trainers' first trials wait for matrices.
    """
    started = time.perf_counter()
    seed = trials if seed is None else seed
    study = client.studies.create(
        dataset, "species", space=_SPACE, max_trials=trials, max_epochs=1, seed=seed, verdict="off"
    )
    while not study.refresh().ended:
        time.sleep(look_seconds)
    return time.perf_counter() - started, study


def _check(study: Study, trials: int) -> None:
    """:raises AssertionError: unless each trial has succeeded, once."""
    found = [trial for trial in study.trials() if trial.state == "SUCCEEDED"]
    assert study.state == "SUCCEEDED", study.detail
    assert sorted(trial.number for trial in found) == list(range(1, trials + 1))
    assert all(trial.attempt == 1 for trial in found)


def _time_reads(client: Client, study: Study) -> dict[str, float]:
    """Median seconds of what the page asks for, with all these trials in the record."""
    other = client.studies.get(study.study_id)
    return {
        "study": _median(other.refresh),
        "first page of trials": _median(lambda: list(other.trials(limit=100))),
    }


def _median(call: Callable[[], object]) -> float:
    times: list[float] = []
    for _ in range(_READS):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def show(run: Run) -> None:
    goal = GOALS.get(run.lanes)
    verdict = (
        "" if goal is None else f"  goal {goal:,.0f}  {'ok' if run.rate >= goal else 'MISSED'}"
    )
    print(f"{run.trials:,} trials in cohorts of {run.lanes}: {run.rate:8,.0f} trials/s{verdict}")
    spent = sorted(run.cpu.items(), key=lambda item: -item[1])
    parts = ", ".join(f"{name} {each / run.seconds:.0%}" for name, each in spent)
    print(f"  of one core: {parts}")
    for name, size in run.memory.items():
        print(f"  {name} afterwards: {size / 1e6:.0f} MB")
    for name, seconds in run.reads.items():
        slow = "" if seconds <= READ_SECONDS else "  MISSED"
        print(f"  GET {name}: {seconds * 1e3:.1f} ms, goal {READ_SECONDS * 1e3:.0f} ms{slow}")


if __name__ == "__main__":
    sys.exit(main())
