"""Watches the ledger from inside the gateway, for /metrics and for what waits to be trained."""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from layerlab.domain.exchange import StudyDelta
from layerlab.domain.problem import Unavailable
from layerlab.domain.study import Trial
from layerlab.domain.trial import CohortState
from layerlab.domain.worker import Worker
from services.gateway.streams import closing_stream

log = structlog.get_logger()

_RETRY_SECONDS: Final = 1.0
_SECONDS: Final = (0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000)


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """Cohorts of studies that have not ended: not published yet, on the queue, and claimed."""

    pending: int
    queued: int
    running: int

    @property
    def waiting(self) -> int:
        return self.pending + self.queued


@dataclass(slots=True)
class Ended:
    """So many have ended since this process started, and so many epochs had those trials."""

    trials: int = 0
    cohorts: int = 0
    epochs: int = 0


@dataclass(slots=True)
class _Seen:
    """What is known of one study that has not ended."""

    cohorts: dict[str, CohortState] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)
    ended_cohorts: set[str] = field(default_factory=set)
    complete: bool = False


class Observer:
    """Counts what the ledger tells. No label is an id, so that the metrics stay few."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        """`registry`: with what else this process shows."""
        self._started = datetime.now(UTC)
        self._studies: dict[str, _Seen] = {}
        self.ended = Ended()
        self._registry = registry or CollectorRegistry()
        self._trials = Counter(
            "layerlab_trials_total",
            "Trials that ended since this process started.",
            ["state"],
            registry=self._registry,
        )
        self._durations = Histogram(
            "layerlab_trial_duration_seconds",
            "Wall time of training and validating a trial in its cohort.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._queue = Gauge(
            "layerlab_queue_messages",
            "Cohorts as the ledger knows them: not yet claimed, and being trained.",
            ["kind"],
            registry=self._registry,
        )
        self._workers = Gauge("layerlab_workers", "Trainers heard of.", registry=self._registry)
        self._heartbeat = Gauge(
            "layerlab_worker_heartbeat_timestamp_seconds",
            "When the worker was heard of that was heard of longest ago, in the last minute.",
            registry=self._registry,
        )

    @property
    def registry(self) -> CollectorRegistry:
        return self._registry

    async def run(
        self,
        watch: Callable[[], AsyncIterator[StudyDelta]],
        retry_seconds: float = _RETRY_SECONDS,
    ) -> None:
        """Follows `watch` until cancelled; when it breaks, from its beginning."""
        while True:
            # Told anew; which trials were counted is remembered.
            for seen in self._studies.values():
                seen.cohorts.clear()
            try:
                async with closing_stream(watch()) as deltas:
                    async for delta in deltas:
                        self.observe(delta)
            except Unavailable as error:
                log.warning("the watch of the studies broke; it starts over", reason=str(error))
            except Exception:
                log.exception("the watch of the studies broke; it starts over")
            await asyncio.sleep(retry_seconds)

    def observe(self, delta: StudyDelta) -> None:
        study_id = delta.study.study_id
        seen = self._studies.setdefault(study_id, _Seen())
        # What ended before this process watched was counted by another one, or never is.
        counts = seen.complete or delta.study.created_at >= self._started
        for trial in delta.trials:
            if trial.state.is_terminal and trial.number not in seen.ended:
                seen.ended.add(trial.number)
                if counts:
                    self._count(trial)
        for cohort in delta.cohorts:
            seen.cohorts[cohort.cohort_id] = cohort.state
            if cohort.state is CohortState.ENDED and cohort.cohort_id not in seen.ended_cohorts:
                seen.ended_cohorts.add(cohort.cohort_id)
                self.ended.cohorts += counts
        seen.complete = seen.complete or delta.complete
        if delta.study.state.is_terminal:
            del self._studies[study_id]

    def _count(self, trial: Trial) -> None:
        self._trials.labels(trial.state.value.lower()).inc()
        self._durations.observe(trial.fit_time_seconds or 0.0)
        self.ended.trials += 1
        self.ended.epochs += trial.epochs

    @property
    def study_ids(self) -> list[str]:
        """The studies that have not ended."""
        return list(self._studies)

    def queue_counts(self) -> QueueCounts:
        states = Tally(state for seen in self._studies.values() for state in seen.cohorts.values())
        return QueueCounts(
            states[CohortState.PENDING], states[CohortState.QUEUED], states[CohortState.RUNNING]
        )

    def metrics(self, workers: list[Worker]) -> bytes:
        """The text that Prometheus scrapes."""
        counts = self.queue_counts()
        self._queue.labels("ready").set(counts.waiting)
        self._queue.labels("unacknowledged").set(counts.running)
        self._workers.set(len(workers))
        self._heartbeat.set(
            min((worker.heartbeat_at.timestamp() for worker in workers), default=0.0)
        )
        return generate_latest(self._registry)
