"""The rungs that cohorts get: Hyperband's brackets."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerlab.domain.halving import Halving, Rung, automatic_halving
from layerlab.domain.hyperband import most_halvings
from layerlab.domain.spec import StudySpec
from layerlab.domain.study import Cohort, Purpose
from services.scheduler.actions import RegisterCohort
from services.scheduler.rungs import LEAST_KEPT, rungs_of
from tests.unit.scheduler.builders import a_cohort, a_spec, a_trial
from tests.unit.scheduler.play import Play, by_number


def table(halving: Halving, lanes: int, max_epochs: int, index: int) -> list[tuple[int, int]]:
    return [(each.epoch, each.keep) for each in rungs_of(halving, lanes, max_epochs, index)]


def cost(rungs: tuple[Rung, ...], lanes: int, max_epochs: int) -> int:
    """Epochs of lanes, if none ends otherwise."""
    total, begun = 0, 0
    for rung in (*rungs, Rung(max_epochs, 0)):
        total += lanes * (rung.epoch - begun)
        lanes, begun = rung.keep, rung.epoch
    return total


def test_the_first_cohort_halves_as_early_as_may_be() -> None:
    """R = 81, η = 3: the paper's table, but for the last lane, which is not left alone."""
    assert table(Halving(3, 1), 81, 81, 0) == [(1, 27), (3, 9), (9, 3), (27, 2)]
    assert table(Halving(3, 1), 32, 200, 0) == [(2, 11), (7, 4), (22, 2)]
    assert table(Halving(2, 4), 16, 32, 0) == [(4, 8), (8, 4), (16, 2)]


@pytest.mark.parametrize(
    ("lanes", "max_epochs", "min_epochs"), [(2, 81, 1), (1, 81, 1), (32, 2, 1), (32, 81, 28)]
)
def test_where_nothing_can_be_saved_there_is_no_rung(
    lanes: int, max_epochs: int, min_epochs: int
) -> None:
    assert not any(table(Halving(3, min_epochs), lanes, max_epochs, i) for i in range(50))


def test_every_bracket_gets_cohorts_in_hyperbands_proportions() -> None:
    """Algorithm 1 for R = 81, η = 3: 81, 34, 15, 8 and 5 configurations."""
    firsts = Counter((table(Halving(3, 1), 27, 81, i) or [(81, 0)])[0][0] for i in range(143))
    assert firsts == {1: 81, 3: 34, 9: 15, 27: 8, 81: 5}


def test_early_cohorts_already_take_several_brackets() -> None:
    firsts = [(table(Halving(3, 1), 27, 81, i) or [(81, 0)])[0][0] for i in range(12)]
    assert firsts[:4] == [1, 1, 3, 1]
    assert set(firsts) >= {1, 3, 9}


def test_halving_saves_most_of_the_epochs() -> None:
    spent = sum(cost(rungs_of(Halving(3, 1), 32, 81, i), 32, 81) for i in range(20))
    assert spent < 20 * 32 * 81 / 4


@settings(deadline=None)
@given(
    halving=st.builds(Halving, st.integers(2, 10), st.integers(1, 50)),
    lanes=st.integers(1, 64),
    max_epochs=st.integers(1, 10_000),
    index=st.integers(0, 300),
)
def test_rungs_climb_within_the_limits(
    halving: Halving, lanes: int, max_epochs: int, index: int
) -> None:
    rungs = rungs_of(halving, lanes, max_epochs, index)
    epochs, kept = [each.epoch for each in rungs], [each.keep for each in rungs]
    assert epochs == sorted(set(epochs))
    assert all(halving.min_epochs <= epoch < max_epochs for epoch in epochs)
    assert kept == sorted(set(kept), reverse=True)
    assert all(LEAST_KEPT <= keep < lanes for keep in kept)
    assert len(rungs) <= most_halvings(halving, max_epochs)


def test_halving_is_automatic_where_it_saves_something() -> None:
    assert automatic_halving(20_000, 9) == Halving(3, 1)
    assert automatic_halving(20_000, 8) is None


def test_on_a_small_table_lanes_are_judged_later() -> None:
    small = automatic_halving(150, 200)
    assert small is not None
    assert small.min_epochs * 150 >= 1000
    assert automatic_halving(150, 60) is None


@settings(deadline=None)
@given(rows=st.integers(1, 10**7), max_epochs=st.integers(1, 10_000))
def test_automatic_halving_happens_two_or_three_times_or_not_at_all(
    rows: int, max_epochs: int
) -> None:
    halving = automatic_halving(rows, max_epochs)
    assert halving is None or most_halvings(halving, max_epochs) in (2, 3)


def registered(spec: StudySpec) -> list[RegisterCohort]:
    actions = Play(spec).run_all(by_number)
    return [each for each in actions if isinstance(each, RegisterCohort)]


def test_a_study_that_halves_gives_each_search_cohort_its_bracket() -> None:
    halving = Halving(2, 1)
    *searches, test = registered(replace(a_spec(max_trials=100), halving=halving))
    assert test.rungs == ()
    for index, each in enumerate(searches):
        assert each.rungs == rungs_of(halving, len(each.proposals), 10, index)
    assert len({each.rungs for each in searches}) > 2


def test_a_study_that_does_not_halve_has_no_rungs() -> None:
    assert not any(each.rungs for each in registered(a_spec(max_trials=40)))


def test_a_cohort_that_was_never_registered_takes_its_own_bracket_later() -> None:
    """A scheduler died amid several: its place in the cycle is its number's."""
    spec = replace(a_spec(max_trials=100), halving=Halving(2, 1))
    first, second, *_ = registered(spec)
    play = Play(spec)
    lanes = tuple(each.number for each in second.proposals)
    known = [a_trial(each, cohort_id=second.cohort_id) for each in second.proposals]
    play.tell(*known, cohorts=(a_cohort(lanes, index=2),))
    again = next(each for each in play.go_on() if isinstance(each, RegisterCohort))
    assert again.cohort_id != second.cohort_id
    number = int(again.cohort_id.rpartition("c")[2])
    assert again.rungs == rungs_of(Halving(2, 1), len(again.proposals), 10, number - 1)
    assert again.proposals == first.proposals


def test_what_another_scheduler_has_registered_keeps_its_own_rungs() -> None:
    play = Play(replace(a_spec(max_trials=8), halving=Halving(2, 1)))
    action = play.next()
    assert isinstance(action, RegisterCohort)
    play.record.begin_registration(action)
    numbers = tuple(each.number for each in action.proposals)
    theirs = Cohort(action.cohort_id, "s1", Purpose.SEARCH, numbers, seq=4, rungs=(Rung(5, 3),))
    play.record.end_registration(theirs)
    assert play.record.cohorts[action.cohort_id].rungs == (Rung(5, 3),)
