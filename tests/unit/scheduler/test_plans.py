"""What a plan takes from elsewhere: users' own designs, searches that learn, preparations."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerlab.domain.constraints import Constraints
from layerlab.domain.design import Design, trial_seed
from layerlab.domain.halving import Halving
from layerlab.domain.presets import preset_space
from layerlab.domain.problem import InvalidInput
from layerlab.domain.recipe import RecipeName
from layerlab.domain.space import SearchSpace
from layerlab.domain.space_drawing import draw_design
from layerlab.domain.spec import Replay, Search, StudyKind, StudySpec
from layerlab.domain.study import Proposal
from layerlab.domain.table_shape import TableShape
from services.scheduler.cohorts import CohortPlan
from services.scheduler.cutting import preparation_of
from services.scheduler.search import KnownTrials, Wish
from tests.unit.scheduler.builders import LIMITS, a_spec, a_trial, plan_of, small_space, succeeded

LETTER = TableShape(12_800, 3_200, 16, 26)
BALANCED = preset_space("balanced", 20_000)
THOROUGH = preset_space("thorough", 20_000, has_missing=True, has_categories=True)
OWN = (Design((5,)), Design((5, 5)), Design((6,)))


def lanes_of(cohorts: Sequence[tuple[Proposal, ...]]) -> dict[int, Design]:
    return {lane.number: lane.design for cohort in cohorts for lane in cohort}


def draw(wish: Wish, space: SearchSpace) -> list[Design]:
    """Stands in for a search: what it answers follows from the wish."""
    words = [each.design.learning_rate for each in wish.trials]
    rng = random.Random(f"{wish.numbers} {words} {len(wish.pending)}")
    return [draw_design(space, rng) for _ in wish.numbers]


class Play:
    """A study whose search learns, with trials that end in whatever order `pick` says."""

    def __init__(self, spec: StudySpec, pick: Callable[[int], int]) -> None:
        self.spec, self.pick = spec, pick
        self.plan, self.known = CohortPlan(spec, LIMITS, LETTER), KnownTrials()
        self.wishes: list[Wish] = []
        self.running: list[int] = []

    def run(self, restart_after: int = 0) -> dict[int, Design]:
        """Each trial's design, by its number."""
        steps = 0
        while self.plan.has_more(self.known) or self.running:
            steps += 1
            if steps == restart_after:
                self.plan = CohortPlan(self.spec, LIMITS, LETTER)
            self.step()
        return {number: trial.design for number, trial in self.known.trials.items()}

    def step(self) -> None:
        lanes = self.plan.next_lanes(self.known)
        wish = self.plan.wish(self.known)
        if wish is not None:
            assert not lanes
            assert self.plan.wish(self.known) == wish
            self.wishes.append(wish)
            self.plan.grant(wish, draw(wish, self.spec.space))
        elif lanes and len(self.running) < 100:
            for lane in lanes:
                self.known.put(a_trial(lane))
                self.running.append(lane.number)
        else:
            number = self.running.pop(self.pick(len(self.running)))
            trial = self.known.trials[number]
            self.known.put(succeeded(trial, trial.design.learning_rate))


def a_learning_spec(max_trials: int = 200, **changes: object) -> StudySpec:
    spec = a_spec(max_trials, space=BALANCED, search=Search.TPE)
    return replace(spec, halving=Halving(), **changes)  # type: ignore[arg-type]  # As given.


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1_000), st.integers(0, 300))
def test_what_is_proposed_depends_neither_on_the_order_of_ends_nor_on_a_restart(
    seed: int, restart_after: int
) -> None:
    spec = a_learning_spec()
    in_order = Play(spec, lambda running: 0).run()
    rng = random.Random(seed)
    otherwise = Play(spec, rng.randrange).run(restart_after)

    assert len(in_order) == 200
    assert otherwise == in_order


def test_a_wish_knows_the_results_of_all_windows_but_the_last_one() -> None:
    play = Play(a_learning_spec(), lambda running: 0)
    designs = play.run()

    assert len(play.wishes) > 2
    for wish in play.wishes:
        assert all(trial.state.is_terminal for trial in wish.trials)
        assert [trial.number for trial in wish.trials] == list(range(1, len(wish.trials) + 1))
        between = range(len(wish.trials) + 1, wish.numbers[0])
        assert between
        assert wish.pending == tuple(dict.fromkeys(designs[number] for number in between))


def test_nothing_is_wished_for_while_what_it_would_learn_from_trains() -> None:
    plan, known = CohortPlan(a_learning_spec(), LIMITS, LETTER), KnownTrials()
    while lanes := plan.next_lanes(known):
        for lane in lanes:
            known.put(a_trial(lane))

    assert plan.wish(known) is None
    assert plan.has_more(known)


def test_a_quasi_random_search_waits_for_no_result() -> None:
    plan, known = CohortPlan(a_spec(search=Search.QUASI_RANDOM), LIMITS), KnownTrials()
    wish = plan.wish(known)

    assert wish is not None
    assert wish.numbers[0] == 1
    assert wish.trials == ()


def test_a_space_that_has_no_more_ends_the_plan() -> None:
    play = Play(a_learning_spec(), lambda running: 0)
    while not play.wishes:
        play.step()
    play.plan.grant(play.wishes[0], draw(play.wishes[0], BALANCED)[:3])
    designs = play.run()

    assert max(designs) == play.wishes[0].numbers[2]


