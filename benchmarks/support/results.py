"""What was measured, as values that go to JSON and come back."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.support.work import trials_per_hour

LAYERLAB: Final = "LayerLab"


@dataclass(frozen=True, slots=True)
class Rate:
    """Trials that `system` trained one after another, with the whole machine."""

    workload: str
    kind: str
    system: str
    trials: int = 0
    seconds: float = 0.0
    """From the start of the clock to the end of the last trial."""
    best: float | None = None
    """The best accuracy on the validation rows among these trials."""
    memory_bytes: int = 0
    """At most, of all its processes; a page that n of them share counts once."""
    versions: dict[str, str] = field(default_factory=dict)
    error: str = ""
    """Why there is nothing to show."""
    peak_share: float | None = None
    """Of the machine's matrix products; known of LayerLab alone, whose trials are all the same
    to compute."""
    trainer_bytes: int | None = None
    """At most, of its largest process."""

    @property
    def per_hour(self) -> float:
        return trials_per_hour(self.trials, self.seconds)


@dataclass(frozen=True, slots=True)
class Search:
    """How good the best model was over time: [seconds, accuracy] at each improvement."""

    workload: str
    system: str
    seconds: float
    curve: list[list[float]] = field(default_factory=list)
    epochs: int = 0
    error: str = ""

    def best_after(self, seconds: float) -> float | None:
        """The best accuracy on the validation rows that was known after `seconds`."""
        known = [score for at, score in self.curve if at <= seconds]
        return max(known, default=None)


@dataclass(frozen=True, slots=True)
class Step:
    """The fused step alone, in this process: lanes of one shape, without evaluation."""

    hidden: list[int]
    batch_size: int
    lanes: int
    gflops: float
    """Reached, counting matrix products alone."""
    intensity: float
    """Flops of a step for each byte that it would move if no cache held anything."""


@dataclass(slots=True)
class Results:
    machine: dict[str, Any]
    date: str
    peak: dict[str, float]
    engine: str = ""
    """Of LayerLab, that the steps were measured with."""
    steps: list[Step] = field(default_factory=list)
    rates: list[Rate] = field(default_factory=list)
    searches: list[Search] = field(default_factory=list)
    scaling: dict[str, float] = field(default_factory=dict)
    """Trials per hour of the equal letter designs by trainers: they share the cores."""

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> Results:
        """:raises FileNotFoundError: nothing was measured yet."""
        document = json.loads(path.read_text())
        kinds: dict[str, Any] = {"steps": Step, "rates": Rate, "searches": Search}
        for name, kind in kinds.items():
            document[name] = [kind(**each) for each in document[name]]
        return cls(**document)


def ratios(rates: list[Rate]) -> dict[tuple[str, str, str], float]:
    """How many times as many trials as each other system LayerLab trained, where both were
    measured, by (workload, kind, system)."""
    ours = {(r.workload, r.kind): r.per_hour for r in rates if r.system == LAYERLAB}
    return {
        (rate.workload, rate.kind, rate.system): ours[rate.workload, rate.kind] / rate.per_hour
        for rate in rates
        if rate.per_hour and ours.get((rate.workload, rate.kind))
    }


def improvements(points: list[tuple[float, float]]) -> list[list[float]]:
    """The (seconds, score) at which the best so far became better, in order of time."""
    curve: list[list[float]] = []
    for at, score in sorted(points):
        if not curve or score > curve[-1][1]:
            curve.append([round(at, 3), score])
    return curve
