from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from layerlab.domain.study import Cohort, Purpose, Trial
from layerlab.domain.trial import (
    CohortState,
    FailureReason,
    StudyState,
    TrialState,
)
from services.scheduler.actions import (
    EndStudy,
    MarkCohort,
    PublishCohort,
    RegisterCohort,
    StartStudy,
)
from services.scheduler.planner import next_action
from services.scheduler.record import StudyRecord
from tests.unit.scheduler.builders import (
    LIMITS,
    a_delta,
    a_spec,
    a_study,
    failed,
    small_space,
    succeeded,
)
from tests.unit.scheduler.play import NOW, WAITING, Play, by_number, ids, nan_loss, the_end


def test_a_study_starts_and_each_cohort_is_registered_then_published_then_marked() -> None:
    play = Play(a_spec(max_trials=8), StudyState.PENDING)
    start, register, publish, mark = play.go_on()

    assert start == StartStudy()
    assert isinstance(register, RegisterCohort)
    assert (register.cohort_id, register.purpose) == ("s1-c0001", Purpose.SEARCH)
    assert [each.number for each in register.proposals] == list(range(1, 9))
    assert (publish, mark) == (PublishCohort("s1-c0001"), MarkCohort("s1-c0001"))


def test_nothing_is_planned_before_everything_is_known() -> None:
    study = a_study(state=StudyState.PENDING)
    record = StudyRecord(study, LIMITS)
    record.merge(a_delta(study, complete=False), NOW)
    assert next_action(record, NOW, WAITING) is None
    record.merge(a_delta(study), NOW)
    assert next_action(record, NOW, WAITING) == StartStudy()


def test_only_so_many_cohorts_wait_for_a_trainer() -> None:
    play = Play(a_spec(max_trials=1000))
    assert ids(play.go_on(), RegisterCohort) == ["s1-c0001", "s1-c0002"]
    play.claim("s1-c0001")
    assert ids(play.go_on(), RegisterCohort) == ["s1-c0003"]


def test_as_many_cohorts_wait_as_there_are_trainers_at_work() -> None:
    play = Play(a_spec(max_trials=1000))
    play.go_on()
    play.claim("s1-c0001")
    play.claim("s1-c0002")
    play.go_on()
    play.claim("s1-c0003")
    play.claim("s1-c0004")
    play.go_on()

    assert (len(play.record.running), len(play.record.waiting)) == (4, 4)


def test_as_many_cohorts_wait_as_fast_trainers_end_within_a_second() -> None:
    play = Play(a_spec(max_trials=1000))
    for _ in range(5):
        play.go_on()
        play.end(play.record.waiting[0].cohort_id, by_number)
    play.go_on()
    assert len(play.record.waiting) == 5
    # They have become slow; what waits is enough.
    play.now += 2
    play.end(play.record.waiting[0].cohort_id, by_number)
    assert ids(play.go_on(), RegisterCohort) == []
    assert len(play.record.waiting) == 4


def test_a_cohort_that_comes_back_needs_no_new_one() -> None:
    play = Play(a_spec(max_trials=1000))
    play.go_on()
    play.claim("s1-c0001")
    play.go_on()
    play.give_back("s1-c0001")

    assert play.go_on() == []


def test_what_was_registered_by_a_scheduler_that_died_is_published() -> None:
    play = Play(a_spec(max_trials=8))
    (register, *_) = play.go_on()
    assert isinstance(register, RegisterCohort)
    heir = Play(a_spec(max_trials=8))
    heir.record.is_complete = False
    heir.tell(
        *play.record.known.trials.values(),
        cohorts=(replace(play.record.cohorts["s1-c0001"], state=CohortState.PENDING),),
    )

    assert heir.go_on() == [PublishCohort("s1-c0001"), MarkCohort("s1-c0001")]


def test_what_another_scheduler_has_registered_under_an_id_is_taken_as_it_is() -> None:
    play = Play(a_spec(max_trials=1000))
    action = play.next()
    assert isinstance(action, RegisterCohort)
    play.record.add_cohort(Cohort("s1-c0001", "s1", Purpose.SEARCH, (1, 2)), action.proposals)

    assert sorted(play.record.known.trials) == [1, 2]
    registered = [each for each in play.go_on() if isinstance(each, RegisterCohort)]
    assert [each.number for each in registered[0].proposals] == [3, 4, 5, 6, 7, 8]


