"""Dates: which way of writing them a whole column follows, and the seconds that they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from services.ingest.cells import Floats
from services.ingest.table import Strings


@dataclass(frozen=True, slots=True)
class DateFormat:
    """`pattern` is of strptime; empty means ISO 8601, with or without time and zone."""

    name: str
    pattern: str = ""


_DAYS: Final = (
    ("year/month/day", "%Y/%m/%d"),
    # Month first before day first: for a column that fits both, the first one is taken, and said.
    ("month/day/year", "%m/%d/%Y"),
    ("day/month/year", "%d/%m/%Y"),
    ("month-day-year", "%m-%d-%Y"),
    ("day-month-year", "%d-%m-%Y"),
    ("day.month.year", "%d.%m.%Y"),
    ("month/day/two-digit year", "%m/%d/%y"),
    ("day/month/two-digit year", "%d/%m/%y"),
    ("day month-name year", "%d %b %Y"),
    ("day-month-name-year", "%d-%b-%Y"),
    ("day-month-name-two-digit year", "%d-%b-%y"),
    ("month-name day, year", "%b %d, %Y"),
    ("day full-month-name year", "%d %B %Y"),
    ("full-month-name day, year", "%B %d, %Y"),
)
_TIMES: Final = (
    ("", ""),
    (" hour:minute", " %H:%M"),
    (" hour:minute:second", " %H:%M:%S"),
    (" hour:minute AM/PM", " %I:%M %p"),
    (" hour:minute:second AM/PM", " %I:%M:%S %p"),
)
FORMATS: Final = (
    DateFormat("ISO 8601 (year-month-day)"),
    *(DateFormat(day + time, a + b) for day, a in _DAYS for time, b in _TIMES),
)
_SAMPLE: Final = 50
# Cheap to refute: digits, something between them, and not much else.
_LIKE_A_DATE: Final = r"^[A-Za-z]{0,9} ?\d{1,4}[-/. ,].{1,30}$"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def find_formats(values: Strings) -> list[DateFormat]:
    """The formats that all distinct `values` (an array without nulls) follow, best first."""
    # Most columns are no dates, and a few values show it.
    sample = values[:_SAMPLE]
    if not pc.all(pc.match_substring_regex(sample, _LIKE_A_DATE)).as_py():
        return []
    likely = [each for each in FORMATS if not np.isnan(to_seconds(sample, each)).any()]
    if len(values) <= _SAMPLE:
        return likely
    return [each for each in likely if not np.isnan(to_seconds(values, each)).any()]


def best_format(values: Strings) -> tuple[DateFormat, float]:
    """The format that most of the distinct `values` follow, and the share of those that do."""
    sample = values[: 20 * _SAMPLE].filter(
        pc.match_substring_regex(values[: 20 * _SAMPLE], _LIKE_A_DATE)
    )
    if not len(sample):
        return FORMATS[0], 0.0
    followed = [int((~np.isnan(to_seconds(sample, each))).sum()) for each in FORMATS]
    best = FORMATS[int(np.argmax(followed))]
    return best, float((~np.isnan(to_seconds(values, best))).mean())


def to_seconds(cells: Strings, form: DateFormat) -> Floats:
    """Seconds since 1970, UTC; NaN for a null and for what does not follow `form`.

    A time without a zone is taken as UTC.
    """
    if not form.pattern:
        return _iso_seconds(cells)
    moments = pc.strptime(cells, format=form.pattern, unit="s", error_is_null=True)
    return _to_seconds(moments, 1.0)


def _iso_seconds(cells: Strings) -> Floats:
    for kind in (pa.timestamp("us"), pa.timestamp("us", "UTC")):
        try:
            return _to_seconds(pc.cast(cells, kind), 1e-6)
        except pa.ArrowInvalid:
            continue
    # Some don't follow it, or some have a zone and some none: one after the other.
    return np.array([_iso_second(cell.as_py()) for cell in cells], dtype=np.float64)


def _iso_second(cell: str | None) -> float:
    if cell is None or len(cell) < len("2000-01-01") or cell[4] != "-":
        return np.nan
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        return np.nan
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH).total_seconds()


def _to_seconds(moments: Any, unit: float) -> Floats:
    ticks = pc.cast(pc.cast(moments, pa.int64()), pa.float64(), safe=False)
    return np.asarray(ticks.to_numpy(zero_copy_only=False), dtype=np.float64) * unit
