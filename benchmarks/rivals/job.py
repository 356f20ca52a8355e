"""What a rival is told, and how it answers: a JSON file and a table in, lines of JSON out.

The file: {"mode": "rate" | "quality", "table": PATH.npz, "n_classes": N, "max_epochs": E,
"seconds": S, "runs": [{"name", "space", "designs": […]}]}. Spaces and designs are written as in
LayerLab's REST; a quality run has no designs.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Design: TypeAlias = dict[str, Any]
"""The fields of a LayerLab design, by name."""

Space: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """Features [rows, inputs] float32, standardized on the training rows; class numbers [rows]."""

    x_train: NDArray[np.float32]
    y_train: NDArray[np.int64]
    x_val: NDArray[np.float32]
    y_val: NDArray[np.int64]
    n_classes: int

    @property
    def n_inputs(self) -> int:
        return int(self.x_train.shape[1])


@dataclass(frozen=True, slots=True)
class Run:
    """`designs` to train in this order, for `seconds` or until there are no more."""

    name: str
    space: Space
    designs: list[Design]
    max_epochs: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Job:
    is_quality: bool
    table: Table
    runs: list[Run]


def read_job() -> Job:
    """From the file named by the first argument."""
    document = json.loads(Path(sys.argv[1]).read_text())
    with np.load(document["table"]) as arrays:
        table = Table(**{name: arrays[name] for name in arrays}, n_classes=document["n_classes"])
    runs = [
        Run(
            each["name"],
            each["space"],
            each.get("designs", []),
            document["max_epochs"],
            document["seconds"],
        )
        for each in document["runs"]
    ]
    return Job(document["mode"] == "quality", table, runs)


class Watch:
    """Runs from its construction; says what happens as lines of JSON on stdout.

    Libraries print, too; whoever reads takes only lines that begin with a brace.
    """

    def __init__(self, run: Run) -> None:
        self._name, self._limit = run.name, run.seconds
        self._started = time.perf_counter()
        say(event="started", run=self._name)

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._started

    @property
    def is_over(self) -> bool:
        return self.seconds >= self._limit

    def trial(self, design: Design, score: float | None) -> None:
        """A trial has ended; `score` is its accuracy on the validation rows."""
        say(event="trial", run=self._name, at=self.seconds, score=score, design=design)

    def epoch(self, score: float) -> None:
        """An epoch has shown this accuracy on the validation rows."""
        say(event="epoch", run=self._name, at=self.seconds, score=score)


def say(**values: Any) -> None:
    print("\n" + json.dumps(values), flush=True)


def say_ready(*packages: str) -> None:
    """Imports are done and the first trial is behind us."""
    say(event="ready", versions={name: importlib.metadata.version(name) for name in packages})
