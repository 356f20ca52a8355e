"""What a trainer counts. No label is an id, so that the metrics stay few."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from layerlab.domain.study import CohortRef
from layerlab.ports import Handler, Requeue
from layerlab.tracing import trace
from services.trainer.executor import JobExecutor, JobFailed, OpenExecutor
from services.trainer.messages import Evaluated, EvaluateJob, Progress, ScoreJob, TrainJob
from services.trainer.settings import TrainerSettings

_SECONDS: Final = (0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000, 10000)


class TrainerMetrics:
    """Of all trainers in this process."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        """`registry`: where they are shown; None: nowhere."""
        registry = registry or CollectorRegistry()
        self._cohorts = Counter(
            "layerlab_trainer_cohorts_total",
            "Cohorts taken from the queue, by what became of them.",
            ["outcome"],
            registry=registry,
        )
        self._seconds = Histogram(
            "layerlab_trainer_cohort_duration_seconds",
            "From a cohort's message to its end here.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._trials = Counter(
            "layerlab_trainer_trials_total",
            "Trials that ended here, by state.",
            ["state"],
            registry=registry,
        )
        self._epochs = Counter(
            "layerlab_trainer_epochs_total", "Epochs of trials trained here.", registry=registry
        )
        self._flops = Counter(
            "layerlab_trainer_flops_total",
            "Operations of matrix products in cohorts trained to their end, without padding.",
            registry=registry,
        )
        self._train_seconds = Counter(
            "layerlab_trainer_training_seconds_total",
            "Of cohorts trained to their end: what the operations took.",
            registry=registry,
        )
        self._split = Counter(
            "layerlab_trainer_split_cohorts_total",
            "Cohorts that trained in groups, for all lanes together would not have fit.",
            registry=registry,
        )
        self._busy = Gauge("layerlab_trainer_jobs", "Jobs under way.", registry=registry)
        self._busy_seconds = Counter(
            "layerlab_trainer_busy_seconds_total",
            "Time in which jobs were under way: its rate is the share of time not spent waiting.",
            registry=registry,
        )
        self._failures = Counter(
            "layerlab_trainer_job_failures_total",
            "Jobs that their process could not do, by reason; most of them cost the process.",
            ["reason"],
            registry=registry,
        )

    def handling(self, handle: Handler) -> Handler:
        """`handle`, counted, and in the trace of its cohort."""

        async def run(cohort: CohortRef) -> None:
            outcome = "failed"
            with trace(cohort.traceparent), self._seconds.time():
                try:
                    await handle(cohort)
                    outcome = "completed"
                except Requeue:
                    outcome = "given_back"
                    raise
                except asyncio.CancelledError:
                    outcome = "handed_back"
                    raise
                finally:
                    self._cohorts.labels(outcome).inc()

        return run

    def executing(self, open_executor: OpenExecutor) -> OpenExecutor:
        """`open_executor`, whose executors' jobs are counted."""

        @asynccontextmanager
        async def opened(settings: TrainerSettings) -> AsyncIterator[JobExecutor]:
            async with open_executor(settings) as executor:
                yield _CountedExecutor(executor, self)

        return opened

    def count(self, progress: Progress) -> None:
        self._epochs.inc(len(progress.reports))
        for end in progress.ends:
            self._trials.labels(end.state.value.lower()).inc()
        if progress.stats:
            self._flops.inc(progress.stats.flops)
            self._train_seconds.inc(progress.stats.train_seconds)
            self._split.inc(progress.stats.groups > 1)

    def count_failure(self, failure: JobFailed) -> None:
        self._failures.labels(failure.reason.value.lower()).inc()

    @contextmanager
    def busy(self) -> Iterator[None]:
        """While a job is under way."""
        began = time.monotonic()
        try:
            with self._busy.track_inprogress():
                yield
        finally:
            self._busy_seconds.inc(time.monotonic() - began)


class _CountedExecutor:
    """A JobExecutor."""

    def __init__(self, executor: JobExecutor, metrics: TrainerMetrics) -> None:
        self._executor, self._metrics = executor, metrics

    @property
    def device(self) -> str:
        return self._executor.device

    async def train(self, job: TrainJob) -> AsyncGenerator[Progress, None]:
        try:
            with self._metrics.busy():
                async with aclosing(self._executor.train(job)) as happenings:
                    async for progress in happenings:
                        self._metrics.count(progress)
                        yield progress
        except JobFailed as failure:
            self._metrics.count_failure(failure)
            raise

    async def expect(self, job: TrainJob) -> None:
        await self._executor.expect(job)

    async def dismiss(self, job: TrainJob) -> None:
        await self._executor.dismiss(job)

    async def score(self, job: ScoreJob) -> float:
        try:
            with self._metrics.busy():
                return await self._executor.score(job)
        except JobFailed as failure:
            self._metrics.count_failure(failure)
            raise

    async def evaluate(self, job: EvaluateJob) -> Evaluated:
        try:
            with self._metrics.busy():
                return await self._executor.evaluate(job)
        except JobFailed as failure:
            self._metrics.count_failure(failure)
            raise

    async def stop_lanes(self, numbers: tuple[int, ...]) -> None:
        await self._executor.stop_lanes(numbers)
