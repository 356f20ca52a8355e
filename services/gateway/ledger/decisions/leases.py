"""Whether whoever has claimed a cohort still works on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from layerlab.domain.study import Worker
from services.gateway.ledger.fold import CohortEntry


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
        elif worker is not None and (worker.study_id, worker.cohort_id, worker.attempt) == (
            cohort.study_id,
            cohort.cohort_id,
            cohort.attempt,
        ):
            renewed = max(renewed, worker.heartbeat_at)
        return self.seconds - (now - renewed).total_seconds()