@pytest.mark.parametrize("search", [Search.RANDOM, Search.GRID])
def test_own_designs_come_first_in_their_order_and_each_once(search: Search) -> None:
    space = small_space(dropout=[0, 0.1, 0.2], activation=["relu", "tanh"])
    of_the_space = draw_design(space, random.Random(1))
    own = (OWN[1], of_the_space, OWN[0], OWN[1])
    spec = replace(a_spec(None, space=space, search=search), designs=own)
    designs = lanes_of(plan_of(spec))

    assert [designs[number] for number in (1, 2, 3)] == [OWN[1], of_the_space, OWN[0]]
    assert len(set(designs.values())) == len(designs) == 6 + 2


def test_own_designs_that_come_while_it_runs_take_the_next_free_numbers() -> None:
    spec = replace(a_spec(300, space=BALANCED), designs=OWN[:1])
    plan, known = CohortPlan(spec, LIMITS, LETTER), KnownTrials()
    before: set[int] = set()
    for _ in range(3):
        for lane in plan.next_lanes(known):
            known.put(a_trial(lane))
            before.add(lane.number)
    plan.add_designs(OWN)
    while lanes := plan.next_lanes(known):
        for lane in lanes:
            known.put(a_trial(lane))

    designs = {number: trial.design for number, trial in known.trials.items()}
    assert sorted(designs) == list(range(1, 301))
    assert len(set(designs.values())) == 300
    places = {design: number for number, design in designs.items()}
    free = [number for number in designs if number not in before]
    assert [places[design] for design in OWN] == [1, *sorted(free)[:2]]


def test_a_restart_finds_own_designs_where_they_were() -> None:
    spec = replace(a_spec(300, space=BALANCED), designs=OWN)
    whole = plan_of(spec, table=LETTER)
    for registered in range(len(whole)):
        plan, known = CohortPlan(spec, LIMITS, LETTER), KnownTrials()
        for number, design in lanes_of(whole[:registered]).items():
            known.put(a_trial(Proposal(number, design, 0)))
        assert plan.next_lanes(known) == whole[registered]


def test_own_designs_that_come_when_the_space_is_used_up_are_tried_all_the_same() -> None:
    space = small_space(dropout=[0, 0.1])
    plan, known = CohortPlan(a_spec(None, space=space), LIMITS), KnownTrials()
    for lane in plan.next_lanes(known):
        known.put(a_trial(lane))
    assert not plan.has_more(known)
    plan.add_designs(OWN)

    assert [lane.design for lane in plan.next_lanes(known)] == list(OWN)


def test_a_replay_is_its_one_design_as_it_was_trained() -> None:
    replay = Replay(seed=99, repeat=3, share=0.5, epochs=7)
    spec = replace(a_spec(1), kind=StudyKind.REPLAY, designs=OWN[:1], replay=replay)
    plan, known = CohortPlan(spec, LIMITS), KnownTrials()
    lanes = plan.next_lanes(known)

    assert lanes == (Proposal(1, OWN[0], 99, repeat=3, share=0.5),)
    known.put(a_trial(lanes[0]))
    assert not plan.has_more(known)
    assert plan.wish(known) is None


@pytest.mark.parametrize("search", [Search.RANDOM, Search.GRID])
def test_no_trial_has_a_design_that_the_constraints_refuse(search: Search) -> None:
    space = small_space(hidden=[[8], [16], [400], [500]], dropout=[0, 0.1])
    spec = replace(
        a_spec(None, space=space, search=search), constraints=Constraints(max_params=5_000)
    )
    designs = lanes_of(plan_of(spec, table=LETTER))

    assert sorted(each.hidden for each in designs.values()) == [(8,), (8,), (16,), (16,)]


def test_constraints_that_nothing_meets_are_an_error_that_names_them() -> None:
    spec = replace(a_spec(), constraints=Constraints(max_params=3))

    with pytest.raises(InvalidInput) as refused:
        CohortPlan(spec, LIMITS, LETTER).next_lanes(KnownTrials())
    assert refused.value.field == "constraints"


@pytest.mark.parametrize("halving", [None, Halving()])
@pytest.mark.parametrize("space", [BALANCED, THOROUGH])
def test_lanes_of_a_cohort_share_their_preparation(
    space: SearchSpace, halving: Halving | None
) -> None:
    spec = replace(a_spec(400, space=space), halving=halving)
    cohorts = plan_of(spec, table=LETTER)

    for cohort in cohorts:
        assert len({preparation_of(lane.design, spec) for lane in cohort}) == 1
        assert all(lane.seed == trial_seed(spec.dataset_id, lane.design) for lane in cohort)
    tried = {preparation_of(design, spec) for design in lanes_of(cohorts).values()}
    assert len(tried) >= 2


def test_a_bracket_has_lanes_enough_however_many_preparations_there_are() -> None:
    spec = replace(a_spec(400, space=THOROUGH), halving=Halving())
    cohorts = plan_of(spec, table=LETTER)

    assert sorted(len(cohort) for cohort in cohorts)[len(cohorts) // 4] >= 10


def test_saying_the_studys_own_recipe_makes_no_other_preparation() -> None:
    space = small_space(dropout=[0, 0.1, 0.2, 0.3], recipe=[None, "paper"])
    spec = replace(a_spec(8, space=space), recipe=RecipeName.PAPER)

    assert len(plan_of(spec)) == 1
