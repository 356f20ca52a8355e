"""The end of a time budget, second by second.

A study ends within two seconds of its deadline, whatever hangs. Trainers cut their lanes at the
deadline, or just before it; then the finalist is tested, and the scheduler ends the study.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

# A cohort that starts later than this before the deadline would hardly train an epoch. Where more
# time is kept for the test, it comes that much earlier.
LAST_CALL_SECONDS: Final = 0.3
_CUTTING_SECONDS: Final = 0.2
# After the deadline: time for the last reports to arrive, and for the finalist to be tested.
LAST_TEST_SECONDS: Final = 0.7
GRACE_SECONDS: Final = 1.2


class Phase(IntEnum):
    """OPEN: search. CLOSING: nothing new, what runs ends. OVER: test the best. FINAL: end."""

    OPEN = 0
    CLOSING = 1
    OVER = 2
    LATE = 3
    FINAL = 4


def phase_at(deadline: float | None, test_seconds: float, now: float) -> Phase:
    """Trainers cut their lanes `test_seconds` before the deadline. LATE: too late for a test."""
    if deadline is None:
        return Phase.OPEN
    starts = _starts(deadline, test_seconds)
    return max((phase for phase, start in starts.items() if now >= start), default=Phase.OPEN)


def next_phase_change(deadline: float | None, test_seconds: float, now: float) -> float | None:
    """When the phase changes next; None: never."""
    if deadline is None:
        return None
    starts = _starts(deadline, test_seconds)
    return min((start for start in starts.values() if start > now), default=None)


def _starts(deadline: float, test_seconds: float) -> dict[Phase, float]:
    return {
        Phase.CLOSING: deadline - max(LAST_CALL_SECONDS, test_seconds - _CUTTING_SECONDS),
        Phase.OVER: deadline,
        Phase.LATE: deadline + LAST_TEST_SECONDS,
        Phase.FINAL: deadline + GRACE_SECONDS,
    }
