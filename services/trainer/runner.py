"""Trains one cohort after another: claims, fetches, trains, reports, ends."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from typing import Final

import structlog

from layerlab.domain.exchange import Claim, ClaimOutcome, ReportBatch
from layerlab.domain.matrices import MatrixSpec, Part
from layerlab.domain.problem import Problem
from layerlab.domain.study import Assignment, CohortRef, Purpose, StudySpec, TestScore, TrialEnd
from layerlab.domain.trial import FailureReason
from layerlab.ports import CohortLedger, Requeue
from services.trainer.executor import JobExecutor, JobFailed
from services.trainer.matrices import MatrixCache
from services.trainer.messages import Progress, ScoreJob, TrainJob
from services.trainer.open_lanes import OpenLanes
from services.trainer.reporting import Outcome, ReportStream, retry_while_unavailable

log = structlog.get_logger()

# A message may come because the cohort's worker has just died. The ledger has a moment to notice.
# Then it gives the worker 2 s to come back; whoever waits for it is an idle trainer.
_NOTICING_SECONDS: Final = 1.0
_RETURNING_SECONDS: Final = 4.0
_LEAST_WAIT_SECONDS: Final = 0.1
_LAST_WORDS_SECONDS: Final = 5.0
# Of the ten seconds that a container engine gives a process to end.
_HAND_BACK_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True)
class WorkerName:
    """`incarnation` is new at every start."""

    worker_id: str
    incarnation: str


class CohortRunner:
    """The handler of the queue's cohorts. Trains one at a time."""

    def __init__(
        self,
        ledger: CohortLedger,
        matrices: MatrixCache,
        executor: JobExecutor,
        name: WorkerName,
        max_cohort_seconds: float,
    ) -> None:
        self._ledger, self._matrices, self._executor = ledger, matrices, executor
        self._name, self._max_cohort_seconds = name, max_cohort_seconds
        self.current: Assignment | None = None
        """What is being trained."""
        self.changed = asyncio.Event()
        """Set with every change of `current`, for whoever clears it."""

    async def run(self, cohort: CohortRef) -> None:
        """Returns once the ledger has acknowledged every trial's end, or wants none of this.

        That includes a cohort that another worker trains: when it is lost, the ledger has the
        cohort published again.

        :raises Requeue: when the cohort is to come again.
        :raises NotFound: for a message that names no cohort.
        """
        claim = await self._claim(cohort)
        if claim.assignment is None:
            log.info("not claimed", cohort_id=cohort.cohort_id, outcome=claim.outcome.value)
            return
        self._set_current(claim.assignment)
        structlog.contextvars.bind_contextvars(cohort_id=cohort.cohort_id)
        try:
            await self._run_attempt(cohort, claim.assignment)
        finally:
            self._set_current(None)
            structlog.contextvars.unbind_contextvars("cohort_id")

    async def _claim(self, cohort: CohortRef) -> Claim:
        """BUSY only for a worker that is there all the same: then no message is needed."""
        name, began = self._name, time.monotonic()
        while True:
            claim = await retry_while_unavailable(
                lambda: self._ledger.claim_cohort(cohort, name.worker_id, name.incarnation),
                "claim",
            )
            patience = _RETURNING_SECONDS if claim.holder_is_gone else _NOTICING_SECONDS
            if claim.outcome is not ClaimOutcome.BUSY or time.monotonic() - began >= patience:
                return claim
            await asyncio.sleep(max(claim.retry_after_seconds, _LEAST_WAIT_SECONDS))

    def _set_current(self, assignment: Assignment | None) -> None:
        self.current = assignment
        self.changed.set()

    async def _run_attempt(self, cohort: CohortRef, assignment: Assignment) -> None:
        try:
            outcome = await self._train_and_report(cohort, assignment)
            log.info("cohort over", outcome=outcome.value, attempt=assignment.attempt)
        except asyncio.CancelledError:
            await self._hand_back(cohort, assignment.attempt)
            raise
        except Exception as error:
            reason, detail = _blame(error)
            log.warning("attempt failed", reason=reason.value, detail=detail, exc_info=True)
            requeue = await retry_while_unavailable(
                lambda: self._ledger.release_cohort(cohort, assignment.attempt, reason, detail),
                "release",
            )
            if requeue:
                raise Requeue from error

    async def _hand_back(self, cohort: CohortRef, attempt: int) -> None:
        """On the way out: if the ledger can't be told now, the lease will tell it."""
        detail = "The trainer was stopped."
        with suppress(Problem, TimeoutError):
            async with asyncio.timeout(_HAND_BACK_SECONDS):
                await retry_while_unavailable(
                    lambda: self._ledger.release_cohort(cohort, attempt, None, detail), "hand back"
                )

    async def _train_and_report(self, cohort: CohortRef, assignment: Assignment) -> Outcome:
        left = assignment.seconds_left
        deadline = None if left is None else time.monotonic() + left
        stream = ReportStream(
            self._ledger, cohort, assignment.attempt, on_stop=self._executor.stop_lanes
        )
        reporting = asyncio.create_task(stream.run())
        work = asyncio.create_task(self._work(assignment, deadline, stream))
        try:
            await asyncio.wait({reporting, work}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                return reporting.result()  # The ledger wants no more.
            await stream.close()
            if work.exception():
                # What was reported before stands: those trials need no other attempt.
                await asyncio.wait({reporting}, timeout=_LAST_WORDS_SECONDS)
                work.result()
            return await reporting
        finally:
            for task in (work, reporting):
                task.cancel()
            await asyncio.gather(work, reporting, return_exceptions=True)

    async def _work(
        self, assignment: Assignment, deadline: float | None, stream: ReportStream
    ) -> None:
        if assignment.purpose is Purpose.TEST:
            await self._test(assignment, stream)
        else:
            await self._search(assignment, deadline, stream)

    async def _search(
        self, assignment: Assignment, deadline: float | None, stream: ReportStream
    ) -> None:
        spec, parts = assignment.spec, (Part.TRAIN, Part.VALIDATION)
        local = await retry_while_unavailable(
            lambda: self._matrices.get(_matrix_spec(spec), parts), "matrices"
        )
        job = TrainJob(
            lanes=assignment.lanes,
            engine=spec.engine,
            task=spec.task,
            n_outputs=local.header.n_outputs,
            train=local.files(Part.TRAIN),
            validation=local.files(Part.VALIDATION),
            max_epochs=spec.budget.max_epochs,
            seconds_left=None if deadline is None else deadline - time.monotonic(),
            best=assignment.best,
        )
        lanes, limit = OpenLanes(assignment.lanes), asyncio.timeout(self._max_cohort_seconds)
        try:
            async with limit, aclosing(self._executor.train(job)) as happenings:
                async for progress in happenings:
                    ends = await self._keep_model(assignment, progress)
                    await stream.add(ReportBatch(0, epochs=progress.reports, ends=ends))
                    lanes.note(progress)
        except TimeoutError:
            if not limit.expired():
                raise
            ends = lanes.out_of_time(self._max_cohort_seconds)
            await stream.add(ReportBatch(0, ends=ends))

    async def _keep_model(self, assignment: Assignment, progress: Progress) -> tuple[TrialEnd, ...]:
        """Uploads the weights, if there are any; the ends, which say so."""
        number = progress.model
        if number is None:
            return progress.ends
        try:
            await retry_while_unavailable(
                lambda: self._ledger.upload_model(
                    assignment.study_id, number, assignment.attempt, progress.weights
                ),
                "model",
            )
        except Problem as problem:
            # Most likely a stale attempt; the reports will learn that too.
            log.warning("the ledger takes no model", number=number, problem=str(problem))
            return progress.ends
        return tuple(
            replace(end, has_model=True) if end.number == number else end for end in progress.ends
        )

    async def _test(self, assignment: Assignment, stream: ReportStream) -> None:
        """The one touch of the test rows."""
        spec = assignment.spec
        local = await retry_while_unavailable(
            lambda: self._matrices.get(_matrix_spec(spec), (Part.TEST,)), "matrices"
        )
        for lane in assignment.lanes:
            weights = await retry_while_unavailable(
                lambda number=lane.number: self._ledger.download_model(  # type: ignore[misc]  # The default binds the loop's value.
                    assignment.study_id, number
                ),
                "model",
            )
            job = ScoreJob(lane, spec.engine, spec.task, local.files(Part.TEST), weights)
            score = TestScore(lane.number, await self._executor.score(job))
            await stream.add(ReportBatch(0, test_scores=(score,)))


def _matrix_spec(spec: StudySpec) -> MatrixSpec:
    return MatrixSpec(
        spec.dataset_id, spec.target, spec.task, spec.recipe, spec.seed, spec.column_kinds
    )


def _blame(error: Exception) -> tuple[FailureReason, str]:
    if isinstance(error, JobFailed):
        return error.reason, error.detail
    return FailureReason.INTERNAL, str(error) or type(error).__name__
