from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from layerlab.domain.design import Design, trial_seed
from layerlab.domain.footprint import Kernel, cohort_footprint, epoch_work
from layerlab.domain.halving import Halving
from layerlab.domain.presets import preset_space
from layerlab.domain.recipe import RecipeName
from layerlab.domain.space import SearchSpace
from layerlab.domain.spec import Engine, Search
from layerlab.domain.study import Proposal
from layerlab.domain.table_shape import TableShape
from services.scheduler.cohorts import CohortPlan
from services.scheduler.cutting import Cutter
from services.scheduler.search import KnownTrials
from services.scheduler.sizing import CohortLimits, Sizes
from tests.unit.domain.spaces import spaces
from tests.unit.scheduler.builders import LIMITS, a_spec, a_trial, plan_of, small_space

THOROUGH = preset_space("thorough", 344, RecipeName.PAPER)
BALANCED = preset_space("balanced", 20_000, RecipeName.PAPER)
TINY = TableShape(220, 55, 6, 3)
LETTER = TableShape(12_800, 3_200, 16, 26)
HUGE = TableShape(6_400_000, 1_600_000, 20, 5)
KERNELS = (Kernel.NATIVE, Kernel.STACK)

tables = st.builds(
    TableShape,
    train_rows=st.integers(20, 5_000_000),
    val_rows=st.integers(5, 1_000_000),
    n_inputs=st.integers(1, 2_000),
    n_outputs=st.integers(1, 100),
)


def sizes(cohorts: list[tuple[Proposal, ...]]) -> list[int]:
    return [len(cohort) for cohort in cohorts]


def numbers(cohorts: list[tuple[Proposal, ...]]) -> list[int]:
    return sorted(lane.number for cohort in cohorts for lane in cohort)


def works(cohorts: list[tuple[Proposal, ...]], table: TableShape) -> list[float]:
    return [sum(epoch_work(lane.design, table) for lane in cohort) for cohort in cohorts]


def some_lanes(widths: list[int]) -> list[Proposal]:
    return [Proposal(n, Design(hidden=(width,)), 0) for n, width in enumerate(widths, start=1)]


def test_a_tiny_table_gets_hundreds_of_lanes_and_a_huge_one_few() -> None:
    space = small_space(hidden=[[64, 64]], learning_rate={"low": 1e-4, "high": 1e-2})
    spec = a_spec(max_trials=2_000, space=space)

    assert max(sizes(plan_of(spec, table=TINY))) == 256
    assert 8 < max(sizes(plan_of(spec, table=LETTER))) < 64
    assert set(sizes(plan_of(spec, table=HUGE))) == {8}


def test_the_first_cohorts_are_small() -> None:
    first = sizes(plan_of(a_spec(max_trials=1_000, space=BALANCED), table=TINY))[:4]

    assert first == sorted(first)
    assert first[0] * 4 <= first[3]


@pytest.mark.parametrize("planned", [40, 64, 200, 1_000])
def test_a_study_of_more_than_a_moment_has_work_for_four_trainers(planned: int) -> None:
    cohorts = plan_of(a_spec(planned, space=BALANCED), table=LETTER)

    assert len(cohorts) >= 4
    # The trainers end at about the same time.
    assert max(works(cohorts[-3:], LETTER)) <= sum(works(cohorts, LETTER)) / 3


def test_a_study_of_a_moment_is_one_cohort() -> None:
    space = small_space(dropout=[0, 0.1], activation=["relu", "tanh", "gelu"])

    assert sizes(plan_of(a_spec(6, space=space), table=TINY)) == [6]


@pytest.mark.parametrize("engine_table", [TINY, LETTER])
def test_no_cohort_is_a_small_rest(engine_table: TableShape) -> None:
    for planned in range(60, 80):
        assert min(sizes(plan_of(a_spec(planned, space=BALANCED), table=engine_table))) >= 4


def test_keras_gets_few_lanes_since_it_trains_them_one_after_another() -> None:
    cohorts = plan_of(a_spec(max_trials=40, engine=Engine.KERAS, space=THOROUGH))

    assert max(sizes(cohorts)) == 4
    assert sizes(cohorts)[-1] == 1
    assert numbers(cohorts) == list(range(1, 41))


def test_cohorts_that_halve_have_enough_lanes_for_it_and_are_as_drawn() -> None:
    spec = replace(a_spec(500, space=BALANCED), halving=Halving())
    cohorts = plan_of(spec, table=LETTER)

    assert min(sizes(cohorts)) >= 14
    assert sorted(sizes(cohorts))[1] >= 27
    for cohort in cohorts:
        first = cohort[0].number
        assert [lane.number for lane in cohort] == list(range(first, first + len(cohort)))


def test_a_cohort_that_halves_is_small_where_one_epoch_takes_long() -> None:
    spec = replace(a_spec(100, space=BALANCED), halving=Halving())

    assert max(sizes(plan_of(spec, table=HUGE))) <= 12


def test_networks_of_like_work_train_together_and_the_largest_first() -> None:
    lanes = some_lanes([8, 64, 8, 64, 16, 128])
    cutter = Cutter(a_spec(), LETTER, Sizes(2, 2, 1.0), 1 << 40)

    cohorts = cutter.cut(lanes, 3)
    assert [[lane.number for lane in cohort] for cohort in cohorts] == [[2, 6], [4, 5], [1, 3]]


