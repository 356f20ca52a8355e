"""Studies as the ledger would tell them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from layerlab.domain.dataset import Task
from layerlab.domain.exchange import StudyDelta
from layerlab.domain.json_value import JsonValue
from layerlab.domain.presets import preset_space
from layerlab.domain.space import SearchSpace
from layerlab.domain.space_document import parse_space
from layerlab.domain.spec import Budget, Engine, Search, StudySpec
from layerlab.domain.study import Cohort, Proposal, Purpose, Study, Trial
from layerlab.domain.table_shape import TableShape
from layerlab.domain.trial import CohortState, FailureReason, StudyState, TrialState
from services.scheduler.cohorts import CohortPlan
from services.scheduler.search import KnownTrials
from services.scheduler.sizing import CohortLimits

LIMITS = CohortLimits()
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def small_space(**fields: JsonValue) -> SearchSpace:
    """One design, but for the fields given."""
    fixed: dict[str, JsonValue] = {
        "hidden": [[8]],
        "activation": "relu",
        "norm": "none",
        "dropout": 0,
        "residual": False,
        "optimizer": "adam",
        "learning_rate": 0.01,
        "weight_decay": 0,
        "batch_size": 32,
    }
    return parse_space({**fixed, **fields}, preset_space("quick", 344))


def a_spec(
    max_trials: int | None = 64,
    time_seconds: float | None = None,
    space: SearchSpace | None = None,
    search: Search = Search.RANDOM,
    engine: Engine = Engine.FUSED,
    seed: int = 7,
) -> StudySpec:
    return StudySpec(
        dataset_id="d" * 64,
        target="species",
        task=Task.CLASSIFICATION,
        space=space or preset_space("quick", 344),
        budget=Budget(max_trials, 10, time_seconds),
        search=search,
        engine=engine,
        seed=seed,
    )


def a_study(spec: StudySpec | None = None, state: StudyState = StudyState.RUNNING) -> Study:
    return Study("s1", spec or a_spec(), state, START)


def a_delta(
    study: Study,
    trials: Iterable[Trial] = (),
    cohorts: Iterable[Cohort] = (),
    complete: bool = True,
    seconds_left: float | None = None,
) -> StudyDelta:
    return StudyDelta(study, tuple(trials), tuple(cohorts), 1, complete, seconds_left)


def a_trial(
    proposal: Proposal, state: TrialState = TrialState.PENDING, cohort_id: str = "s1-c0001"
) -> Trial:
    return Trial(
        number=proposal.number,
        design=proposal.design,
        seed=proposal.seed,
        engine=Engine.FUSED,
        cohort_id=cohort_id,
        state=state,
    )


def succeeded(trial: Trial, score: float, has_model: bool = True) -> Trial:
    return replace(
        trial, state=TrialState.SUCCEEDED, score_val=score, has_model=has_model, attempt=1
    )


def failed(trial: Trial, reason: FailureReason, detail: str = "") -> Trial:
    return replace(trial, state=TrialState.FAILED, reason=reason, detail=detail, attempt=1)


def a_cohort(
    numbers: Sequence[int],
    state: CohortState = CohortState.PENDING,
    index: int = 1,
) -> Cohort:
    return Cohort(f"s1-c{index:04}", "s1", Purpose.SEARCH, tuple(numbers), state)


def plan_of(
    spec: StudySpec, limits: CohortLimits = LIMITS, table: TableShape | None = None
) -> list[tuple[Proposal, ...]]:
    """All cohorts of a study, as one scheduler would register them one after another."""
    plan, known = CohortPlan(spec, limits, table), KnownTrials()
    cohorts: list[tuple[Proposal, ...]] = []
    while lanes := plan.next_lanes(known):
        cohorts.append(lanes)
        for lane in lanes:
            known.put(a_trial(lane))
    return cohorts
