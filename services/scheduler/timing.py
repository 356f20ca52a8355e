"""A time budget, second by second.

A study ends within two seconds of its deadline, whatever hangs. What is searched, trained again and
explained each has a part of the time (`phases.kept_seconds`): trainers cut their lanes where it
ends, and the scheduler goes on with what there is by then. At the deadline the finalists are
tested; then the scheduler ends the study.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from layerlab.domain.phases import has_verdict, kept_seconds, last_start_seconds
from layerlab.domain.spec import StudySpec
from layerlab.domain.study import Purpose

# Without a verdict: a cohort that starts later than this before the deadline would hardly train an
# epoch. Where more time is kept for the test, it comes that much earlier.
LAST_CALL_SECONDS: Final = 0.3
_CUTTING_SECONDS: Final = 0.2
# How long the last reports of lanes that were cut may take.
_REPORTS_SECONDS: Final = 0.15
# After the deadline: time for the last reports to arrive, and for the finalist to be tested; then
# for the last verdict.
LAST_TEST_SECONDS: Final = 0.7
GRACE_SECONDS: Final = 1.2


class Phase(IntEnum):
    """What the time is for; a study that is done with one goes on with the next before its time.

    OPEN: search. CLOSING: nothing new of the search, what runs ends. CONFIRM: the finalists; what
    still runs of the search isn't waited for. EXPLAIN: what is around the winner. TEST: nothing
    else begins. OVER: test the best. LATE: too late for a test. FINAL: end.
    """

    OPEN = 0
    CLOSING = 1
    CONFIRM = 2
    EXPLAIN = 3
    TEST = 4
    OVER = 5
    LATE = 6
    FINAL = 7


def phase_at(deadline: float | None, spec: StudySpec, now: float) -> Phase:
    """Without a deadline there is all the time in the world."""
    if deadline is None:
        return Phase.OPEN
    starts = _starts(deadline, spec)
    return max((phase for phase, start in starts.items() if now >= start), default=Phase.OPEN)


def next_phase_change(deadline: float | None, spec: StudySpec, now: float) -> float | None:
    """When the phase changes next; None: never."""
    if deadline is None:
        return None
    starts = _starts(deadline, spec)
    return min((start for start in starts.values() if start > now), default=None)


def end_of_time_for(purpose: Purpose, deadline: float | None, spec: StudySpec) -> float | None:
    """When trainers cut the lanes of such a cohort; None: never."""
    return None if deadline is None else deadline - kept_seconds(spec, purpose)


def end_of_time(deadline: float | None) -> float | None:
    """When the study ends, whatever there is by then; None: never."""
    return None if deadline is None else deadline + GRACE_SECONDS


def _starts(deadline: float, spec: StudySpec) -> dict[Phase, float]:
    end = {
        Phase.OVER: deadline,
        Phase.LATE: deadline + LAST_TEST_SECONDS,
        Phase.FINAL: deadline + GRACE_SECONDS,
    }
    if not has_verdict(spec):
        kept = max(LAST_CALL_SECONDS, spec.budget.test_seconds - _CUTTING_SECONDS)
        return {Phase.CLOSING: deadline - kept, **end}
    last = last_start_seconds(spec, Purpose.SEARCH)
    reports = min(_REPORTS_SECONDS, last)
    search = deadline - kept_seconds(spec, Purpose.SEARCH)
    return {
        Phase.CLOSING: search - last,
        Phase.CONFIRM: search + last,
        Phase.EXPLAIN: deadline - kept_seconds(spec, Purpose.CONFIRM) + reports,
        Phase.TEST: deadline - kept_seconds(spec, Purpose.ABLATION) + reports,
        **end,
    }
