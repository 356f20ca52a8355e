"""Evaluations: finalists have theirs from their test, other trials get one in a hidden study."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from layerlab.domain.evaluation import EvaluatedRows, Evaluation
from layerlab.domain.json_value import JsonValue
from layerlab.domain.problem import Conflict, NotFound
from layerlab.domain.spec import Replay, StudySpec, TrialKey
from layerlab.domain.study import Study, Trial
from layerlab.domain.trial import StudyState, TrialState
from services.gateway.idempotency import hash_of
from services.gateway.ledger import Ledger
from services.gateway.replaying import again, replay_of
from services.gateway.streams import wait_for_end

_ID_LENGTH: Final = 16
# What has failed so often won't succeed.
_MOST_RUNS: Final = 5
_BEST_FIRST: Final = (EvaluatedRows.TEST, EvaluatedRows.VALIDATION)
_VALIDATION: Final = (EvaluatedRows.VALIDATION,)


class EvaluationState(StrEnum):
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class EvaluationRun:
    """The making of an evaluation. `evaluation_id`: of the study that makes it."""

    evaluation_id: str
    state: EvaluationState
    detail: str = ""


class Evaluator:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def find(
        self, study_id: str, number: int, rows: EvaluatedRows | None = None
    ) -> Evaluation:
        """On these rows; None: on the test rows, if there is that, else on the validation rows.

        :raises NotFound: `unknown_study`, `unknown_trial`, `no_evaluation`.
        """
        wanted = (rows,) if rows else _BEST_FIRST
        found = await self._ledger.find_evaluation(study_id, number, wanted)
        if found is None and rows is not EvaluatedRows.TEST:
            async for run in self._runs(study_id, number):
                if run.state is EvaluationState.SUCCEEDED:
                    found = await self._ledger.find_evaluation(run.evaluation_id, 1, _VALIDATION)
        if found is None:
            raise _no_evaluation(study_id, number)
        return found

    async def evaluate(self, study_id: str, number: int, seconds: float) -> EvaluationRun:
        """Has the trial evaluated on its validation rows, and waits `seconds` for that. A repeat
        asks about the first, unless that has failed.

        :raises NotFound: `unknown_study`, `unknown_trial`.
        :raises Conflict: `not_evaluable`, `not_replayable`.
        """
        study, trial = await self._trial(study_id, number)
        if await self._ledger.find_evaluation(study_id, number, _VALIDATION):
            return EvaluationRun(study_id, EvaluationState.SUCCEEDED)
        spec = evaluation_spec(study, trial)
        runs = [run async for run in self._runs(study_id, number)]
        if runs and (runs[-1].state is not EvaluationState.FAILED or len(runs) == _MOST_RUNS):
            return await self._wait(runs[-1], seconds)
        evaluation_id = _run_id(study_id, number, len(runs))
        with suppress(Conflict):  # Somebody else has begun it in this moment.
            await self._ledger.create_study(spec, evaluation_id, study.table)
        return await self._wait(await self._look(evaluation_id), seconds)

    async def look(
        self, study_id: str, number: int, evaluation_id: str, seconds: float = 0.0
    ) -> EvaluationRun:
        """Waits for so many seconds for its end.

        :raises NotFound: `unknown_study`, `unknown_trial`, `unknown_evaluation`.
        """
        await self._trial(study_id, number)
        if evaluation_id == study_id:
            if await self._ledger.find_evaluation(study_id, number, _VALIDATION):
                return EvaluationRun(study_id, EvaluationState.SUCCEEDED)
        elif evaluation_id in _run_ids(study_id, number):
            with suppress(NotFound):
                return await self._wait(await self._look(evaluation_id), seconds)
        raise NotFound(
            "unknown_evaluation",
            f"Trial {number} of study {study_id} has no such evaluation.",
        )

    async def _runs(self, study_id: str, number: int) -> AsyncIterator[EvaluationRun]:
        """Those that there have been, the last one last."""
        for evaluation_id in _run_ids(study_id, number):
            try:
                run = await self._look(evaluation_id)
            except NotFound:
                return
            yield run

    async def _look(self, evaluation_id: str) -> EvaluationRun:
        """:raises NotFound: `unknown_study`."""
        study = (await self._ledger.get_study(evaluation_id)).study
        if not study.state.is_terminal:
            return EvaluationRun(evaluation_id, EvaluationState.RUNNING)
        with suppress(NotFound):
            if await self._ledger.find_evaluation(evaluation_id, 1, _VALIDATION):
                return EvaluationRun(evaluation_id, EvaluationState.SUCCEEDED)
            trial, _ = await self._ledger.get_cohort_of(evaluation_id, 1)
            detail = trial.detail or study.detail or _nothing_came(study)
            return EvaluationRun(evaluation_id, EvaluationState.FAILED, detail)
        return EvaluationRun(evaluation_id, EvaluationState.FAILED, study.detail)

    async def _wait(self, run: EvaluationRun, seconds: float) -> EvaluationRun:
        if run.state is not EvaluationState.RUNNING or not seconds:
            return run
        await wait_for_end(self._ledger.follow(run.evaluation_id), seconds)
        return await self._look(run.evaluation_id)

    async def _trial(self, study_id: str, number: int) -> tuple[Study, Trial]:
        study = (await self._ledger.get_study(study_id)).study
        trial, _ = await self._ledger.get_cohort_of(study_id, number)
        return study, trial


def evaluation_spec(study: Study, trial: Trial) -> StudySpec:
    """The study of one trial that evaluates this one: with its weights, if they were kept.

    :raises Conflict: `not_evaluable`, `not_replayable`.
    """
    if trial.state is not TrialState.SUCCEEDED:
        raise Conflict(
            "not_evaluable",
            f"Trial {trial.number} is {trial.state}: it has not succeeded.",
            hint="Trials that have succeeded can be evaluated.",
            extra={"state": trial.state.value},
        )
    name = f"Evaluation of trial {trial.number} of {study.study_id}"
    if not trial.has_model:
        return again(study, trial, replace(replay_of(trial), evaluates=True), name)
    source = TrialKey(study.study_id, trial.number)
    replay = Replay(trial.seed, trial.repeat, trial.share, trial.epochs, True, source)
    return again(study, trial, replay, name)


def run_to_json(run: EvaluationRun) -> dict[str, JsonValue]:
    return {
        "evaluation_id": run.evaluation_id,
        "state": run.state.value,
        "detail": run.detail,
    }


def _run_ids(study_id: str, number: int) -> Sequence[str]:
    return [_run_id(study_id, number, run) for run in range(_MOST_RUNS)]


def _run_id(study_id: str, number: int, run: int) -> str:
    """It follows from the trial, so that a repeat finds it without being told."""
    return hash_of(f"evaluate:{study_id}:{number}:{run}")[:_ID_LENGTH]


def _nothing_came(study: Study) -> str:
    if study.state is StudyState.SUCCEEDED:
        return "Its trainer has sent no evaluation: it may be of an older version."
    return ""


def _no_evaluation(study_id: str, number: int) -> NotFound:
    return NotFound(
        "no_evaluation",
        f"Trial {number} of study {study_id} was not evaluated on such rows.",
        hint=f"POST /v1/studies/{study_id}/trials/{number}:evaluate evaluates it on its validation "
        "rows; the test rows are the finalists' alone.",
    )
