"""Whether whoever has claimed a cohort still works on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from layerlab.domain.study import Cohort
from layerlab.domain.worker import HeldCohort, Worker
from services.gateway.ledger.fold import CohortEntry

ABSENCE_SECONDS: Final = 2.0
"""How long a worker must be gone until another one may take over what it trains.

One whose connection was cut, or whose gateway has died, is back after a second or so.
"""


@dataclass(frozen=True, slots=True)
class Leases:
    """What the workers have last said, and how long their word counts, by the store's clock.

    `up_since`: nobody could say anything before the ledger was up, so no lease is older.
    """

    seconds: float
    up_since: datetime
    workers: Mapping[str, Worker]

    def remaining(self, entry: CohortEntry, now: datetime) -> float:
        """Seconds until the lease of a RUNNING cohort expires; 0 or less: it has."""
        cohort, renewed = entry.cohort, max(entry.since, self.up_since)
        worker = self.workers.get(cohort.worker_id)
        if worker is not None and worker.incarnation != cohort.incarnation:
            # Its worker has started anew since; that it will not come back is certain.
            if worker.heartbeat_at > entry.since:
                return 0.0
        elif worker is not None and _name(cohort) in worker.held:
            renewed = max(renewed, worker.heartbeat_at)
        return self.seconds - (now - renewed).total_seconds()

    def is_gone(self, worker_id: str) -> bool:
        """Whether the worker was seen to go, and has not come back."""
        worker = self.workers.get(worker_id)
        return worker is not None and worker.disconnected_at is not None

    def until_takeover(self, entry: CohortEntry, now: datetime) -> float:
        """Seconds until a claim may take a RUNNING cohort over; 0 or less: it may.

        A claim is asked for by somebody who has its message, which the queue gave away when it
        lost the holder, too: two have seen it go, so that there is no need to wait for the lease.
        """
        remaining, worker = self.remaining(entry, now), self.workers.get(entry.cohort.worker_id)
        if worker is None or worker.disconnected_at is None:
            return remaining
        # While the ledger itself was away, nobody could come back to it.
        gone_since = max(worker.disconnected_at, entry.since, self.up_since)
        return min(remaining, ABSENCE_SECONDS - (now - gone_since).total_seconds())


def _name(cohort: Cohort) -> HeldCohort:
    return HeldCohort(cohort.study_id, cohort.cohort_id, cohort.attempt)
