"""The one touch of the test rows, and what the finalists get right and wrong there."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

import structlog

from layerlab.domain.evaluation import EvaluatedRows, EvaluatedTrial
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.matrices import Part, matrix_spec
from layerlab.domain.problem import Problem
from layerlab.domain.study import Assignment, CohortRef, Proposal, TestScore
from layerlab.lifecycle import background
from services.trainer.cohorts import target_scale
from services.trainer.executor import JobFailed
from services.trainer.messages import ScoreJob
from services.trainer.reporting import ReportStream
from services.trainer.tools import Tools
from services.trainer.trial_evaluator import TrialEvaluator
from services.trainer.turns import Turn

log = structlog.get_logger()

# Of the time that is left: the last verdict, which follows the test, needs some, too.
_SHARE_OF_TIME: Final = 0.5
# Test rows first: nobody else may evaluate on those.
_ROWS: Final = (EvaluatedRows.TEST, EvaluatedRows.VALIDATION)


@dataclass(slots=True)
class FinalTest:
    """`deadline`: the study's, a time of time.monotonic; None without one."""

    tools: Tools
    cohort: CohortRef
    assignment: Assignment
    deadline: float | None
    _made: list[EvaluatedTrial] = field(default_factory=list)

    async def run(self, turn: Turn, stream: ReportStream) -> None:
        """Scores first. The last one completes the cohort, so that it is told with what was
        evaluated by then."""
        jobs = [await self._score_job(lane) for lane in self.assignment.lanes]
        async with turn.at_work(self.assignment.study_id):
            scores = []
            for job, rows in jobs:
                value = await self.tools.executor.score(job)
                scores.append(TestScore(job.lane.number, value, rows))
                if len(scores) < len(jobs):
                    await stream.add(ReportBatch(0, test_scores=(scores[-1],)))
            async with background(self._evaluate_all([job for job, _ in jobs])) as evaluating:
                await asyncio.wait({evaluating}, timeout=self._seconds_to_evaluate())
                last = ReportBatch(0, test_scores=tuple(scores[-1:]), evaluated=tuple(self._made))
                await stream.add(last)

    def _seconds_to_evaluate(self) -> float:
        if self.deadline is None:
            return self.tools.max_cohort_seconds
        return max(0.0, self.deadline - time.monotonic()) * _SHARE_OF_TIME

    async def _evaluate_all(self, jobs: list[ScoreJob]) -> None:
        """As many as there is time for: a test that has its scores fails no more."""
        evaluator = TrialEvaluator(self.tools, self.cohort, self.assignment)
        try:
            for rows in _ROWS:
                for job in jobs:
                    self._made.append(await evaluator.evaluate(job.lane, job.weights, rows))
        except (JobFailed, Problem) as error:
            log.warning("a finalist was not evaluated", reason=str(error))

    async def _score_job(self, lane: Proposal) -> tuple[ScoreJob, int]:
        """And how many rows it scores. Finalists may be prepared in different ways."""
        spec = self.assignment.spec
        local = await self.tools.fetch_matrices(matrix_spec(spec, lane), Part.TEST)
        job = ScoreJob(
            lane=lane,
            engine=spec.engine,
            task=spec.task,
            rows=local.files(Part.TEST),
            weights=await self.tools.download_model(self.assignment.study_id, lane.number),
            metric=spec.metric,
            target_scale=target_scale(local.header, spec.metric),
        )
        return job, local.header.n_test
