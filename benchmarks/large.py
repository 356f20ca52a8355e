"""A table of ten million rows through the whole system, in 2 GB of memory a process.

    python -m benchmarks.large [--rows 10000000] [--trials 8] [--seconds 300] [--folder DIR]

Writes a CSV of 20 features and a label with three classes, starts `layerlab up` as a process,
uploads it, and runs a study of a few designs under a time budget. Prints what each stage took, the
rows per second, and the memory of the largest process of each kind; ends in 1 if one has held more
than 2 GB that could not be dropped. Takes minutes, and about 0.75 GB of disk per million rows,
removed at the end. With --compare it also reads the table as most people would, with pandas,
and trains one Keras model for some seconds, to show the memory of that.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from benchmarks.support.machine import describe
from benchmarks.support.memory import Family
from benchmarks.support.residence import Peaks, watched_peaks
from layerlab.client import Client, Study
from tests.e2e.server import Server

LIMIT_BYTES: Final = 2e9
FEATURES: Final = 20
_CLASSES: Final = np.array(["low", "middle", "high"])
_BLOCK_ROWS: Final = 250_000
_DISK_BYTES_A_ROW: Final = 750
_SPACE: Final = {"hidden": [[64, 64], [32, 32]], "batch_size": [1024], "norm": ["none"],
                 "learning_rate": {"low": 3e-4, "high": 3e-3, "log": True}}  # fmt: skip
_PATIENCE_SECONDS: Final = 3600.0
_ONCE_A_ROW: Final = ("upload and profile", "preparation", "transfer to the trainer")


def main() -> int:
    arguments = _parse()
    print(describe())
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        if shutil.disk_usage(folder).free < arguments.rows * _DISK_BYTES_A_ROW:
            print("There is too little disk for so many rows; --folder names another one.")
            return 2
        table = folder / "large.csv"
        write_table(table, arguments.rows)
        print(f"{arguments.rows:,} rows, {table.stat().st_size / 1e9:.2f} GB of CSV")
        peaks = measure(folder, table, arguments)
        if arguments.compare:
            show_memory(compare(table))
    return int(any(peak.anonymous > LIMIT_BYTES for peak in peaks.values()))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=300.0, help="The study's time budget.")
    parser.add_argument("--folder", type=Path, help="Where there is disk for it.")
    parser.add_argument("--compare", action="store_true", help="With pandas and Keras.")
    return parser.parse_args()


def write_table(path: Path, rows: int) -> None:
    """Normal numbers with six decimals; the label is the largest of three noisy sums of them."""
    random = np.random.default_rng(0)
    weights = random.normal(size=(FEATURES, len(_CLASSES)))
    names = [f"x{index}" for index in range(FEATURES)]
    with path.open("wb") as file:
        file.write((",".join([*names, "label"]) + "\n").encode())
        for start in range(0, rows, _BLOCK_ROWS):
            x = np.round(random.normal(size=(min(_BLOCK_ROWS, rows - start), FEATURES)), 6)
            sums = np.tanh(2 * x) @ weights + random.normal(size=(len(x), len(_CLASSES)))
            _write_rows(file, x, _CLASSES[sums.argmax(1)])


def _write_rows(file: IO[bytes], x: np.ndarray, labels: np.ndarray) -> None:
    columns = {f"x{index}": x[:, index] for index in range(FEATURES)}
    options = arrow_csv.WriteOptions(include_header=False, quoting_style="none")
    arrow_csv.write_csv(pa.table({**columns, "label": labels}), file, options)


@dataclass(slots=True)
class Stages:
    """When each stage ended, by time.monotonic; looked for in what the services write."""

    data: Path
    ends: dict[str, float] = field(default_factory=dict)

    def look(self) -> None:
        for stage, pattern in (
            ("preparation", "datasets/prepared/*/header.json"),
            ("transfer to the trainer", "matrices/*/header.json"),
        ):
            if stage not in self.ends and any(self.data.glob(pattern)):
                self.end(stage)

    def end(self, stage: str) -> None:
        self.ends.setdefault(stage, time.monotonic())


def measure(folder: Path, table: Path, arguments: argparse.Namespace) -> dict[str, Peaks]:
    family = Family()
    with running(folder / "layerlab", family) as client:
        stages = Stages(folder / "layerlab")
        with watched_peaks(family, stages.look) as peaks:
            began = time.monotonic()
            dataset = client.datasets.upload(table)
            stages.end("upload and profile")
            study = client.studies.create(
                dataset, "label", space=_SPACE, max_trials=arguments.trials, seed=1,
                column_kinds={f"x{index}": "number" for index in range(FEATURES)},
                time_budget=arguments.seconds, verdict="off",
            )  # fmt: skip
            follow(study, stages)
        show_stages(stages, began, dataset.rows)
        show_study(study)
        show_memory(peaks)
    return peaks


@contextmanager
def running(data: Path, family: Family) -> Iterator[Client]:
    server = Server(data, family.environment)
    try:
        with server.client() as client:
            yield client
    finally:
        server.stop()


def follow(study: Study, stages: Stages) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    for event in study.events():
        if event.type == "trial.epochs_reported":
            stages.end("first epoch")
        if event.type == "trial.tested":
            stages.end("test")
        if event.type == "trial.state_changed" and event.data["to"] == "SUCCEEDED":
            stages.ends["last epoch"] = time.monotonic()
        assert time.monotonic() < deadline, "the study doesn't end"
    stages.end("end")
    study.refresh()


def show_stages(stages: Stages, began: float, rows: int) -> None:
    before = began
    for stage, end in sorted(stages.ends.items(), key=lambda item: item[1]):
        rate = f"{rows / (end - before):14,.0f} rows/s" if stage in _ONCE_A_ROW else ""
        print(f"{stage:32}{end - before:9.1f} s{rate}")
        before = end
    print(f"{'altogether':32}{before - began:9.1f} s")


def show_study(study: Study) -> None:
    best = study.best
    print(f"{study.state}: {study.detail}")
    for trial in study.trials("number"):
        seconds = trial.fit_time_seconds or 0.0
        print(f"  {trial.number}: {trial.state}, {trial.epochs} epochs, {seconds:.1f} s, "
              f"{trial.stop_reason or ''} {trial.score_val}")  # fmt: skip
    if best:
        print(f"best {study.metric}: validation {best.score_val:.4f}, test {best.score_test}")


def show_memory(peaks: dict[str, Peaks]) -> None:
    print(f"{'memory at most, GB':32}{'own':>9}{'of files':>11}{'resident':>11}")
    for role, peak in sorted(peaks.items()):
        verdict = "" if peak.anonymous <= LIMIT_BYTES else f"   above {LIMIT_BYTES / 1e9:.0f}"
        sizes = f"{peak.anonymous / 1e9:9.2f}{peak.file / 1e9:11.2f}{peak.resident / 1e9:11.2f}"
        print(f"{role:32}{sizes}{verdict}", flush=True)


def compare(table: Path) -> dict[str, Peaks]:
    """pandas.read_csv and Keras's fit, in a process of their own."""
    family = Family()
    with watched_peaks(family, lambda: None) as peaks:
        words = [sys.executable, "-m", "benchmarks.support.large_keras", str(table)]
        subprocess.run(words, env={**os.environ, **family.environment}, check=False)
    [peak] = peaks.values()
    return {"pandas and Keras": peak}


if __name__ == "__main__":
    sys.exit(main())
