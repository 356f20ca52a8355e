"""What a user should be told about a column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from layerlab.domain.dataset import Column, ColumnKind, DataWarning
from layerlab.domain.recipe import MAX_CATEGORIES
from services.ingest.cells import DOUBTFUL
from services.ingest.kinds import Facts, is_mostly_numbers
from services.ingest.table import Strings

_OTHERWISE: Final = " If that is wrong, correct the column's kind."
_NOTICEABLE: Final = 0.5
_MOSTLY_FORMATTED: Final = 0.95


def doubtful_missing(name: str, cells: Strings) -> list[DataWarning]:
    """Cells that were read as nothing and could have been meant."""
    doubtful = cells.filter(pc.is_in(cells, value_set=pa.array(DOUBTFUL, pa.string())))
    if not len(doubtful) or pc.any(pc.equal(cells, "+")).as_py():
        return []
    spelled = ", ".join(
        f"{each['values']!r} ({each['counts']:,} times)"
        for each in pc.value_counts(doubtful).to_pylist()
    )
    return [DataWarning("read_as_missing", f"Read as missing: {spelled}.", name)]


def describe_column(facts: Facts, column: Column) -> Iterator[DataWarning]:
    def warn(code: str, detail: str) -> DataWarning:
        return DataWarning(code, detail, facts.name)

    if column.kind is ColumnKind.CONSTANT:
        yield warn("constant", f"Dropped: {_lower(column.reason)}")
    if column.kind is ColumnKind.ID:
        yield warn("looks_like_id", f"Left out as an id: {_lower(column.reason)}{_OTHERWISE}")
    if column.kind is ColumnKind.TEXT:
        yield warn("free_text", f"Left out as text: {_lower(column.reason)}{_OTHERWISE}")
    if column.infinite:
        yield warn(
            "infinite",
            f"{column.infinite:,} infinite values count as missing in a feature; "
            "a target must have none.",
        )
    if facts.big:
        yield warn(
            "big_integers",
            f"Whole numbers beyond 2^53 can't be told apart as floats, so it was read as "
            f"{column.kind.value}.",
        )
    if 0 < facts.number_share < 1 and (
        is_mostly_numbers(facts) or facts.number_share >= _NOTICEABLE
    ):
        yield warn(
            "mixed_types",
            f"{facts.number_share:.1%} of the values are numbers, others, such as {facts.odd!r}, "
            f"are not; it was read as {column.kind.value}.{_OTHERWISE}",
        )
    yield from _near_misses(facts, column)
    if column.kind is ColumnKind.CATEGORY and column.distinct > MAX_CATEGORIES:
        yield warn(
            "many_categories",
            f"Of {column.distinct:,} categories the {MAX_CATEGORIES} most frequent get an input "
            "of their own.",
        )


def _near_misses(facts: Facts, column: Column) -> Iterator[DataWarning]:
    if facts.other_date_format:
        yield DataWarning(
            "ambiguous_dates",
            f"Its dates fit {facts.date_format} and {facts.other_date_format}; the first was "
            "taken. Write them as year-month-day to be sure.",
            facts.name,
        )
    if not facts.date_format and facts.date_share >= _NOTICEABLE:
        yield DataWarning(
            "mixed_types",
            f"{facts.date_share:.1%} of the different values are dates and others are not; it was "
            f"read as {column.kind.value}.{_OTHERWISE}",
            facts.name,
        )
    if facts.formatted_share >= _MOSTLY_FORMATTED > facts.number_share and not facts.date_format:
        yield DataWarning(
            "formatted_numbers",
            "Most values are numbers with thousands separators, a decimal comma, a percent or "
            f"currency sign, such as {facts.odd!r}; it was read as {column.kind.value}. Write "
            "them as plain numbers with a decimal point to have a quantity.",
            facts.name,
        )


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
