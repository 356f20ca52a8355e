"""The time budget, by the second."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerlab.domain.study import Trial
from layerlab.domain.trial import (
    StopReason,
    StudyState,
)
from services.scheduler.actions import (
    EndStudy,
    RegisterCohort,
)
from tests.unit.scheduler.builders import (
    a_spec,
)
from tests.unit.scheduler.play import NOW, Play, by_number, ids, nan_loss, the_end


def timed(seconds: float = 60.0, **kwargs: int | None) -> Play:
    spec = a_spec(max_trials=kwargs.get("max_trials"), time_seconds=seconds)
    return Play(spec, seconds_left=seconds)


def time_budget(trial: Trial) -> Trial:
    return replace(by_number(trial), stop_reason=StopReason.TIME_BUDGET)


def test_a_time_budget_needs_no_number_of_trials() -> None:
    play = timed()
    for _ in range(20):
        play.go_on()
        play.end(play.record.waiting[0].cohort_id, by_number)

    assert play.record.n_ended > 200


def test_when_time_is_short_nothing_new_begins() -> None:
    play = timed()
    play.go_on()
    play.claim("s1-c0001")
    play.claim("s1-c0002")
    play.now += 59.8

    assert play.go_on() == []


def test_trials_cut_at_the_deadline_leave_room_for_the_test() -> None:
    play = timed()
    play.go_on()
    play.claim("s1-c0001")
    play.now += 60.2
    assert play.go_on() == []
    play.end("s1-c0001", time_budget)
    assert ids(play.go_on(), RegisterCohort) == ["s1-test"]
    play.now += 0.5
    play.tell(replace(play.record.known.trials[8], score_test=0.5))
    play.end("s1-test", by_number)
    assert the_end(play.go_on()) == EndStudy(
        StudyState.SUCCEEDED, "The time budget of 60 s was used up after 8 trials."
    )


def test_a_long_time_budget_leaves_long_enough_to_test_on_a_large_table() -> None:
    play = timed(900.0)
    play.go_on()
    play.claim("s1-c0001")
    play.now += 900.0 - 8.5
    play.end("s1-c0001", time_budget)
    assert ids(play.go_on(), RegisterCohort) == ["s1-test"]


def test_a_test_that_hangs_does_not_keep_a_study_beyond_its_time() -> None:
    play = timed()
    play.go_on()
    play.end("s1-c0001", by_number)
    play.now += 59.9
    assert ids(play.go_on(), RegisterCohort) == ["s1-test"]
    play.now += 1.2
    assert play.go_on() == []
    play.now += 0.1
    end = the_end(play.go_on())
    assert end.state is StudyState.SUCCEEDED
    assert "could not be tested" in end.detail


def test_a_trainer_that_hangs_does_not_keep_a_study_beyond_its_time() -> None:
    play = timed()
    play.go_on()
    play.end("s1-c0001", by_number)
    play.claim("s1-c0002")
    play.now += 61.1
    assert play.go_on() == []
    play.now += 0.2
    assert the_end(play.go_on()).state is StudyState.SUCCEEDED


def test_a_test_that_could_not_end_in_time_is_not_begun() -> None:
    play = timed()
    play.go_on()
    play.claim("s1-c0001")
    play.now += 60.9
    play.end("s1-c0001", time_budget)

    assert the_end(play.go_on()).state is StudyState.SUCCEEDED


@pytest.mark.parametrize("state", [StudyState.RUNNING, StudyState.SUSPENDED])
def test_a_study_that_no_trainer_took_fails_at_its_deadline_and_says_so(state: StudyState) -> None:
    play = timed()
    play.go_on()
    play.move(state)
    play.now += 59.9
    assert play.go_on() == []
    play.now += 0.1
    assert the_end(play.go_on()) == EndStudy(
        StudyState.FAILED,
        "The time budget of 60 s was used up before any trial had succeeded: "
        "no trainer had taken one.",
    )


def test_a_study_whose_trials_took_too_long_fails_with_what_had_failed() -> None:
    play = timed()
    play.go_on()
    play.end("s1-c0001", nan_loss)
    play.claim("s1-c0002")
    play.now += 61.2

    end = the_end(play.go_on())
    assert end.state is StudyState.FAILED
    assert "before any trial had succeeded: 8 × NAN_LOSS. The first said" in end.detail


def test_a_study_that_could_not_even_start_in_time_fails() -> None:
    play = Play(a_spec(time_seconds=5), StudyState.PENDING, seconds_left=0.0)

    end = the_end(play.go_on())
    assert end.state is StudyState.FAILED
    assert "before the study could start" in end.detail


def test_a_plan_that_ends_early_does_not_wait_for_its_deadline() -> None:
    play = timed(max_trials=8)
    play.run_all(by_number)
    play.end("s1-test", by_number)

    assert the_end(play.go_on()).detail.startswith("As planned, 8 trials ended.")


def test_a_deadline_is_never_put_off() -> None:
    """A message on its way for long must not make the time budget longer."""
    play = timed()
    play.now += 10
    play.tell(seconds_left=55.0)
    assert play.record.deadline == NOW + 60
    play.tell(seconds_left=49.0)
    assert play.record.deadline == NOW + 59
