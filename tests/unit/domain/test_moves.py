"""The tables of who may move which state to which."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest

from layerlab.domain.problem import Conflict
from layerlab.domain.trial import (
    COHORT_MOVES,
    STUDY_MOVES,
    TRIAL_MOVES,
    Actor,
    CohortState,
    StudyState,
    TrialState,
    check_cohort_move,
    check_study_move,
    check_trial_move,
)

# Of pairs of states: the key of a Mapping is invariant, so Any stands for the three kinds.
Table = Mapping[Any, frozenset[Actor]]
TABLES: list[tuple[Table, type[StrEnum], set[StrEnum]]] = [
    (TRIAL_MOVES, TrialState, {state for state in TrialState if state.is_terminal}),
    (STUDY_MOVES, StudyState, {state for state in StudyState if state.is_terminal}),
    (COHORT_MOVES, CohortState, {CohortState.ENDED}),
]
each_table = pytest.mark.parametrize(
    ("table", "states", "ends"), TABLES, ids=["trials", "studies", "cohorts"]
)


@each_table
def test_nothing_leaves_an_end(table: Table, states: type[StrEnum], ends: set[StrEnum]) -> None:
    assert not [move for move in table if move[0] in ends]


@each_table
def test_every_state_is_reached_and_left(
    table: Table, states: type[StrEnum], ends: set[StrEnum]
) -> None:
    pending = states("PENDING")
    reached = {pending}
    while more := {to for source, to in table if source in reached} - reached:
        reached |= more

    assert reached == set(states)
    assert {source for source, _ in table} == set(states) - ends


@each_table
def test_every_state_leads_to_an_end_without_a_user(
    table: Table, states: type[StrEnum], ends: set[StrEnum]
) -> None:
    """What is abandoned by its user must end all the same."""
    leading = set(ends)
    moves = {move for move, actors in table.items() if actors != {Actor.USER}}
    while more := {source for source, to in moves if to in leading} - leading:
        leading |= more

    assert leading == set(states)


@pytest.mark.parametrize("state", [each for each in StudyState if not each.is_terminal])
def test_a_user_can_cancel_whatever_has_not_ended(state: StudyState) -> None:
    check_study_move(state, StudyState.CANCELLED, Actor.USER)


@pytest.mark.parametrize("state", [each for each in TrialState if not each.is_terminal])
def test_a_trial_is_cancelled_with_its_study(state: TrialState) -> None:
    check_trial_move(state, TrialState.CANCELLED, Actor.USER)
    check_trial_move(state, TrialState.CANCELLED, Actor.SCHEDULER)


def test_only_a_trainer_says_that_a_trial_has_succeeded() -> None:
    check_trial_move(TrialState.RUNNING, TrialState.SUCCEEDED, Actor.TRAINER)
    for actor in (Actor.SCHEDULER, Actor.USER):
        with pytest.raises(Conflict):
            check_trial_move(TrialState.RUNNING, TrialState.SUCCEEDED, actor)


def test_a_refused_move_names_the_state_that_forbids_it() -> None:
    with pytest.raises(Conflict) as trial:
        check_trial_move(TrialState.FAILED, TrialState.RUNNING, Actor.TRAINER)
    with pytest.raises(Conflict) as study:
        check_study_move(StudyState.SUSPENDED, StudyState.RUNNING, Actor.SCHEDULER)
    with pytest.raises(Conflict) as cohort:
        check_cohort_move(CohortState.ENDED, CohortState.QUEUED, Actor.SCHEDULER)

    refused = [each.value.extra["state"] for each in (trial, study, cohort)]
    assert refused == ["FAILED", "SUSPENDED", "ENDED"]
    assert {each.value.code for each in (trial, study, cohort)} == {"illegal_move"}
