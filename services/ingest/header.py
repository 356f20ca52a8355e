"""The first line of a table: the names of its columns."""

from __future__ import annotations

from collections import Counter
from typing import Final

from layerlab.domain.problem import InvalidInput, TooLarge
from services.ingest.limits import MAX_COLUMNS, MAX_NAME_CHARACTERS

# An error is read by a person, and travels in a few kilobytes of headers.
_SHOWN: Final = 20
_SHOWN_CHARACTERS: Final = 50


def check_header(header: list[str]) -> None:
    """:raises InvalidInput: `duplicate_columns`, `blank_columns`, `long_column_name`.

    :raises TooLarge: `too_many_columns`.
    """
    if len(header) > MAX_COLUMNS:
        raise TooLarge(
            "too_many_columns",
            f"The table has {len(header)} columns; the limit is {MAX_COLUMNS}.",
            hint="Leave out columns.",
            extra={"limit": MAX_COLUMNS, "columns": len(header)},
        )
    twice = [_short(name) for name, count in Counter(header).items() if count > 1 and name]
    blank = [position for position, name in enumerate(header, start=1) if not name]
    if twice or blank:
        complaints = []
        if twice:
            complaints.append(
                "these column names occur more than once: " + ", ".join(twice[:_SHOWN])
            )
        if blank:
            listed = ", ".join(map(str, blank[:_SHOWN]))
            complaints.append(f"these columns (from 1) have no name: {listed}")
        raise InvalidInput(
            "duplicate_columns" if twice else "blank_columns",
            "In the header, " + "; ".join(complaints) + ".",
            hint="Give every column a name of its own; from pandas, write with index=False.",
            column=twice[0] if twice else "",
            extra={"duplicate": twice[:_SHOWN], "blank": blank[:_SHOWN]},
        )
    for name in header:
        if len(name) > MAX_NAME_CHARACTERS:
            raise InvalidInput(
                "long_column_name",
                f"A column name has {len(name)} characters; the limit is {MAX_NAME_CHARACTERS}.",
                hint="The first line must hold the column names.",
                column=_short(name),
                extra={"limit": MAX_NAME_CHARACTERS},
            )


def _short(name: str) -> str:
    return name if len(name) <= _SHOWN_CHARACTERS else name[: _SHOWN_CHARACTERS - 1] + "…"
