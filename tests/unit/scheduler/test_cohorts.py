from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerlab.domain.design import Design, trial_seed
from layerlab.domain.presets import preset_space
from layerlab.domain.space import SearchSpace
from layerlab.domain.study import Engine, Proposal, Search
from services.scheduler.cohorts import CohortPlan, LaneLimits, group_proposals, max_lanes
from services.scheduler.search import KnownTrials
from tests.unit.domain.spaces import spaces
from tests.unit.scheduler.builders import LIMITS, a_spec, a_trial, plan_of, small_space

THOROUGH = preset_space("thorough", 344)


def sizes(cohorts: list[tuple[Proposal, ...]]) -> list[int]:
    return [len(cohort) for cohort in cohorts]


def numbers(cohorts: list[tuple[Proposal, ...]]) -> list[int]:
    return sorted(lane.number for cohort in cohorts for lane in cohort)


@pytest.mark.parametrize(
    ("planned", "lanes"),
    [(1, 8), (16, 8), (64, 16), (65, 17), (128, 32), (10_000, 32), (None, 32)],
)
def test_a_plan_of_few_trials_is_cut_finely_enough_for_several_trainers(
    planned: int | None, lanes: int
) -> None:
    assert max_lanes(Engine.FUSED, planned, LIMITS) == lanes


def test_the_first_cohorts_are_small() -> None:
    assert sizes(plan_of(a_spec(max_trials=64))) == [8, 8, 16, 16, 16]
    assert sizes(plan_of(a_spec(max_trials=200)))[:5] == [8, 8, 16, 32, 32]


def test_keras_gets_few_lanes_since_it_trains_them_one_after_another() -> None:
    assert sizes(plan_of(a_spec(max_trials=20, engine=Engine.KERAS))) == [4] * 5


def test_lanes_of_a_cohort_share_their_batch_size() -> None:
    cohorts = plan_of(a_spec(max_trials=200, space=THOROUGH))

    assert all(len({lane.design.batch_size for lane in cohort}) == 1 for cohort in cohorts)
    # Still together wherever that is possible: three batch sizes, and not 200 cohorts.
    assert len(cohorts) <= 25


def test_keras_needs_no_common_batch_size() -> None:
    cohorts = plan_of(a_spec(max_trials=16, space=THOROUGH, engine=Engine.KERAS))

    assert sizes(cohorts) == [4] * 4


def test_networks_of_like_shape_train_together_and_the_largest_first() -> None:
    widths = [8, 64, 8, 64, 16, 128]
    lanes = [Proposal(n, Design(hidden=(width,)), 0) for n, width in enumerate(widths, start=1)]

    cohorts = group_proposals(lanes, 2, lockstep=True)
    assert [[lane.number for lane in cohort] for cohort in cohorts] == [[2, 6], [4, 5], [1, 3]]


def test_no_cohort_is_a_small_rest() -> None:
    lanes = [Proposal(n, Design(hidden=(8,)), 0) for n in range(1, 34)]

    assert sizes(group_proposals(lanes, 32, lockstep=True)) == [17, 16]


def test_a_trials_seed_comes_from_its_design() -> None:
    spec = a_spec(max_trials=8)
    (cohort,) = plan_of(spec)

    for lane in cohort:
        assert lane.seed == trial_seed(spec.dataset_id, lane.design)


@settings(max_examples=40)
@given(
    spaces,
    st.integers(1, 150),
    st.sampled_from(Search),
    st.sampled_from(Engine),
    st.integers(1, 40),
)
def test_every_number_up_to_the_plan_is_in_one_cohort(
    space: SearchSpace, max_trials: int, search: Search, engine: Engine, most: int
) -> None:
    spec = a_spec(max_trials, space=space, search=search, engine=engine)
    cohorts = plan_of(spec, LaneLimits(fused=most, keras=most))

    trials = numbers(cohorts)
    assert trials == list(range(1, len(trials) + 1))
    assert max(sizes(cohorts)) <= most
    assert len({lane.design for cohort in cohorts for lane in cohort}) == len(trials)
    if search is Search.GRID or space.size() is not None:
        assert len(trials) == spec.planned_trials


@pytest.mark.parametrize("forgotten", range(12))
def test_the_plan_goes_on_as_if_nothing_had_happened(forgotten: int) -> None:
    """A new scheduler knows only what is registered, and cuts the rest in the same way."""
    spec = a_spec(max_trials=200, space=THOROUGH)
    whole = plan_of(spec)
    plan, known = CohortPlan(spec, LIMITS), KnownTrials()
    # The ledger lists trials by number, not in the order of registration.
    for lane in sorted(
        (lane for cohort in whole[:forgotten] for lane in cohort), key=lambda lane: -lane.number
    ):
        known.put(a_trial(lane))

    assert plan.next_lanes(known) == whole[forgotten]


def test_a_plan_without_an_end_goes_on() -> None:
    spec = a_spec(max_trials=None, time_seconds=60)
    plan, known = CohortPlan(spec, LIMITS), KnownTrials()
    for _ in range(30):
        lanes = plan.next_lanes(known)
        assert lanes
        for lane in lanes:
            known.put(a_trial(lane))


def test_a_space_of_few_designs_ends_a_plan_of_many_trials() -> None:
    few = small_space(dropout=[0, 0.1, 0.2], activation=["relu", "tanh"])

    assert numbers(plan_of(a_spec(max_trials=500, space=few))) == list(range(1, 7))
    assert sizes(plan_of(a_spec(max_trials=None, time_seconds=60, space=few))) == [6]
