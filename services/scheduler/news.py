"""What the ledger says of something that was known already."""

from __future__ import annotations

from layerlab.domain.study import Cohort
from layerlab.domain.trial import CohortState
from layerlab.domain.verdict import Verdict


def is_later(one: Verdict, other: Verdict | None) -> bool:
    """Whether the first was reached after the second, as far as that can be seen."""
    return other is None or (one.is_final, one.round) > (other.is_final, other.round)


def has_come_back(before: Cohort, after: Cohort) -> bool:
    """Its trainer was lost, or has put it off while the study was suspended: its message is gone.

    A delta may leave out what was between; the event that made it PENDING is another one then.
    """
    moved = before.state is not CohortState.PENDING or after.seq > before.seq
    return after.state is CohortState.PENDING and moved
