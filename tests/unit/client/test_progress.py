"""The line that says how far a study is."""

from __future__ import annotations

from typing import Any, cast

import pytest

from layerlab.client import Study
from layerlab.client.progress import describe
from layerlab.client.transport import Transport

_NOT_ASKED = cast(Transport, None)


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        ({"running": 0, "eta_low_seconds": None}, "RUNNING 0/64"),
        (
            {"running": 32, "eta_low_seconds": None},
            "RUNNING 0/64, preparing the table, or in the first epoch",
        ),
        ({"running": 32, "eta_low_seconds": 20.0}, "RUNNING 0/64, 20 s to 31 s left"),
    ],
)
def test_a_study_without_a_result_says_what_it_is_busy_with(
    progress: dict[str, Any], line: str
) -> None:
    whole = {"done": 0, "total": 64, "elapsed_seconds": 9.0, "eta_high_seconds": 31.0, **progress}
    assert describe(Study(_NOT_ASKED, {"state": "RUNNING", "progress": whole})) == line