def test_the_best_trial_is_tested_once_everything_has_ended() -> None:
    play = Play(a_spec(max_trials=20))
    actions = play.run_all(by_number)

    test = next(each for each in actions if isinstance(each, RegisterCohort) if each.finalists)
    assert test == RegisterCohort("s1-test", Purpose.TEST, finalists=(20,))
    assert actions[-2:] == [PublishCohort("s1-test"), MarkCohort("s1-test")]
    play.claim("s1-test")
    assert play.go_on() == []
    play.tell(replace(play.record.known.trials[20], score_test=0.9))
    play.end("s1-test", by_number)
    end = the_end(play.go_on())
    assert end == EndStudy(StudyState.SUCCEEDED, "As planned, 20 trials ended.")


def test_among_equals_the_smaller_network_is_tested() -> None:
    play = Play(a_spec(max_trials=8))
    actions = play.run_all(
        lambda trial: replace(succeeded(trial, 0.9), n_params=100 if trial.number == 5 else 200)
    )

    assert RegisterCohort("s1-test", Purpose.TEST, finalists=(5,)) in actions


def test_a_study_succeeds_without_a_test_when_there_is_no_model() -> None:
    play = Play(a_spec(max_trials=8))
    actions = play.run_all(lambda trial: succeeded(trial, trial.number / 10, has_model=False))

    end = the_end(actions)
    assert end.state is StudyState.SUCCEEDED
    assert (
        end.detail == "As planned, 8 trials ended. Trial 8, the best, has no stored model to test."
    )


def test_a_study_succeeds_although_its_test_has_failed() -> None:
    play = Play(a_spec(max_trials=8))
    play.run_all(by_number)
    play.end("s1-test", by_number)

    end = the_end(play.go_on())
    assert end.state is StudyState.SUCCEEDED
    assert "Trial 8, the best, could not be tested." in end.detail


def test_a_study_succeeds_although_the_ledger_refuses_its_test() -> None:
    play = Play(a_spec(max_trials=8))
    play.go_on()
    play.record.untestable = True

    assert the_end(play.run_all(by_number)).state is StudyState.SUCCEEDED


def test_a_study_of_failures_fails_and_says_why() -> None:
    play = Play(a_spec(max_trials=20))

    def end(trial: Trial) -> Trial:
        if trial.number % 5:
            return nan_loss(trial)
        return failed(trial, FailureReason.OUT_OF_MEMORY, "Killed.")

    assert the_end(play.run_all(end)) == EndStudy(
        StudyState.FAILED,
        "None of 20 trials succeeded: 16 × NAN_LOSS, 4 × OUT_OF_MEMORY. "
        "The first said: The loss is not a number in epoch 3.",
    )


def test_a_space_of_few_designs_ends_the_study_and_says_so() -> None:
    play = Play(a_spec(max_trials=500, space=small_space(dropout=[0, 0.1, 0.2])))
    play.run_all(by_number)
    play.end("s1-test", by_number)

    assert the_end(play.go_on()).detail.startswith("Every design of the space was tried, in 3 tri")


def test_a_suspended_study_gets_nothing_new_and_nothing_of_it_is_published() -> None:
    play = Play(a_spec(max_trials=1000))
    register = play.next()
    assert register is not None
    play.perform(register)
    play.move(StudyState.SUSPENDED)
    assert play.go_on() == []
    play.move(StudyState.RUNNING)
    assert play.go_on()[:2] == [PublishCohort("s1-c0001"), MarkCohort("s1-c0001")]


def test_what_was_put_off_is_published_again_when_its_study_is_resumed() -> None:
    play = Play(a_spec(max_trials=1000))
    play.go_on()
    play.claim("s1-c0001")
    play.move(StudyState.SUSPENDED)
    play.put_off("s1-c0002")
    play.end("s1-c0001", by_number)
    assert play.go_on() == []
    play.move(StudyState.RUNNING)
    actions = play.go_on()
    assert actions[:2] == [PublishCohort("s1-c0002"), MarkCohort("s1-c0002")]
    assert ids(actions, RegisterCohort) == ["s1-c0003"]


