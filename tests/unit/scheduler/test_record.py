"""What is taken for granted before the ledger has confirmed it, and what then is another way."""

from __future__ import annotations

from dataclasses import replace

from layerlab.domain.study import Cohort, Purpose
from layerlab.domain.trial import CohortState
from services.scheduler.actions import PublishCohort, RegisterCohort
from tests.unit.scheduler.builders import a_spec
from tests.unit.scheduler.play import Play


def begin(play: Play) -> RegisterCohort:
    """Plans a registration and begins it, as the driver does."""
    action = play.next()
    assert isinstance(action, RegisterCohort)
    play.record.begin_registration(action)
    play.record.under_way.add(action.cohort_id)
    return action


def test_the_next_cohort_is_planned_while_the_one_before_is_being_registered() -> None:
    undisturbed = Play(a_spec(max_trials=1000))
    registered = [each for each in undisturbed.go_on() if isinstance(each, RegisterCohort)]
    play = Play(a_spec(max_trials=1000))

    assert [begin(play), begin(play)] == registered
    assert play.next() is None


def test_a_registration_without_an_answer_is_made_again_as_it_was() -> None:
    play = Play(a_spec(max_trials=1000))
    first, _ = begin(play), begin(play)
    play.record.under_way.clear()

    assert play.next() == first


def test_what_the_ledger_has_refused_is_free_again() -> None:
    play = Play(a_spec(max_trials=1000))
    first, second = begin(play), begin(play)
    play.record.under_way.clear()
    play.record.give_up_registration(first.cohort_id)

    assert sorted(play.record.known.trials) == [each.number for each in second.proposals]
    assert first.cohort_id not in play.record.cohorts
    play.record.under_way.add(second.cohort_id)
    again = begin(play)
    assert again.proposals == first.proposals
    assert again.cohort_id not in (first.cohort_id, second.cohort_id)


def test_another_schedulers_lanes_under_the_same_id_replace_ours() -> None:
    play = Play(a_spec(max_trials=1000))
    action = begin(play)
    play.record.end_registration(Cohort(action.cohort_id, "s1", Purpose.SEARCH, (1, 2)))

    assert sorted(play.record.known.trials) == [1, 2]
    assert not play.record.registering


def test_a_delta_that_is_faster_than_the_answer_counts_as_the_answer() -> None:
    play = Play(a_spec(max_trials=1000))
    action = begin(play)
    numbers = tuple(each.number for each in action.proposals)
    running = Cohort(action.cohort_id, "s1", Purpose.SEARCH, numbers, CohortState.RUNNING, seq=9)
    play.tell(cohorts=(running,))
    play.record.end_registration(replace(running, state=CohortState.PENDING, seq=3))

    assert play.record.cohorts[action.cohort_id] == running
    assert sorted(play.record.known.trials) == list(numbers)


def test_a_cohort_that_came_back_between_two_deltas_is_published_again() -> None:
    play = Play(a_spec(max_trials=8))
    (register, *_) = play.go_on()
    assert isinstance(register, RegisterCohort)
    known = play.record.cohorts[register.cohort_id]
    # Queued and taken back, of which the deltas show nothing but another event's number.
    play.record.cohorts[register.cohort_id] = replace(known, state=CohortState.PENDING, seq=3)
    play.tell(cohorts=(replace(known, state=CohortState.PENDING, seq=7),))

    assert play.next() == PublishCohort(register.cohort_id)


def test_what_another_scheduler_has_registered_is_left_to_it_for_a_while() -> None:
    play = Play(a_spec(max_trials=8))
    action = begin(play)
    play.record.under_way.clear()
    play.record.end_registration(play.record.cohorts[action.cohort_id])
    play.record.leave_to_others(action.cohort_id, play.now)
    assert play.next() is None

    play.now += 2.0
    assert play.next() == PublishCohort(action.cohort_id)


def test_a_cohort_that_was_not_heard_of_before_is_another_schedulers() -> None:
    play = Play(a_spec(max_trials=8))
    play.tell(cohorts=(Cohort("c1", "s1", Purpose.SEARCH, (1,), seq=3),))
    assert PublishCohort("c1") not in play.go_on()

    play.now += 2.0
    assert play.next() == PublishCohort("c1")


def test_what_waits_when_a_scheduler_comes_is_published_at_once() -> None:
    play = Play(a_spec(max_trials=8))
    play.record.is_complete = False
    play.tell(cohorts=(Cohort("c1", "s1", Purpose.SEARCH, (1,), seq=3),))

    assert play.next() == PublishCohort("c1")
