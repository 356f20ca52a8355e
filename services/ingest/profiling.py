"""Profiles every column of a table over all its rows: what it holds, what it is, what is odd."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import numpy as np
import pyarrow as pa

from layerlab.domain.dataset import Column, ColumnKind, DataWarning
from layerlab.domain.problem import InvalidInput
from services.ingest.cells import Floats, all_numbers, to_numbers, without_missing
from services.ingest.dates import find_formats, to_seconds
from services.ingest.facts import Summary, number_facts, summarize, text_facts
from services.ingest.findings import describe_column, doubtful_missing
from services.ingest.kinds import Facts, infer_kind
from services.ingest.parsing import ParsedTable
from services.ingest.table import Strings, TableReader
from services.ingest.tally import Counts, Tally, count_texts, tally_numbers

_MAX_WARNINGS_OF_A_KIND: Final = 50


def profile_columns(
    table: TableReader, parsed: ParsedTable
) -> tuple[tuple[Column, ...], tuple[DataWarning, ...]]:
    """:raises InvalidInput: `all_constant`: no column tells one row from another."""
    columns: list[Column] = []
    warnings: list[DataWarning] = list(parsed.warnings)
    for index, cells in table.columns(range(len(parsed.names))):
        column, found = profile_column(parsed.names[index], cells)
        columns.append(column)
        warnings += found
    if all(column.kind is ColumnKind.CONSTANT for column in columns):
        raise InvalidInput(
            "all_constant",
            "Every column holds the same in all rows, so there is nothing to learn.",
            hint="Upload a table with rows that differ.",
        )
    return tuple(columns), tuple(warnings)


def profile_column(name: str, cells: Strings) -> tuple[Column, list[DataWarning]]:
    """`cells` are trimmed texts, one a row."""
    present = without_missing(cells)
    if present.null_count:
        present = present.drop_null()
    numbers = all_numbers(present)
    if numbers is not None:
        readable = ~np.isnan(numbers)
        if not readable.all():  # Odd spellings of NaN.
            present, numbers = present.filter(pa.array(readable)), numbers[readable]
        column, facts = _number_column(name, len(cells), present, numbers)
    else:
        counts = count_texts(present)
        facts = text_facts(name, len(cells), counts)
        column = _text_column(facts, present, counts)
    return column, [*doubtful_missing(name, cells), *describe_column(facts, column)]


def _number_column(name: str, rows: int, present: Strings, numbers: Floats) -> tuple[Column, Facts]:
    tally, summary = tally_numbers(numbers), summarize(numbers)
    facts = number_facts(name, rows, present, numbers, tally, summary)
    kind, reason = infer_kind(facts)
    if facts.big or facts.coded:
        return _column(facts, kind, reason, count_texts(present).tally, None), facts
    return _column(facts, kind, reason, tally, summary), facts


def _text_column(facts: Facts, present: Strings, counts: Counts) -> Column:
    kind, reason = infer_kind(facts)
    if kind is ColumnKind.DATE:
        [form, *_] = find_formats(counts.values)
        seconds = to_seconds(counts.values, form)
        summary = summarize(np.repeat(seconds, counts.counts.to_numpy()))
        return _column(facts, kind, reason, counts.tally, summary)
    if kind is ColumnKind.NUMBER:
        numbers = to_numbers(present)
        numbers = numbers[~np.isnan(numbers)]
        return _column(facts, kind, reason, tally_numbers(numbers), summarize(numbers))
    return _column(facts, kind, reason, counts.tally, None)


def _column(
    facts: Facts, kind: ColumnKind, reason: str, tally: Tally, summary: Summary | None
) -> Column:
    values: dict[str, Any] = {}
    if summary is not None:
        values = {
            "minimum": summary.minimum,
            "maximum": summary.maximum,
            "mean": summary.mean,
            "infinite": summary.infinite,
            "integers": summary.integers and kind is not ColumnKind.DATE,
        }
    return Column(
        name=facts.name,
        kind=kind,
        reason=reason,
        missing=facts.rows - tally.total,
        distinct=tally.distinct,
        top=tally.top,
        **values,
    )


def fold_warnings(warnings: tuple[DataWarning, ...]) -> tuple[DataWarning, ...]:
    """A table of 10,000 odd columns gets a list that a person can still read."""
    seen: Counter[str] = Counter()
    kept: list[DataWarning] = []
    for warning in warnings:
        seen[warning.code] += 1
        if seen[warning.code] <= _MAX_WARNINGS_OF_A_KIND:
            kept.append(warning)
    for code, count in seen.items():
        if count > _MAX_WARNINGS_OF_A_KIND:
            more = count - _MAX_WARNINGS_OF_A_KIND
            kept.append(DataWarning(code, f"The same goes for {more} more columns."))
    return tuple(kept)