def test_what_was_put_off_before_it_was_queued_is_published_again() -> None:
    play = Play(a_spec(max_trials=8))
    register, publish, mark = play.next(), PublishCohort("s1-c0001"), MarkCohort("s1-c0001")
    assert register is not None
    play.perform(register)
    assert play.next() == publish
    play.perform(publish)
    # A trainer takes the message and, PENDING as the cohort is, has nothing to put back.
    play.move(StudyState.SUSPENDED)
    assert play.next() is None

    play.move(StudyState.RUNNING)
    assert play.go_on()[:2] == [publish, mark]


@pytest.mark.parametrize("is_seen", [True, False])
def test_what_was_marked_in_a_suspended_study_is_published_again(is_seen: bool) -> None:
    play = Play(a_spec(max_trials=8))
    register, publish, mark = play.next(), PublishCohort("s1-c0001"), MarkCohort("s1-c0001")
    assert register is not None
    play.perform(register)
    play.perform(publish)
    assert play.next() == mark
    if is_seen:
        play.move(StudyState.SUSPENDED)
    # The ledger says yes, and leaves the cohort as it is.
    play.record.note_marked("s1-c0001", play.now)
    if is_seen:
        play.move(StudyState.RUNNING)
    else:
        assert play.next() is None
        play.now += 5.0

    assert play.go_on() == [publish, mark]


def test_a_study_that_is_suspended_with_its_last_trials_ends_all_the_same() -> None:
    play = Play(a_spec(max_trials=8))
    play.go_on()
    play.move(StudyState.SUSPENDED)

    assert ids(play.run_all(by_number), RegisterCohort) == ["s1-test"]


def test_a_stopped_study_waits_for_what_runs_and_forgets_what_waits() -> None:
    play = Play(a_spec(max_trials=1000))
    play.go_on()
    play.claim("s1-c0001")
    play.move(StudyState.STOPPING)
    assert play.go_on() == []
    play.end("s1-c0001", by_number)
    assert ids(play.go_on(), RegisterCohort) == ["s1-test"]
    play.tell(replace(play.record.known.trials[8], score_test=0.5))
    play.end("s1-test", by_number)
    end = the_end(play.go_on())
    assert end == EndStudy(StudyState.SUCCEEDED, "Stopped by its user after 8 trials.")


def test_what_a_stopped_studys_trainer_gives_back_is_not_waited_for() -> None:
    play = Play(a_spec(max_trials=1000))
    play.go_on()
    play.claim("s1-c0001")
    play.end("s1-c0001", by_number)
    play.claim("s1-c0002")
    play.move(StudyState.STOPPING)
    play.give_back("s1-c0002")

    assert ids(play.go_on(), RegisterCohort) == ["s1-test"]


@pytest.mark.parametrize("end", [None, nan_loss], ids=["nothing ran", "all failed"])
def test_a_study_stopped_before_its_first_success_is_cancelled(
    end: Callable[[Trial], Trial] | None,
) -> None:
    play = Play(a_spec(max_trials=1000))
    play.go_on()
    if end is not None:
        play.end("s1-c0001", end)
    play.move(StudyState.STOPPING)

    assert the_end(play.go_on()).state is StudyState.CANCELLED


@pytest.mark.parametrize("state", [state for state in StudyState if state.is_terminal])
def test_nothing_is_done_about_a_study_that_has_ended(state: StudyState) -> None:
    play = Play(a_spec(max_trials=1000))
    play.go_on()
    play.move(state)

    assert play.next() is None


def test_trials_of_a_cancelled_state_are_no_success() -> None:
    play = Play(a_spec(max_trials=8))
    cancel = the_end(play.run_all(lambda trial: replace(trial, state=TrialState.CANCELLED)))

    assert cancel == EndStudy(StudyState.FAILED, "None of 8 trials succeeded: 8 × CANCELLED.")
