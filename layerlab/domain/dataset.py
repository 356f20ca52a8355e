"""A dataset: an uploaded table, immutable, named by its content, with its column profile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from layerlab.domain.problem import InvalidInput


class ColumnKind(StrEnum):
    """What a column is to a network. `text`, `id` and `constant` columns are no features."""

    NUMBER = "number"
    CATEGORY = "category"
    DATE = "date"
    TEXT = "text"
    ID = "id"
    CONSTANT = "constant"
    IGNORE = "ignore"


FEATURE_KINDS: Final = frozenset({ColumnKind.NUMBER, ColumnKind.CATEGORY, ColumnKind.DATE})


class Task(StrEnum):
    CLASSIFICATION = "classification"
    REGRESSION = "regression"


@dataclass(frozen=True, slots=True)
class TopValue:
    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Column:
    """One column's profile, over every row of the file.

    `missing` counts empty cells and the usual spellings of nothing (NA, NaN, null, …);
    `distinct` counts the values that are left, and is exact. `minimum`, `maximum` and `mean`
    are of finite numbers only, in the column's own units (dates: seconds since 1970, UTC);
    `infinite` counts the rest. `reason` says, in a sentence, why `kind` was inferred.
    """

    name: str
    kind: ColumnKind
    reason: str
    missing: int
    distinct: int
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    infinite: int = 0
    integers: bool = False
    top: tuple[TopValue, ...] = ()


@dataclass(frozen=True, slots=True)
class DataWarning:
    """Something a user should know about the table; `column` is empty when it is about all."""

    code: str
    detail: str
    column: str = ""


@dataclass(frozen=True, slots=True)
class TableRows:
    """The beginning of a table that has `total` rows: cells as they were read, "" where there is
    nothing. Long ones are cut, and end in "…".
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: int


@dataclass(frozen=True, slots=True)
class Dataset:
    """`dataset_id` is the lower-case hex SHA-256 of the uploaded bytes.

    `name` is for people only: no path is ever made from it.
    """

    dataset_id: str
    name: str
    rows: int
    size_bytes: int
    columns: tuple[Column, ...]
    suggested_target: str
    suggested_task: Task
    warnings: tuple[DataWarning, ...]
    created_at: datetime
    encoding: str = "utf-8"
    delimiter: str = ","

    def _some_names(self) -> str:
        # Names may be long, and a hint travels in a header: a few, cut short, are enough.
        return ", ".join(column.name[:40] for column in self.columns[:20])

    def column(self, name: str, field: str = "target") -> Column:
        """:raises InvalidInput: about the request's `field`, when there is no such column."""
        for column in self.columns:
            if column.name == name:
                return column
        raise InvalidInput(
            "unknown_column",
            f"The dataset has no column {name!r}.",
            hint=f"The columns are: {self._some_names()}.",
            field=field,
            column=name,
        )
