"""Counts over a whole column: what kinds are inferred from, and what a profile shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow.compute as pc

from services.ingest.cells import (
    EXACT_INTEGERS,
    Floats,
    is_formatted_number,
    is_number,
)
from services.ingest.dates import best_format, find_formats
from services.ingest.kinds import Facts
from services.ingest.table import Strings
from services.ingest.tally import Counts, Tally, shown

_WORD_SAMPLE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Summary:
    """Of finite numbers; `infinite` counts the others."""

    minimum: float | None
    maximum: float | None
    mean: float | None
    infinite: int
    integers: bool


def summarize(numbers: Floats) -> Summary:
    """`numbers` without NaN."""
    finite = numbers[np.isfinite(numbers)]
    infinite = int(numbers.size - finite.size)
    if not finite.size:
        return Summary(None, None, None, infinite, integers=False)
    return Summary(
        float(finite.min()),
        float(finite.max()),
        mean(finite),
        infinite,
        bool((finite == np.floor(finite)).all()),
    )


def mean(finite: Floats) -> float:
    """Of finite numbers, however large: a sum that overflows is taken in smaller units."""
    with np.errstate(over="ignore"):
        plain = float(finite.mean())
    if np.isfinite(plain):
        return plain
    largest = float(np.abs(finite).max())
    return float((finite / largest).mean() * largest)


def number_facts(
    name: str, rows: int, present: Strings, numbers: Floats, tally: Tally, summary: Summary
) -> Facts:
    """Of a column whose present cells are all numbers, of which `tally` and `summary` are."""
    largest = max(abs(summary.minimum or 0.0), abs(summary.maximum or 0.0))
    big = summary.integers and largest >= EXACT_INTEGERS and _spelled_big(present)
    coded = summary.integers and _is_coded(present)
    return Facts(
        name=name,
        rows=rows,
        missing=rows - len(present),
        # As text where the number would merge what is different.
        distinct=len(pc.unique(present)) if big or coded else tally.distinct,
        example=shown(present[0].as_py()) if len(present) else "",
        number_share=1.0,
        distinct_numbers=tally.distinct,
        integers=summary.integers,
        big=big,
        coded=coded,
        counting=bool((np.diff(numbers) == 1).all()),
    )


def _spelled_big(present: Strings) -> bool:
    """Whether integers beyond 2^53 are written out; 1e20 was a float from the start."""
    return bool(pc.any(pc.match_substring_regex(present, r"^[+-]?\d{16,}$")).as_py())


def _is_coded(present: Strings) -> bool:
    lengths = pc.min_max(pc.utf8_length(present)).as_py()
    same = lengths["min"] == lengths["max"] and (lengths["min"] or 0) > 1
    return same and bool(pc.any(pc.match_substring_regex(present, r"^0\d+$")).as_py())


def text_facts(name: str, rows: int, counts: Counts) -> Facts:
    """Of a column some of whose cells are no numbers; `counts` are of its present cells."""
    weights = counts.counts.to_numpy()
    present = int(weights.sum())
    numeric = np.asarray(is_number(counts.values).to_numpy(zero_copy_only=False), dtype=bool)
    odd = np.flatnonzero(~numeric)
    formats = find_formats(counts.values)
    formatted = np.asarray(is_formatted_number(counts.values).to_numpy(zero_copy_only=False))
    words = pc.list_value_length(pc.utf8_split_whitespace(counts.values[:_WORD_SAMPLE]))
    return Facts(
        name=name,
        rows=rows,
        missing=rows - present,
        distinct=len(counts.values),
        example=shown(counts.values[0].as_py()),
        number_share=float(weights[numeric].sum() / present),
        distinct_numbers=int(numeric.sum()),
        odd=shown(counts.values[int(odd[0])].as_py()) if odd.size else "",
        odd_spellings=int(odd.size),
        date_format=formats[0].name if formats else "",
        other_date_format=formats[1].name if len(formats) > 1 else "",
        date_share=1.0 if formats else best_format(counts.values)[1],
        formatted_share=float(weights[numeric | formatted.astype(bool)].sum() / present),
        words=float(pc.mean(words).as_py()),
    )
