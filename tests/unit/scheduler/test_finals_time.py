"""The finals of a study with a time budget, by the second."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from layerlab.domain.phases import kept_seconds
from layerlab.domain.study import Purpose, Trial
from layerlab.domain.trial import StopReason, StudyState
from services.scheduler.actions import Judge, RegisterCohort
from services.scheduler.timing import GRACE_SECONDS, end_of_time_for
from tests.unit.scheduler.builders import START, a_spec
from tests.unit.scheduler.finals import FinalsPlay, luck
from tests.unit.scheduler.play import NOW, the_end

SEARCH_SECONDS = 40.0


def timed(seconds: float = 60.0, trials: int | None = None) -> FinalsPlay:
    """Its search has taken 40 s."""

    def end(trial: Trial) -> Trial:
        late = START + timedelta(seconds=SEARCH_SECONDS)
        return replace(luck(trial), started_at=START, ended_at=late)

    spec = a_spec(max_trials=trials, time_seconds=seconds)
    return FinalsPlay(spec, seconds_left=seconds, end=end)


def after_search(play: FinalsPlay, trials: int = 40) -> None:
    """As many trials as that have ended when the time for the search is over."""
    play.run(until=lambda: play.record.n_ended >= trials)
    while play.record.running:
        play.end(play.record.running[0].cohort_id, luck)
    play.now = NOW + 60.0 - kept_seconds(play.study.spec, Purpose.SEARCH)


def registered(play: FinalsPlay) -> set[Purpose]:
    return {each.purpose for each in play.record.cohorts.values()}


def test_finals_begin_when_the_time_for_the_search_is_over() -> None:
    play = timed()
    after_search(play, 200)
    play.run()

    assert registered(play) == set(Purpose)
    assert play.verdicts[-1].is_final


def test_what_runs_of_the_search_is_waited_for_but_not_for_long() -> None:
    play = timed()
    play.run(until=lambda: play.record.n_ended >= 40)
    cohort_id = play.record.waiting[0].cohort_id
    play.claim(cohort_id)
    play.now = NOW + 60.0 - kept_seconds(play.study.spec, Purpose.SEARCH)
    assert play.go_on() == []
    play.now += 1.1

    assert isinstance(play.next(), RegisterCohort)


def test_a_result_of_the_search_that_comes_late_changes_no_finalist() -> None:
    play = timed()
    play.run(until=lambda: play.record.n_ended >= 40)
    late = play.record.waiting[0].cohort_id
    play.claim(late)
    play.now = NOW + 60.0 - kept_seconds(play.study.spec, Purpose.SEARCH) + 1.1
    play.go_on()
    before = play.record.searched.ranked
    play.end(late, lambda trial: replace(luck(trial), score_val=1.0))
    play.run()

    assert play.record.searched.ranked == before
    assert {each.design for each in play.trained(Purpose.CONFIRM)} <= {e.design for e in before}


def test_a_plan_that_ends_early_has_its_finals_at_once() -> None:
    play = timed(trials=40)
    play.run()

    assert play.now == NOW
    assert registered(play) == set(Purpose)


def test_there_are_as_many_finalists_as_the_time_allows_for() -> None:
    """The more trials the search has had in its 40 s, the less each takes."""
    few, many = timed(), timed()
    for play, trials in ((few, 20), (many, 200)):
        after_search(play, trials)
        play.run()

    assert 2 <= len({each.design for each in few.trained(Purpose.CONFIRM)}) < 5
    assert len({each.design for each in many.trained(Purpose.CONFIRM)}) == 5


def test_without_time_for_three_trainings_nothing_is_trained_again_and_the_verdict_says_so() -> (
    None
):
    play = timed()
    play.run(until=lambda: play.record.n_ended >= 1)
    while play.record.book.search.running:
        play.end(play.record.running[0].cohort_id, luck)
    until = end_of_time_for(Purpose.CONFIRM, play.record.deadline, play.study.spec)
    assert until is not None
    play.now = until - 1.05
    play.run()

    assert not play.trained(Purpose.CONFIRM)
    assert any("No design was trained again" in each for each in play.verdicts[-1].limits)


def test_a_round_that_is_not_over_in_its_time_is_judged_as_far_as_it_came() -> None:
    play = timed()
    after_search(play)
    play.run(until=lambda: len(play.trained(Purpose.CONFIRM)) >= 9)
    cut = [each for each in play.under_way() if each.purpose is Purpose.CONFIRM]
    until = end_of_time_for(Purpose.CONFIRM, play.record.deadline, play.study.spec)
    assert until is not None
    play.now = until + 0.2
    judge = next(each for each in play.go_on() if isinstance(each, Judge))

    assert judge == Judge(1, is_final=False)
    assert cut
    assert 0 < play.verdicts[0].contenders[0].repeats < 5


def test_lanes_cut_at_the_end_of_their_time_do_not_count() -> None:
    play = timed()
    after_search(play)
    play.go_on()
    cut = next(each for each in play.under_way() if each.purpose is Purpose.CONFIRM)
    play.end(cut.cohort_id, lambda trial: replace(luck(trial), stop_reason=StopReason.TIME_BUDGET))
    until = end_of_time_for(Purpose.CONFIRM, play.record.deadline, play.study.spec)
    assert until is not None
    play.now = until + 0.2
    play.run()

    assert {each.repeats for each in play.verdicts[-1].contenders if each.design} == {0}


def test_a_test_is_not_kept_waiting_by_what_explains_the_winner() -> None:
    play = timed()
    after_search(play)
    play.run(until=lambda: bool(play.trained(Purpose.ABLATION)))
    until = end_of_time_for(Purpose.ABLATION, play.record.deadline, play.study.spec)
    assert until is not None
    play.now = until + 0.2

    registration = play.next()
    assert isinstance(registration, RegisterCohort)
    assert registration.purpose is Purpose.TEST


def test_whatever_hangs_the_study_ends_in_time() -> None:
    for moment in range(0, 62):
        play = timed()
        play.run(until=lambda: play.record.n_ended >= 40)  # noqa: B023  # Called at once.
        play.now = NOW + moment
        play.go_on()
        play.now = NOW + 60.0 + GRACE_SECONDS
        assert the_end(play.go_on()).state is StudyState.SUCCEEDED


def test_a_thinking_process_that_hangs_keeps_no_test_waiting() -> None:
    play = timed()
    after_search(play)
    play.run(until=lambda: bool(play.trained(Purpose.CONFIRM)))
    play.record.under_way.add("verdict")
    play.now = NOW + 60.0

    registration = play.next()
    assert isinstance(registration, RegisterCohort)
    assert registration.purpose is Purpose.TEST


def test_a_suspended_study_is_tested_and_judged_at_its_deadline() -> None:
    play = timed()
    after_search(play)
    play.move(StudyState.SUSPENDED)
    assert play.go_on() == []
    play.now = NOW + 60.0
    play.run()

    assert play.verdicts[-1].is_final
    assert not play.record.finals
