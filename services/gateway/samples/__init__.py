"""Three real tables that come with LayerLab, to upload like any other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from layerlab.domain.dataset import Task
from layerlab.domain.problem import NotFound

_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Sample:
    """`columns` counts the target; `source` says where the table is from, and its license."""

    name: str
    title: str
    description: str
    target: str
    task: Task
    rows: int
    columns: int
    source: str

    @property
    def path(self) -> Path:
        return _FOLDER / f"{self.name}.csv"

    def read(self) -> bytes:
        """The CSV; some tens of kilobytes."""
        return self.path.read_bytes()


SAMPLES: Final = (
    Sample(
        "penguins",
        "Palmer penguins",
        "Which of three species is a penguin? Sizes, island, sex and year; some cells are missing.",
        "species",
        Task.CLASSIFICATION,
        rows=344,
        columns=8,
        source="Gorman, Williams and Fraser (2014), package palmerpenguins, CC0 1.0",
    ),
    Sample(
        "breast-cancer",
        "Breast cancer (Wisconsin, diagnostic)",
        "Is a tumor malignant or benign? Thirty measurements of cell nuclei in an image.",
        "diagnosis",
        Task.CLASSIFICATION,
        rows=569,
        columns=31,
        source="Wolberg, Mangasarian, Street and Street (1993), UCI repository, CC BY 4.0",
    ),
    Sample(
        "diabetes",
        "Diabetes progression",
        "How far has diabetes progressed after a year? Ten measurements at its start.",
        "progression",
        Task.REGRESSION,
        rows=442,
        columns=11,
        source="Efron, Hastie, Johnstone and Tibshirani (2004), with scikit-learn, BSD-3-Clause",
    ),
)


def get_sample(name: str) -> Sample:
    """:raises NotFound: `unknown_sample`."""
    for sample in SAMPLES:
        if sample.name == name:
            return sample
    raise NotFound(
        "unknown_sample",
        "There is no such sample.",
        hint=f"Samples are: {', '.join(sample.name for sample in SAMPLES)}.",
    )
