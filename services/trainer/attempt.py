"""One claimed cohort: its matrices fetched, its lanes trained, all of it reported."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

import structlog

from layerlab.domain.evaluation import EvaluatedRows
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.matrices import MatricesHeader, Part
from layerlab.domain.problem import Problem
from layerlab.domain.spec import Replay
from layerlab.domain.study import Assignment, CohortRef, Purpose, TrialEnd
from layerlab.lifecycle import background
from services.trainer.cohorts import models_kept, rows_key, shared_matrices, target_scale
from services.trainer.executor import JobFailed
from services.trainer.final_test import FinalTest
from services.trainer.matrices import LocalMatrices
from services.trainer.messages import BaselineJob, Progress, TrainJob
from services.trainer.open_lanes import OpenLanes
from services.trainer.receipts import receipt_of
from services.trainer.reporting import Outcome, ReportStream, retry_while_unavailable
from services.trainer.tools import Tools
from services.trainer.trial_evaluator import TrialEvaluator
from services.trainer.turns import Stage, Turn

log = structlog.get_logger()

_LAST_WORDS_SECONDS: Final = 5.0
# How far past the study's deadline a cohort may train.
_LATE_SECONDS: Final = 1.0
# What has happened and is not with the ledger's stream yet; beyond it, training waits.
_MOST_WAITING: Final = 64
Happened: TypeAlias = asyncio.Queue[Progress | None]
Tell: TypeAlias = Callable[[Progress], Awaitable[None]]


@dataclass(slots=True)
class Attempt:
    """`turn` says when the executor is this attempt's."""

    tools: Tools
    cohort: CohortRef
    assignment: Assignment
    turn: Turn
    _deadline: float | None = field(init=False)

    def __post_init__(self) -> None:
        left = self.assignment.seconds_left
        self._deadline = None if left is None else time.monotonic() + left

    async def run(self) -> Outcome:
        """Returns when the ledger has acknowledged everything, or wants no more.

        :raises CalledTooEarly: see `Turn`; nothing has been trained.
        :raises JobFailed: why the executor could not do it.
        """
        stream = ReportStream(
            self.tools.ledger, self.cohort, self.assignment.attempt, on_stop=self._stop_lanes
        )
        reporting = asyncio.create_task(stream.run())
        work = asyncio.create_task(self._work(stream))
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

    async def _stop_lanes(self, numbers: tuple[int, ...]) -> None:
        # Numbers count within a study: those of a cohort that is over mean nothing to the next.
        if self.turn.stage is Stage.WORKING:
            await self.tools.executor.stop_lanes(numbers)

    async def _work(self, stream: ReportStream) -> None:
        match self.assignment.purpose:
            case Purpose.TEST:
                test = FinalTest(self.tools, self.cohort, self.assignment, self._deadline)
                await test.run(self.turn, stream)
            case Purpose.BASELINE:
                await self._fit_baselines(stream)
            case _ if self._replay and self._replay.model_of:
                await self._evaluator.apply(self._replay.model_of, self.turn, stream)
            case _:
                await self._train_lanes(stream)

    async def _train_lanes(self, stream: ReportStream) -> None:
        shared = shared_matrices(self.assignment)
        local = await self.tools.fetch_matrices(shared, Part.TRAIN, Part.VALIDATION)
        happened: Happened = asyncio.Queue(_MOST_WAITING)
        # Uploads take their time; the executor is free for the next cohort meanwhile.
        async with background(self._forward(happened, stream, local.header)) as forwarding:
            job, failure = self._train_job(local), None
            async with self._expected(job), self.turn.at_work(self.assignment.study_id):
                try:
                    if self._replay and self._replay.evaluates:
                        await self._train_and_evaluate(job, happened, stream)
                    else:
                        await self._train(job, happened.put)
                except JobFailed as error:
                    failure = error
            await happened.put(None)
            await forwarding
            if failure:
                raise failure

    @asynccontextmanager
    async def _expected(self, job: TrainJob) -> AsyncIterator[None]:
        await self.tools.executor.expect(job)
        try:
            yield
        finally:
            await self.tools.executor.dismiss(job)

    async def _train_and_evaluate(
        self, job: TrainJob, happened: Happened, stream: ReportStream
    ) -> None:
        """Its end completes the cohort, so that it is told last."""
        held: list[Progress] = []

        async def tell(progress: Progress) -> None:
            if progress.model is None:
                await happened.put(progress)
            else:
                held.append(progress)

        await self._train(job, tell)
        for progress in held:
            kept = await self._evaluator.evaluate(
                job.lanes[0], progress.weights, EvaluatedRows.VALIDATION
            )
            await stream.add(ReportBatch(0, evaluated=(kept,)))
            await happened.put(progress)

    async def _train(self, job: TrainJob, tell: Tell) -> None:
        lanes, limit_seconds = OpenLanes(job.lanes), self.tools.max_cohort_seconds
        left = self._seconds_left()
        # Training watches the time itself, between two batches of each lane; some take seconds.
        late = None if left is None else max(0.0, left) + _LATE_SECONDS
        limit = asyncio.timeout(min(limit_seconds, late or limit_seconds))
        self.turn.starts(job)
        try:
            async with limit, aclosing(self.tools.executor.train(job)) as progresses:
                async for progress in progresses:
                    lanes.note(progress)
                    self.turn.note(progress)
                    await tell(progress)
        except TimeoutError:
            if not limit.expired():
                raise
            is_late = late is not None and late < limit_seconds
            ends = lanes.overtaken() if is_late else lanes.out_of_time(limit_seconds)
            await tell(Progress((), ends))

    async def _forward(
        self, happened: Happened, stream: ReportStream, header: MatricesHeader
    ) -> None:
        """To the ledger, models first, until there is no more."""
        while progress := await happened.get():
            ends = await self._keep_model(progress)
            receipt = receipt_of(header, progress.made) if progress.made else None
            batch = ReportBatch(0, progress.reports, ends, (), progress.stats, receipt)
            await stream.add(batch)

    def _train_job(self, local: LocalMatrices) -> TrainJob:
        assignment, spec = self.assignment, self.assignment.spec
        return TrainJob(
            lanes=assignment.lanes,
            engine=spec.engine,
            task=spec.task,
            n_outputs=local.header.n_outputs,
            train=local.files(Part.TRAIN),
            validation=local.files(Part.VALIDATION),
            max_epochs=spec.budget.max_epochs,
            seconds_left=self._seconds_left(),
            best=assignment.best,
            rungs=assignment.rungs,
            keep=models_kept(assignment),
            stop_after=spec.replay.epochs if spec.replay else None,
            metric=spec.metric,
            target_scale=target_scale(local.header, spec.metric),
            share=assignment.lanes[0].share,
            rows_key=rows_key(assignment),
        )

    @property
    def _replay(self) -> Replay | None:
        return self.assignment.spec.replay

    @property
    def _evaluator(self) -> TrialEvaluator:
        return TrialEvaluator(self.tools, self.cohort, self.assignment)

    def _seconds_left(self) -> float | None:
        return None if self._deadline is None else self._deadline - time.monotonic()

    async def _keep_model(self, progress: Progress) -> tuple[TrialEnd, ...]:
        """Uploads the weights, if there are any; the ends, which say so."""
        number, assignment = progress.model, self.assignment
        if number is None:
            return progress.ends
        try:
            await retry_while_unavailable(
                lambda: self.tools.ledger.upload_model(
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

    async def _fit_baselines(self, stream: ReportStream) -> None:
        """Where repeat 0 is their split, they touch the test rows, too: nothing is chosen by it."""
        assignment = self.assignment
        parts = [Part.TRAIN, Part.VALIDATION]
        if assignment.lanes[0].repeat == 0:
            parts.append(Part.TEST)
        local = await self.tools.fetch_matrices(shared_matrices(assignment), *parts)
        lanes, limit = OpenLanes(assignment.lanes), self.tools.max_cohort_seconds
        # In turn: beside training they would slow it down, and be cut short by it.
        async with self.turn.at_work(assignment.study_id):
            job = self._baseline_job(local, limit)
            async with aclosing(self.tools.baselines.fit(job)) as fits:
                async for fitted in fits:
                    lanes.note(Progress((), (fitted.end,)))
                    scores = (fitted.test_score,) if fitted.test_score else ()
                    made = receipt_of(local.header, fitted.made) if fitted.made else None
                    await stream.add(ReportBatch(0, (), (fitted.end,), scores, receipt=made))
        if self._seconds_left() is None:
            late = lanes.out_of_time(limit)
        else:
            late = lanes.cancelled("The study's time budget was over before it could be fitted.")
        if late:
            await stream.add(ReportBatch(0, ends=late))

    def _baseline_job(self, local: LocalMatrices, limit_seconds: float) -> BaselineJob:
        assignment, spec, left = self.assignment, self.assignment.spec, self._seconds_left()
        return BaselineJob(
            lanes=assignment.lanes,
            task=spec.task,
            n_outputs=local.header.n_outputs,
            train=local.files(Part.TRAIN),
            validation=local.files(Part.VALIDATION),
            test=local.files(Part.TEST) if assignment.lanes[0].repeat == 0 else None,
            seconds_left=limit_seconds if left is None else min(left, limit_seconds),
            metric=spec.metric,
            target_scale=target_scale(local.header, spec.metric),
            share=assignment.lanes[0].share,
            rows_key=rows_key(assignment),
        )
