"""How a time budget is divided: the search, the finals, what explains them, the test."""

from __future__ import annotations

from typing import Final

from layerlab.domain.spec import StudySpec, VerdictMode
from layerlab.domain.study import Purpose

FINALS_SHARE: Final = 0.30
"""Of a time budget, kept from the search for everything after it but the test."""

EXPLAIN_SHARE: Final = 0.10
"""Of a time budget, kept from the finals for what explains them."""


def kept_seconds(spec: StudySpec, purpose: Purpose) -> float:
    """Of the end of the time budget, what trials of this purpose may not use; 0 without one."""
    limit = spec.budget.time_seconds
    if limit is None or purpose is Purpose.TEST:
        return 0.0
    test = spec.budget.test_seconds
    if spec.verdict is VerdictMode.OFF or purpose in (Purpose.ABLATION, Purpose.ROWS):
        return test
    share = FINALS_SHARE if purpose is Purpose.SEARCH else EXPLAIN_SHARE
    return test + share * limit
