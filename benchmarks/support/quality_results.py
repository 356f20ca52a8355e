"""How good what each system found in the same time is, as values that go to JSON and come back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

LAYERLAB: Final = "layerlab"
TITLES: Final = {
    LAYERLAB: "LayerLab",
    "keras": "Optuna TPE + Hyperband, Keras",
    "keras-tuner": "KerasTuner Hyperband",
    "mlp": "MLP, scikit-learn's default",
    "trees": "HistGradientBoosting",
    "linear": "logistic / ridge",
}
NETWORKS: Final = (LAYERLAB, "keras", "keras-tuner", "mlp")
REFERENCES: Final = ("trees", "linear")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one system found on one table. Scores are accuracy, or R² of a quantity."""

    table: str
    system: str
    budget_seconds: float
    score_val: float | None = None
    score_test: float | None = None
    """Of the one model that was picked; the test rows were touched once."""
    seconds: float = 0.0
    """That it took, from its first trial (LayerLab: from the study's creation) to its answer."""
    trials: int = 0
    epochs: int = 0
    """0: not known, or none."""
    model: str = ""
    split_hash: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    load: float = 0.0
    """Of the machine, a minute's mean before it began: of all that was done before."""
    error: str = ""
    """Why there is nothing to show."""


@dataclass(slots=True)
class QualityResults:
    machine: dict[str, Any]
    date: str
    findings: list[Finding] = field(default_factory=list)

    def find(self, table: str, system: str) -> Finding | None:
        wanted = (table, system)
        return next((each for each in self.findings if (each.table, each.system) == wanted), None)

    def put(self, finding: Finding) -> None:
        """In place of what was known of this table and system."""
        place = (finding.table, finding.system)
        kept = [each for each in self.findings if (each.table, each.system) != place]
        self.findings = [*kept, finding]

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # In one step: whoever is broken off keeps what was there.
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps(asdict(self), indent=1) + "\n")
        beside.replace(path)

    @classmethod
    def load(cls, path: Path) -> QualityResults:
        """:raises FileNotFoundError: nothing was measured yet."""
        document = json.loads(path.read_text())
        document["findings"] = [Finding(**each) for each in document["findings"]]
        return cls(**document)

    def scores(self, table: str, systems: Iterable[str]) -> dict[str, float]:
        """On the test rows, of those of `systems` that have one.

        :raises ValueError: when they had different splits.
        """
        found = [self.find(table, system) for system in systems]
        scored = [each for each in found if each and each.score_test is not None]
        if len({each.split_hash for each in scored}) > 1:
            raise ValueError(f"{table}: not all were measured on the same split; measure it anew")
        return {each.system: each.score_test for each in scored if each.score_test is not None}


def ranks(scores: Mapping[str, float]) -> dict[str, float]:
    """1 is the best; equal scores share the mean of their places."""
    values = list(scores.values())
    return {
        name: 1 + sum(each > score for each in values) + (values.count(score) - 1) / 2
        for name, score in scores.items()
    }


def mean_ranks(
    results: QualityResults, tables: Sequence[str], systems: Sequence[str]
) -> dict[str, float]:
    """Over the tables on which all of `systems` have a score; empty when there are none."""
    complete = complete_tables(results, tables, systems)
    all_ranks = [ranks(results.scores(table, systems)) for table in complete]
    if not all_ranks:
        return {}
    return {name: sum(each[name] for each in all_ranks) / len(all_ranks) for name in systems}


def complete_tables(
    results: QualityResults, tables: Sequence[str], systems: Sequence[str]
) -> list[str]:
    """On which all of `systems` have a score."""
    return [each for each in tables if len(results.scores(each, systems)) == len(systems)]
