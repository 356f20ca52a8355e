"""How a time budget is divided: the search, the finals, what explains them, the test."""

from __future__ import annotations

from typing import Final

from layerlab.domain.spec import StudyKind, StudySpec, VerdictMode
from layerlab.domain.study import Purpose

_FINALS_SHARE: Final = 0.4
"""Of the first minute of a time budget, kept from the search for everything after it but the test:
on 20,000 rows, two cores then train two finalists and the baselines just often enough."""

_LATER_FINALS_SHARE: Final = 0.25
"""Of what is beyond a minute."""

_EXPLAIN_SHARE: Final = 0.05
"""Of a time budget, kept from the finals for what explains them: small, since it also has
whatever the finals leave."""

_MINUTE: Final = 60.0
_SHORT_SECONDS: Final = 10.0
"""Of a shorter budget than this, the finals get less, in proportion: without a good design there is
nothing to be sure of."""

_LAST_SECONDS: Final = 1.0
_LAST_FINALS_SECONDS: Final = 0.25
_LAST_SHARE: Final = 0.05


def has_verdict(spec: StudySpec) -> bool:
    """Probes and replays have none, whatever they say."""
    return spec.verdict is VerdictMode.AUTO and spec.kind is StudyKind.STUDY


def kept_seconds(spec: StudySpec, purpose: Purpose) -> float:
    """Of the end of the time budget, what trials of this purpose may not use; 0 without one."""
    limit = spec.budget.time_seconds
    if limit is None or purpose is Purpose.TEST:
        return 0.0
    test = spec.budget.test_seconds
    if not has_verdict(spec) or purpose in (Purpose.ABLATION, Purpose.ROWS):
        return test
    after = _EXPLAIN_SHARE * limit
    if purpose is Purpose.SEARCH:
        first = min(limit, _MINUTE)
        after = _FINALS_SHARE * first + _LATER_FINALS_SHARE * (limit - first)
    return test + after * min(1.0, limit / _SHORT_SECONDS)


def last_start_seconds(spec: StudySpec, purpose: Purpose) -> float:
    """Nothing starts that has less than this to train: 1 s, or 5 % of a small time budget; 0
    without one. What comes after the search starts later, too: how long that takes is known, and
    only begun where there is time for it."""
    last = _LAST_SECONDS if purpose is Purpose.SEARCH else _LAST_FINALS_SECONDS
    return min(last, _LAST_SHARE * (spec.budget.time_seconds or 0.0))
