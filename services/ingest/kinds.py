"""What a column is to a network: rules over facts about the whole column, each with its reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from layerlab.domain.dataset import ColumnKind

# Below this many values, all of them being different says nothing.
_MIN_FOR_UNIQUE: Final = 20
_MAX_CATEGORY_SHARE: Final = 0.5
_FEW_VALUES: Final = 20
_MOSTLY: Final = 0.95
_FEW_ODD_SPELLINGS: Final = 5
_ID_NAME: Final = re.compile(
    r"(^|[\s_.\-])(id|uuid|guid|key|index|idx|rownames?|row|no|nr|serial|seqno|pid|obs|case)$"
    r"|^unnamed",
    re.IGNORECASE,
)
_CAMEL_ID: Final = re.compile(r"[a-z]I[dD]$")
_TIME_NAME: Final = re.compile(r"year|month|week|day|date|time|epoch|age", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Facts:
    """What was counted over every row. Shares are of the cells that are present.

    `distinct` counts numbers if `number_share` is 1, else texts. `odd` is a spelling that is no
    number, and `odd_spellings` says how many such there are. `big`: integers beyond 2^53, which
    floats can't tell apart. `coded`: whole numbers of equal length with leading zeros.
    `counting`: each number is the one before plus 1.
    `date_format` is what all values follow, `other_date_format` a second one if they do;
    `date_share` and `formatted_share` (numbers with thousands separators, percent, currency) say
    how near the column came to being a date or a number.
    """

    name: str
    rows: int
    missing: int
    distinct: int
    example: str = ""
    number_share: float = 0.0
    distinct_numbers: int = 0
    odd: str = ""
    odd_spellings: int = 0
    integers: bool = False
    big: bool = False
    coded: bool = False
    counting: bool = False
    date_format: str = ""
    other_date_format: str = ""
    date_share: float = 0.0
    formatted_share: float = 0.0
    words: float = 1.0

    @property
    def present(self) -> int:
        return self.rows - self.missing

    @property
    def unique(self) -> bool:
        return self.present >= _MIN_FOR_UNIQUE and self.distinct == self.present

    @property
    def named_id(self) -> bool:
        return bool(_ID_NAME.search(self.name) or _CAMEL_ID.search(self.name))


def infer_kind(facts: Facts) -> tuple[ColumnKind, str]:
    """The kind, and in a sentence why."""
    if facts.present == 0:
        return ColumnKind.CONSTANT, "It is missing in every row."
    if facts.distinct == 1:
        if facts.missing == 0:
            return ColumnKind.CONSTANT, f"Every row holds {facts.example!r}."
        return ColumnKind.CATEGORY, (
            f"It holds {facts.example!r} or nothing; which of the two may tell something."
        )
    if facts.number_share == 1.0:
        return _infer_number(facts)
    if facts.date_format:
        return ColumnKind.DATE, f"Every value is a date, written as {facts.date_format}."
    if is_mostly_numbers(facts):
        return ColumnKind.NUMBER, (
            f"{facts.number_share:.1%} of the values are numbers; the others, such as "
            f"{facts.odd!r}, count as missing."
        )
    return _infer_text(facts)


def is_mostly_numbers(facts: Facts) -> bool:
    """A quantity with a few words for "unknown" among its numbers."""
    return (
        _MOSTLY <= facts.number_share < 1.0
        and facts.odd_spellings <= _FEW_ODD_SPELLINGS
        and facts.distinct_numbers > _FEW_VALUES
    )


def _infer_number(facts: Facts) -> tuple[ColumnKind, str]:
    if facts.big or facts.coded:
        why = (
            "whole numbers beyond 2^53, which a network can't tell apart"
            if facts.big
            else "digits with leading zeros, which make a code and no quantity"
        )
        if facts.distinct > _MAX_CATEGORY_SHARE * facts.present and facts.distinct > _FEW_VALUES:
            return ColumnKind.ID, f"Its values are {why}, and hardly repeat."
        return ColumnKind.CATEGORY, f"Its values are {why}; {facts.distinct} different ones repeat."
    if facts.unique and facts.integers and facts.missing == 0:
        if facts.named_id:
            return ColumnKind.ID, "Its whole numbers are all different, and its name says id."
        if facts.counting and not _TIME_NAME.search(facts.name):
            return ColumnKind.ID, "Its whole numbers are all different and count the rows."
    what = "whole numbers" if facts.integers else "numbers"
    return ColumnKind.NUMBER, f"All {facts.present:,} values are {what}."


def _infer_text(facts: Facts) -> tuple[ColumnKind, str]:
    wordy = facts.words >= 3
    if facts.unique:
        if wordy:
            return ColumnKind.TEXT, "Its values are all different and of several words."
        return ColumnKind.ID, "Its values are all different."
    many = facts.distinct > _FEW_VALUES
    if many and facts.distinct > _MAX_CATEGORY_SHARE * facts.present:
        if facts.named_id:
            return ColumnKind.ID, "Its values hardly repeat, and its name says id."
        return ColumnKind.TEXT, (
            f"{facts.distinct:,} different values in {facts.present:,} rows are too many to be "
            "categories."
        )
    if wordy and facts.distinct > 5 * _FEW_VALUES:
        return ColumnKind.TEXT, "Its values are many and of several words."
    return ColumnKind.CATEGORY, (
        f"{facts.distinct:,} different values that are not all numbers, in {facts.present:,} rows."
    )
