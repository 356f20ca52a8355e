"""Searches by Optuna's samplers, and the Sobol sequence."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings

from layerlab.domain.constraints import Constraints
from layerlab.domain.design import Activation, Design
from layerlab.domain.presets import preset_space
from layerlab.domain.problem import InvalidInput
from layerlab.domain.space import SearchSpace
from layerlab.domain.space_drawing import draw_design
from layerlab.domain.spec import Search
from layerlab.domain.study import Proposal, Study, Trial
from layerlab.domain.table_shape import TableShape
from layerlab.domain.trial import FailureReason, StudyState, TrialState
from services.scheduler.search import ASKED, LEARNING, Wish
from services.scheduler.search.coding import Coding, Suggest
from services.scheduler.search.learning import propose
from services.scheduler.search.outcomes import outcomes
from tests.unit.domain.spaces import spaces
from tests.unit.scheduler.builders import START, a_spec, a_trial, failed, small_space, succeeded
from tests.unit.scheduler.test_search import assert_within

THOROUGH = preset_space("thorough", 344, has_missing=True, has_categories=True)
TABLE = TableShape(220, 55, 6, 3)
WIDE: dict[str, object] = {
    "hidden": {"layers": {"low": 1, "high": 3}, "width": [8, 16, 32, 64, 128]},
    "learning_rate": {"low": 1e-4, "high": 1e-1, "log": True},
    "activation": ["relu", "tanh", "sigmoid"],
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As in the thinking child: several would wait for each other where others work, too."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def a_study(search: Search, space: SearchSpace = THOROUGH, seed: int = 7) -> Study:
    spec = a_spec(space=space, search=search, seed=seed)
    return Study("s1", spec, StudyState.RUNNING, START, table=TABLE)


def trials_of(
    space: SearchSpace, many: int, score: Callable[[Design], float], seed: int = 0
) -> list[Trial]:
    draw = random.Random(seed)
    designs = dict.fromkeys(draw_design(space, draw) for _ in range(many))
    return [
        succeeded(a_trial(Proposal(number, design, 0)), score(design))
        for number, design in enumerate(designs, start=1)
    ]


def width(design: Design) -> float:
    return sum(design.hidden) / 1_000


def wish_after(trials: Sequence[Trial], many: int, pending: Sequence[Design] = ()) -> Wish:
    first = len(trials) + len(pending) + 1
    return Wish(tuple(range(first, first + many)), tuple(trials), tuple(pending))


def reader(parameters: Mapping[str, float]) -> Suggest:
    return lambda name, kind: parameters[name]


@pytest.mark.parametrize("search", sorted(ASKED))
def test_equal_wishes_have_equal_answers_of_new_designs_within_the_space(search: Search) -> None:
    trials = trials_of(THOROUGH, 40, width)
    pending = [draw_design(THOROUGH, random.Random(n)) for n in range(100, 110)]
    wish = wish_after(trials, 12, pending)
    designs = propose(a_study(search), wish)

    assert designs == propose(a_study(search), wish)
    assert len(set(designs)) == 12
    assert not set(designs) & {*pending, *(trial.design for trial in trials)}
    for design in designs:
        assert_within(THOROUGH, design)


@pytest.mark.parametrize("search", sorted(LEARNING - {Search.NSGA2}))
def test_a_search_that_learns_goes_where_it_is_good(search: Search) -> None:
    """Where the score is one of a design's own fields, what is proposed has more of it than what
    was drawn.
    """
    space = small_space(**WIDE)  # type: ignore[arg-type]  # JSON values.

    def score(design: Design) -> float:
        return width(design) + (design.activation is Activation.TANH) - 10 * design.learning_rate

    trials = trials_of(space, 120, score)
    designs = propose(a_study(search, space), wish_after(trials, 12))

    drawn = sorted(score(trial.design) for trial in trials)
    proposed = sorted(score(design) for design in designs)
    assert proposed[6] > drawn[len(drawn) * 2 // 3]


def test_where_the_score_rises_as_time_and_parameters_fall_nsga2_looks_for_small_networks() -> None:
    space = small_space(**WIDE)  # type: ignore[arg-type]  # JSON values.
    trials = trials_of(space, 120, lambda design: -width(design))
    designs = propose(a_study(Search.NSGA2, space), wish_after(trials, 12))

    drawn = sorted(width(trial.design) for trial in trials)
    assert sorted(width(design) for design in designs)[6] < drawn[len(drawn) // 3]


@pytest.mark.parametrize("search", sorted(ASKED))
def test_a_used_up_space_ends_the_plan(search: Search) -> None:
    space = small_space(dropout=[0, 0.1, 0.2], activation=["relu", "tanh"])
    trials = trials_of(space, 30, width)[:3]

    assert len(propose(a_study(search, space), wish_after(trials, 10))) == 3


def test_parts_of_a_sobol_sequence_are_the_parts_of_the_whole() -> None:
    study = a_study(Search.QUASI_RANDOM)
    whole = propose(study, Wish(tuple(range(1, 33)), ()))
    part = propose(study, Wish(tuple(range(9, 17)), (), tuple(whole[:8])))

    assert part == whole[8:16]


def test_a_sobol_sequence_is_more_even_than_chance() -> None:
    space = small_space(learning_rate={"low": 1e-4, "high": 1e-1, "log": True})
    designs = propose(a_study(Search.QUASI_RANDOM, space), Wish(tuple(range(1, 33)), ()))

    per_decade = [sum(low <= d.learning_rate < 10 * low for d in designs) for low in (1e-4, 1e-3)]
    assert all(10 <= each <= 11 for each in per_decade)


@pytest.mark.parametrize("search", sorted(ASKED))
def test_no_design_is_proposed_that_the_constraints_refuse(search: Search) -> None:
    study = a_study(search)
    limit = Constraints(max_params=5_000)
    study = replace(study, spec=replace(study.spec, constraints=limit))
    trials = trials_of(THOROUGH, 40, width)

    designs = propose(study, wish_after(trials, 10))
    assert len(designs) == 10
    assert all(each.n_params(TABLE.n_inputs, TABLE.n_outputs) <= 5_000 for each in designs)


def test_constraints_that_allow_next_to_nothing_are_refused() -> None:
    study = a_study(Search.TPE)
    study = replace(study, spec=replace(study.spec, constraints=Constraints(max_params=10)))

    with pytest.raises(InvalidInput) as refused:
        propose(study, Wish((1,), ()))
    assert refused.value.field == "constraints"


def test_what_diverged_is_worst_and_what_a_machine_lost_says_nothing() -> None:
    space = THOROUGH
    good, bad, diverged, lost = trials_of(space, 4, width)
    known = [
        replace(good, score_val=0.9),
        replace(bad, score_val=-40.0, state=TrialState.PRUNED),
        failed(replace(diverged, score_val=None), FailureReason.NAN_LOSS),
        failed(replace(lost, score_val=None), FailureReason.WORKER_LOST),
    ]
    found = outcomes(known, a_spec().metric, TABLE)

    assert [each.number for each in sorted(found, key=lambda each: -each.score)] == [1, 2, 3]


def test_equal_scores_are_learnt_as_equal() -> None:
    found = outcomes(trials_of(THOROUGH, 9, lambda design: 0.5), a_spec().metric, TABLE)

    assert {each.score for each in found} == {0.0}


@settings(max_examples=60, deadline=None)
@given(spaces)
def test_a_design_is_what_its_parameters_say(space: SearchSpace) -> None:
    coding = Coding(space)
    for seed in range(5):
        design = draw_design(space, random.Random(seed))
        parameters = coding.parameters(design)
        assert parameters is not None
        assert parameters.keys() <= coding.kinds().keys()
        assert coding.design(reader(parameters)) == design


def test_a_design_from_elsewhere_is_told_by_the_nearest_of_the_space() -> None:
    space = small_space(
        hidden={"layers": {"low": 1, "high": 2}, "width": [8, 16, 64]},
        learning_rate={"low": 1e-3, "high": 1e-2},
        activation=["relu", "tanh"],
    )
    coding = Coding(space)

    assert coding.parameters(Design((50,), learning_rate=1.0)) == {
        "n_layers": 0,
        "width_1": 2,
        "activation": 0,
        "learning_rate": 1e-2,
    }
    assert coding.parameters(Design((8,), Activation.SILU)) is None
    assert coding.parameters(Design((8, 8, 8))) is None
