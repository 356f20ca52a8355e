"""What the text of a cell says: nothing, or a number."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from services.ingest.table import Strings

Floats: TypeAlias = npt.NDArray[np.float64]

MISSING: Final = (
    "", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "null", "NULL", "None", "?", "-",
)  # fmt: skip  # One line is easier to compare with the documentation.
# These could be meant: as a class, as an answer. Whoever reads them as nothing says so.
DOUBTFUL: Final = ("None", "?", "-")
NUMBER_PATTERN: Final = (
    r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^[+-]?(?:[iI]nf|INF)(?:inity|INITY)?$"
)
# Numbers for people: 1,234.5 and 1 234,5, $5, 12 %, and 0,5 with a decimal comma.
FORMATTED_PATTERN: Final = (
    r"^[+-]?[$€£]?\s?(\d{1,3}([,. ']\d{3})+([.,]\d+)?|\d+([.,]\d+)?)\s?[%$€£]?$"
)
# From here on a float can't hold every integer: IEEE 754, 53 bits of significand.
EXACT_INTEGERS: Final = 2.0**53


def without_missing(cells: Strings) -> Strings:
    """`cells` with null for every spelling of nothing.

    A minus sign beside plus signs is a sign: some real tables call their classes so.
    """
    spellings = pa.array(MISSING, pa.string())
    missing = pc.is_in(cells, value_set=spellings)
    if pc.any(pc.equal(cells, "+")).as_py():
        missing = pc.and_(missing, pc.not_equal(cells, "-"))
    if not pc.any(missing).as_py():
        return cells
    return pc.if_else(missing, pa.scalar(None, pa.string()), cells)


def to_numbers(cells: Strings) -> Floats:
    """One number a cell; NaN for a null and for what is no number. Infinities stay."""
    try:
        numbers = pc.cast(cells, pa.float64())
    except pa.ArrowInvalid:
        numbers = pc.cast(pc.if_else(is_number(cells), cells, None), pa.float64())
    return _to_numpy(numbers)


def all_numbers(cells: Strings) -> Floats | None:
    """As `to_numbers`, or None when a cell that is there is no number."""
    try:
        return _to_numpy(pc.cast(cells, pa.float64()))
    except pa.ArrowInvalid:
        return None


def is_number(cells: Strings) -> Any:
    """A mask of the cells that spell a number; null where the cell is."""
    return pc.match_substring_regex(cells, NUMBER_PATTERN)


def is_formatted_number(cells: Strings) -> Any:
    """Likewise, of those that spell a number for people."""
    return pc.match_substring_regex(cells, FORMATTED_PATTERN)


def _to_numpy(numbers: Any) -> Floats:
    # Nulls become NaN on the way.
    return np.asarray(numbers.to_numpy(), dtype=np.float64)


def format_number(value: float) -> str:
    """The shortest text that reads back as `value`; whole numbers without a point."""
    if np.isfinite(value) and value == int(value) and abs(value) < EXACT_INTEGERS:
        return str(int(value))
    return repr(float(value))
