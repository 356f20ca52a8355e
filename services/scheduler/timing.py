"""The end of a time budget, second by second.

A study ends within two seconds of its deadline, whatever hangs. Trainers cut their lanes at the
deadline, or just before it; then the finalist is tested, and the scheduler ends the study.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

# A cohort that starts later than this before the deadline would hardly train an epoch.
LAST_CALL_SECONDS: Final = 0.3
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


_STARTS: Final = {
    Phase.CLOSING: -LAST_CALL_SECONDS,
    Phase.OVER: 0.0,
    Phase.LATE: LAST_TEST_SECONDS,
    Phase.FINAL: GRACE_SECONDS,
}


def phase_at(deadline: float | None, now: float) -> Phase:
    """LATE: too late to begin a test."""
    if deadline is None:
        return Phase.OPEN
    reached = [phase for phase, start in _STARTS.items() if now >= deadline + start]
    return max(reached, default=Phase.OPEN)


def next_phase_change(deadline: float | None, now: float) -> float | None:
    """When the phase changes next; None: never."""
    if deadline is None:
        return None
    ahead = [deadline + start for start in _STARTS.values() if deadline + start > now]
    return min(ahead, default=None)
