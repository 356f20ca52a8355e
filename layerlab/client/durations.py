"""Durations as people write them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

_PARTS: Final = re.compile(
    r"\s*(?:(?P<h>\d+(?:\.\d+)?)h)?\s*(?:(?P<m>\d+(?:\.\d+)?)m)?\s*(?:(?P<s>\d+(?:\.\d+)?)s?)?\s*"
)


def seconds_of(duration: str | float | timedelta) -> float:
    """Seconds in "90", "90s", "10m", "1h30m", a number of seconds, or a timedelta.

    :raises ValueError: for anything else, and unless it is above 0.
    """
    if isinstance(duration, timedelta):
        seconds = duration.total_seconds()
    elif isinstance(duration, str):
        match = _PARTS.fullmatch(duration.lower())
        parts = (
            {unit: float(text or 0) for unit, text in match.groupdict().items()} if match else {}
        )
        seconds = parts.get("h", 0) * 3600 + parts.get("m", 0) * 60 + parts.get("s", 0)
    else:
        seconds = float(duration)
    if not 0 < seconds < float("inf"):
        raise ValueError(f"{duration!r} is not a duration such as 90s, 10m or 1h30m")
    return seconds
