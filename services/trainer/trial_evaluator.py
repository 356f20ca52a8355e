"""Evaluations of a cohort's trials: made by the executor, kept by the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from layerlab.domain.evaluation import EvaluatedRows, EvaluatedTrial
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.matrices import Part, matrix_spec
from layerlab.domain.spec import TrialKey
from layerlab.domain.study import Assignment, CohortRef, Proposal, TrialEnd
from layerlab.domain.trial import TrialState
from services.trainer.cohorts import target_of
from services.trainer.messages import Evaluated, EvaluateJob
from services.trainer.reporting import ReportStream, retry_while_unavailable
from services.trainer.tools import Tools
from services.trainer.turns import Turn

_PARTS: Final = {
    EvaluatedRows.VALIDATION: Part.VALIDATION,
    EvaluatedRows.TEST: Part.TEST,
}


@dataclass(frozen=True, slots=True)
class TrialEvaluator:
    """For one attempt. It works only while the executor is this attempt's."""

    tools: Tools
    cohort: CohortRef
    assignment: Assignment

    async def apply(self, source: TrialKey, turn: Turn, stream: ReportStream) -> None:
        """Evaluates the one lane with the weights of another study's trial; trains nothing.

        :raises JobFailed: why the executor could not do it.
        """
        lane = self.assignment.lanes[0]
        weights = await self.tools.download_model(source.study_id, source.number)
        job = await self.job(lane, weights, EvaluatedRows.VALIDATION)
        async with turn.at_work(self.assignment.study_id):
            evaluated = await self.tools.executor.evaluate(job)
        kept = await self.keep(lane.number, evaluated)
        end = TrialEnd(lane.number, TrialState.SUCCEEDED, score_val=evaluated.score)
        await stream.add(ReportBatch(0, ends=(end,), evaluated=(kept,)))

    async def evaluate(self, lane: Proposal, weights: bytes, rows: EvaluatedRows) -> EvaluatedTrial:
        """Makes it and has it kept.

        :raises JobFailed: why the executor could not do it.
        :raises Problem: why the ledger doesn't take it.
        """
        job = await self.job(lane, weights, rows)
        return await self.keep(lane.number, await self.tools.executor.evaluate(job))

    async def job(self, lane: Proposal, weights: bytes, rows: EvaluatedRows) -> EvaluateJob:
        spec, part = self.assignment.spec, _PARTS[rows]
        local = await self.tools.fetch_matrices(matrix_spec(spec, lane), part)
        target = target_of(local.header)
        return EvaluateJob(
            lane=lane,
            engine=spec.engine,
            task=spec.task,
            part=rows,
            rows=local.files(part),
            weights=weights,
            classes=target.classes,
            target_mean=target.mean,
            target_scale=target.scale,
            metric=spec.metric,
        )

    async def keep(self, number: int, evaluated: Evaluated) -> EvaluatedTrial:
        """:raises Problem: why the ledger doesn't take it."""
        evaluation, attempt = evaluated.evaluation, self.assignment.attempt
        await retry_while_unavailable(
            lambda: self.tools.ledger.upload_evaluation(self.cohort, attempt, number, evaluation),
            "evaluation",
        )
        return EvaluatedTrial(number, evaluation.rows)
