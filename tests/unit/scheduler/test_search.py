from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerlab.domain.design import Activation, Design, Optimizer
from layerlab.domain.presets import PRESETS, preset_space
from layerlab.domain.problem import InvalidInput
from layerlab.domain.space import (
    CONDITION_FIELDS,
    DEFAULTS,
    DRAW_ORDER,
    Choice,
    Layers,
    Range,
    SearchSpace,
)
from layerlab.domain.spec import Search
from layerlab.domain.study import Proposal
from services.scheduler.search import KnownTrials, build_searcher
from services.scheduler.search.enumeration import Enumeration
from tests.unit.domain.spaces import spaces
from tests.unit.scheduler.builders import a_spec, a_trial, small_space

seeds = st.integers(0, 2**31)


def propose(
    space: SearchSpace,
    numbers: Iterable[int],
    seed: int = 7,
    search: Search = Search.RANDOM,
    known: Mapping[int, Design] | None = None,
) -> list[Design]:
    """What a searcher that was built just now proposes."""
    trials = KnownTrials()
    for number, design in (known or {}).items():
        trials.put(a_trial(Proposal(number, design, 0)))
    searcher = build_searcher(a_spec(space=space, seed=seed, search=search))
    return searcher.propose(list(numbers), trials)


def assert_within(space: SearchSpace, design: Design) -> None:
    chosen: dict[str, object] = {"n_layers": design.n_layers}
    for name in DRAW_ORDER:
        field, value = space.fields[name], getattr(design, name)
        if not field.applies(chosen):
            assert value == DEFAULTS[name]
        elif isinstance(field.domain, Choice):
            assert value in field.domain.values
        elif isinstance(field.domain, Layers):
            assert field.domain.low <= design.n_layers <= field.domain.high
            assert set(design.hidden) <= set(field.domain.widths)
        else:
            assert isinstance(field.domain, Range)
            assert field.domain.low <= value <= field.domain.high
        if name in CONDITION_FIELDS:
            chosen[name] = value


