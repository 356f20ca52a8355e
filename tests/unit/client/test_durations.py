"""Durations as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from layerlab.client.durations import seconds_of


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("90", 90.0),
        ("90s", 90.0),
        ("10m", 600.0),
        ("1h30m", 5400.0),
        ("1H 30M 5s", 5405.0),
        ("0.5h", 1800.0),
        (45, 45.0),
        (timedelta(minutes=2), 120.0),
    ],
)
def test_a_duration_is_read_as_seconds(written: str | float | timedelta, seconds: float) -> None:
    assert seconds_of(written) == seconds


@pytest.mark.parametrize(
    "written", ["", "soon", "10x", "m", "-5s", "0", 0, -1, float("nan"), float("inf"), "1m2h"]
)
def test_what_is_no_duration_is_refused_by_its_name(written: str | float) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        seconds_of(written)