@example([1, 1, 1, 1, 1, 143, 183, 183, 183, 183, 183, 377, 384, 384], 3, 1)
@given(st.lists(st.integers(1, 512), min_size=1, max_size=60), st.integers(1, 6), st.integers(1, 9))
def test_cohorts_of_a_window_have_about_equal_work(
    widths: list[int], cohorts: int, least: int
) -> None:
    lanes = some_lanes(widths)
    cut = Cutter(a_spec(), LETTER, Sizes(least, 1_000, 1.0), 1 << 40).cut(lanes, cohorts)

    share = sum(works([tuple(lanes)], LETTER)) / cohorts
    assert len(cut) <= cohorts
    largest = sorted((epoch_work(lane.design, LETTER) for lane in lanes), reverse=True)
    for work in works(cut, LETTER):
        # Above its share only for want of lanes: the least that there may be, of it and the next.
        assert work <= share + sum(largest[: 2 * least]) or len(cut) < cohorts


@settings(max_examples=30, deadline=None)
@given(tables, st.integers(10**5, 10**9), st.sampled_from([None, Halving()]))
def test_only_a_single_lane_may_be_predicted_above_the_limit(
    table: TableShape, max_bytes: int, halving: Halving | None
) -> None:
    spec = replace(a_spec(60, space=THOROUGH), halving=halving)
    cohorts = plan_of(spec, replace(LIMITS, max_bytes=max_bytes), table)

    assert numbers(cohorts) == list(range(1, 61))
    for cohort in cohorts:
        designs = [lane.design for lane in cohort]
        for kernel in KERNELS:
            needed = cohort_footprint(designs, table, kernel).resident
            assert needed <= max_bytes or len(cohort) == 1


@settings(max_examples=20, deadline=None)
@given(tables, st.integers(1, 400))
def test_no_cohort_of_many_lanes_has_much_more_than_a_seconds_work(
    table: TableShape, max_trials: int
) -> None:
    cohorts = plan_of(a_spec(max_trials, space=BALANCED), table=table)

    epochs = a_spec().budget.max_epochs
    for cohort, work in zip(cohorts, works(cohorts, table), strict=True):
        # The last one takes in a rest of less than half the least.
        assert len(cohort) <= 12 or work * epochs <= 3e11


def test_a_trials_seed_comes_from_its_design() -> None:
    spec = a_spec(max_trials=8)
    (cohort,) = plan_of(spec)

    for lane in cohort:
        assert lane.seed == trial_seed(spec.dataset_id, lane.design)


@settings(max_examples=40, deadline=None)
@given(
    spaces,
    st.integers(1, 150),
    st.sampled_from([Search.RANDOM, Search.GRID]),
    st.sampled_from(Engine),
    st.integers(1, 40),
    tables | st.none(),
)
def test_every_number_up_to_the_plan_is_in_one_cohort(
    space: SearchSpace,
    max_trials: int,
    search: Search,
    engine: Engine,
    most: int,
    table: TableShape | None,
) -> None:
    spec = a_spec(max_trials, space=space, search=search, engine=engine)
    cohorts = plan_of(spec, CohortLimits(fused=most, keras=most), table)

    trials = numbers(cohorts)
    assert trials == list(range(1, len(trials) + 1))
    assert max(sizes(cohorts)) <= most
    assert len({lane.design for cohort in cohorts for lane in cohort}) == len(trials)
    if search is Search.GRID or space.size() is not None:
        assert len(trials) == spec.planned_trials


@settings(max_examples=15, deadline=None)
@given(tables, st.integers(1, 300), st.sampled_from([None, Halving()]), st.data())
def test_the_plan_goes_on_as_if_nothing_had_happened(
    table: TableShape, max_trials: int, halving: Halving | None, data: st.DataObject
) -> None:
    """A new scheduler knows only what is registered, and cuts the rest in the same way."""
    spec = replace(a_spec(max_trials, space=THOROUGH), halving=halving)
    whole = plan_of(spec, table=table)
    registered = data.draw(st.integers(0, len(whole) - 1))
    plan, known = CohortPlan(spec, LIMITS, table), KnownTrials()
    # The ledger lists trials by number, not in the order of registration.
    for lane in sorted(
        (lane for cohort in whole[:registered] for lane in cohort), key=lambda lane: -lane.number
    ):
        known.put(a_trial(lane))

    assert plan.next_lanes(known) == whole[registered]


def test_what_another_scheduler_has_registered_otherwise_is_left_out() -> None:
    """One with other limits, before an upgrade."""
    spec = a_spec(max_trials=200, space=THOROUGH)
    theirs = plan_of(spec, CohortLimits(fused=12))[:4]
    plan, known = CohortPlan(spec, LIMITS), KnownTrials()
    for lane in (lane for cohort in theirs for lane in cohort):
        known.put(a_trial(lane))

    rest = []
    while lanes := plan.next_lanes(known):
        rest.append(lanes)
        for lane in lanes:
            known.put(a_trial(lane))
    assert numbers([*theirs, *rest]) == list(range(1, 201))


def test_a_plan_without_an_end_goes_on() -> None:
    spec = a_spec(max_trials=None, time_seconds=60)
    plan, known = CohortPlan(spec, LIMITS), KnownTrials()
    for _ in range(12):
        lanes = plan.next_lanes(known)
        assert lanes
        for lane in lanes:
            known.put(a_trial(lane))


def test_a_space_of_few_designs_ends_a_plan_of_many_trials() -> None:
    few = small_space(dropout=[0, 0.1, 0.2], activation=["relu", "tanh"])

    assert numbers(plan_of(a_spec(max_trials=500, space=few))) == list(range(1, 7))
    assert sizes(plan_of(a_spec(max_trials=None, time_seconds=60, space=few))) == [6]