@settings(deadline=None)
@given(spaces)
def test_a_grid_has_as_many_designs_as_were_computed(space: SearchSpace) -> None:
    grid = Enumeration(space)

    assert grid.size == space.grid_size()
    # All of a small one, a sample of a large one.
    designs = [grid.design(index) for index in range(0, grid.size, 1 + grid.size // 500)]
    assert len(set(designs)) == len(designs)
    for design in designs:
        assert_within(space, design)


def test_there_is_no_design_beyond_a_grid() -> None:
    grid = Enumeration(small_space(dropout=[0, 0.1]))

    for index in (-1, 2):
        with pytest.raises(IndexError):
            grid.design(index)


@settings(deadline=None)
@given(spaces, seeds)
def test_random_designs_are_of_the_space_and_never_the_same(space: SearchSpace, seed: int) -> None:
    designs = propose(space, range(1, 31), seed)

    assert len(set(designs)) == len(designs)
    for design in designs:
        assert_within(space, design)
    size = space.size()
    if size is not None:
        assert len(designs) == min(30, size)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_has_designs_for_everybody(preset: str) -> None:
    space = preset_space(preset, 344)
    designs = propose(space, range(1, 201))

    assert len(set(designs)) == 200
    for design in designs:
        assert_within(space, design)


@settings(deadline=None)
@given(spaces, seeds, st.integers(1, 20), st.sampled_from(Search))
def test_a_design_does_not_depend_on_what_was_asked_together(
    space: SearchSpace, seed: int, cut: int, search: Search
) -> None:
    whole = propose(space, range(1, 21), seed, search)
    known = dict(enumerate(whole[:cut], start=1))

    assert propose(space, range(cut + 1, 21), seed, search, known) == whole[cut:]


@pytest.mark.parametrize("search", Search)
def test_a_hole_that_a_crash_has_left_is_filled_with_what_would_have_been_there(
    search: Search,
) -> None:
    """Later trials may be registered already; they must not change earlier proposals."""
    space = small_space(hidden=[[8], [16], [32]], dropout=[0, 0.1, 0.2], activation=["relu", "elu"])
    whole = propose(space, range(1, 19), search=search)
    holes = [2, 3, 7, 18]
    known = {n: design for n, design in enumerate(whole, start=1) if n not in holes}

    assert propose(space, holes, search=search, known=known) == [whole[n - 1] for n in holes]


@pytest.mark.parametrize("search", Search)
def test_another_seed_gives_another_order(search: Search) -> None:
    space = preset_space("quick", 344)

    assert propose(space, range(1, 9), 1, search) == propose(space, range(1, 9), 1, search)
    assert propose(space, range(1, 9), 1, search) != propose(space, range(1, 9), 2, search)


@pytest.mark.parametrize("search", Search)
def test_a_space_that_is_used_up_gives_no_more(search: Search) -> None:
    space = small_space(dropout=[0, 0.1, 0.2], learning_rate=[0.1, 0.01])

    designs = propose(space, range(1, 100), search=search)
    assert len(set(designs)) == len(designs) == 6
    known = dict(enumerate(designs, start=1))
    assert propose(space, range(7, 20), search=search, known=known) == []


def test_a_narrow_range_that_is_used_up_gives_no_more() -> None:
    """There are only so many floats in it, although a range has no size."""
    space = small_space(learning_rate={"low": 1e-3, "high": 1e-3 + 1e-18})

    designs = propose(space, range(1, 50))
    assert space.size() is None
    assert 2 <= len(set(designs)) == len(designs) < 10


def test_shallow_networks_are_drawn_as_often_as_deep_ones() -> None:
    space = small_space(
        hidden={"layers": {"low": 1, "high": 4}, "width": list(range(1, 101))},
        learning_rate={"low": 1e-4, "high": 1e-1, "log": True},
    )
    depths = Counter(design.n_layers for design in propose(space, range(1, 401)))

    assert set(depths) == {1, 2, 3, 4}
    # Binomial(400, 1/4) is outside of this once in 10,000.
    assert all(65 <= many <= 135 for many in depths.values())


def test_a_field_is_drawn_only_where_its_condition_holds() -> None:
    space = small_space(
        optimizer=["adam", "adamw"],
        activation=["relu", "tanh"],
        weight_decay={"low": 1e-3, "high": 1e-1, "log": True, "when": {"optimizer": "adamw"}},
    )
    designs = propose(space, range(1, 31))

    decays = {design.weight_decay for design in designs if design.optimizer is Optimizer.ADAM}
    assert decays == {0.0}
    assert all(
        design.weight_decay >= 1e-3 for design in designs if design.optimizer is Optimizer.ADAMW
    )
    # Without weight decay there are two designs only; they are not proposed again.
    adams = [design for design in designs if design.optimizer is Optimizer.ADAM]
    assert {design.activation for design in adams} == {Activation.RELU, Activation.TANH}
    assert len(adams) == 2


def test_batch_sizes_are_of_the_grid_even_at_random() -> None:
    """Every lane with a batch size of its own would have to train alone."""
    space = small_space(
        batch_size={"low": 16, "high": 256, "log": True},
        learning_rate={"low": 1e-4, "high": 1e-1, "log": True},
    )
    sizes = {design.batch_size for design in propose(space, range(1, 61))}

    assert sizes == {16, 32, 64, 128, 256}


def test_a_part_of_a_grid_is_an_even_sample() -> None:
    space = small_space(
        activation=["relu", "tanh"], learning_rate={"low": 1e-4, "high": 1e-1, "points": 500}
    )
    some = propose(space, range(1, 201), search=Search.GRID)

    relus = sum(design.activation is Activation.RELU for design in some)
    lows = sum(design.learning_rate < 0.05 for design in some)
    # Hypergeometric(1000, 500, 200) is outside of this once in 10,000.
    assert 75 <= relus <= 125
    assert 75 <= lows <= 125


def test_a_grid_is_searched_whole() -> None:
    space = small_space(dropout=[0, 0.1, 0.2], learning_rate=[0.1, 0.01])
    grid = Enumeration(space)

    designs = propose(space, range(1, 7), search=Search.GRID)
    assert set(designs) == {grid.design(index) for index in range(6)}


def test_a_grid_that_is_too_large_is_refused() -> None:
    space = small_space(hidden={"layers": {"low": 16, "high": 16}, "width": [1, 2, 3, 4]})

    with pytest.raises(InvalidInput, match="100,000"):
        propose(space, [1], search=Search.GRID)
    assert len(propose(space, [1, 2])) == 2
