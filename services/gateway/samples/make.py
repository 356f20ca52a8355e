"""Writes the samples anew, from the packages that they come from (extra `dev`).

Run as `python -m services.gateway.samples.make`.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from importlib.resources import files
from typing import TypeAlias

from sklearn.datasets import load_breast_cancer, load_diabetes

from services.gateway.samples import SAMPLES

Table: TypeAlias = list[list[str]]

# The short names in scikit-learn, and what they measure.
_DIABETES = {
    "bp": "blood_pressure",
    "s1": "total_cholesterol",
    "s2": "ldl",
    "s3": "hdl",
    "s4": "cholesterol_hdl_ratio",
    "s5": "log_triglycerides",
    "s6": "blood_sugar",
}


def make_table(name: str) -> Table:
    """The rows of one sample, header first, as text; a missing cell is empty."""
    return {"penguins": _penguins, "breast-cancer": _breast_cancer, "diabetes": _diabetes}[name]()


def _penguins() -> Table:
    text = (files("palmerpenguins") / "data" / "penguins.csv").read_text(encoding="utf-8")
    return [["" if cell == "NA" else cell for cell in row] for row in csv.reader(text.splitlines())]


def _breast_cancer() -> Table:
    bunch = load_breast_cancer()
    header = [str(name).replace(" ", "_") for name in bunch.feature_names]
    classes = [str(bunch.target_names[number]) for number in bunch.target]
    return [[*header, "diagnosis"], *_rows(bunch.data.tolist(), classes)]


def _diabetes() -> Table:
    bunch = load_diabetes(scaled=False)
    header = [_DIABETES.get(name, name) for name in bunch.feature_names]
    targets = [_digits(value) for value in bunch.target.tolist()]
    return [[*header, "progression"], *_rows(bunch.data.tolist(), targets)]


def _rows(features: Sequence[Sequence[float]], targets: Sequence[str]) -> Table:
    return [[*map(_digits, row), target] for row, target in zip(features, targets, strict=True)]


def _digits(value: float) -> str:
    # The shortest text that reads back as the same number; whole numbers without their ".0".
    return str(int(value)) if value.is_integer() else repr(value)


def main() -> None:
    for sample in SAMPLES:
        with sample.path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(make_table(sample.name))


if __name__ == "__main__":
    main()
