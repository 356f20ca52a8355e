"""Studies whose price is asked before they run, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, Final

from benchmarks.support.quality_tables import TABLES
from benchmarks.support.report import table

TRIALS: Final = (16, 32, 64, 128, 256)
_PRESETS: Final = ("quick", "balanced", "thorough")
# What else a study may be asked for that changes what it takes.
_VARIANTS: Final[Sequence[Mapping[str, Any]]] = (
    {},
    {"verdict": "off"},
    {"halving": "off", "budget": {"max_epochs": 20}},
    {"search": "tpe"},
    {"recipe": "standard"},
    {"budget": {"max_epochs": 30}},
    {"search": "quasi_random", "verdict": "off"},
)
# A large table takes what it takes: of these, fewer trials.
_MOST_TRIALS: Final = {"diamonds": 16, "insurance": 32, "letter": 32, "digits": 64}
_GOAL: Final = 0.8


@dataclass(frozen=True, slots=True)
class PlannedStudy:
    """A study to ask for: a table of `benchmarks.support.quality_tables`, and the request."""

    table: str
    request: dict[str, Any]

    @property
    def title(self) -> str:
        words = [f"{name} {value}" for name, value in self.request.items()
                 if name not in ("budget", "preset", "seed")]  # fmt: skip
        budget = ", ".join(f"{name} {value}" for name, value in self.request["budget"].items())
        return ", ".join([self.request["preset"], budget, *words])


def plan_studies(count: int) -> list[PlannedStudy]:
    """Tables, budgets, presets and variants in turn: their numbers have no common divisor, so that
    each comes with each."""
    turns = zip(cycle(TABLES), cycle(TRIALS), cycle(_PRESETS), cycle(_VARIANTS), strict=False)
    return [_plan(number, *next(turns)) for number in range(1, count + 1)]


def _plan(
    number: int, name: str, trials: int, preset: str, variant: Mapping[str, Any]
) -> PlannedStudy:
    most = min(trials, _MOST_TRIALS.get(name, trials))
    budget = {"max_trials": most, **variant.get("budget", {})}
    request = {"preset": preset, "seed": number, **variant, "budget": budget}
    return PlannedStudy(name, request)


@dataclass(frozen=True, slots=True)
class Priced:
    """A study's price and what it took. Seconds from its creation to its end; bytes of its largest
    cohort's training at the peak, 0 when nobody told."""

    table: str
    title: str
    low_seconds: float
    high_seconds: float
    seconds: float
    low_bytes: int
    high_bytes: int
    peak_bytes: int
    probe_seconds: float
    """How long the answer took."""

    @property
    def is_within(self) -> bool:
        return self.low_seconds <= self.seconds <= self.high_seconds


def share_within(priced: Sequence[Priced]) -> float:
    return sum(each.is_within for each in priced) / len(priced) if priced else 0.0


def estimate_table(priced: Sequence[Priced]) -> str:
    """A line for each study, then the share whose time lay in its range."""
    heads = ("table", "study", "predicted", "took", "", "memory predicted", "peak", "asked in")
    rows = [tuple(_row(each)) for each in priced]
    share = share_within(priced)
    verdict = "ok" if share >= _GOAL else "MISSED"
    slowest = max((each.probe_seconds for each in priced), default=0.0)
    return (
        f"{table(heads, rows)}\n{share:.0%} of {len(priced)} studies took as long as predicted "
        f"(goal: ≥ {_GOAL:.0%}): {verdict}. The slowest estimate took {slowest:.1f} s.\n"
    )


def _row(priced: Priced) -> Iterator[str]:
    yield TABLES[priced.table].title
    yield priced.title
    yield f"{priced.low_seconds:.1f} to {priced.high_seconds:.1f} s"
    yield f"{priced.seconds:.1f} s"
    yield "within" if priced.is_within else "OUTSIDE"
    yield f"{priced.low_bytes / 1e6:,.0f} to {priced.high_bytes / 1e6:,.0f} MB"
    yield f"{priced.peak_bytes / 1e6:,.0f} MB" if priced.peak_bytes else ""
    yield f"{priced.probe_seconds:.1f} s"


def save(priced: Sequence[Priced], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(each) for each in priced], indent=1) + "\n")


def load(path: Path) -> list[Priced]:
    """:raises FileNotFoundError: nothing was measured yet."""
    return [Priced(**each) for each in json.loads(path.read_text())]
