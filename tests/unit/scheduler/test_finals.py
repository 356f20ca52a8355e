"""From the search to the verdict, without a clock."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from layerlab.domain.baseline import Baseline
from layerlab.domain.design import Design, trial_seed
from layerlab.domain.spec import Replay, StudyKind
from layerlab.domain.study import Cohort, Purpose, Trial
from layerlab.domain.trial import CohortState, StopReason, StudyState
from layerlab.domain.verdict import Outcome
from services.scheduler.actions import Judge, RegisterCohort
from services.scheduler.finals.rounds import MAX_ROUNDS
from tests.unit.scheduler.builders import a_spec, small_space
from tests.unit.scheduler.finals import FinalsPlay, judged, luck
from tests.unit.scheduler.play import Play, by_number, nan_loss, the_end


def test_a_study_is_searched_confirmed_explained_tested_and_judged_in_this_order() -> None:
    actions = FinalsPlay().run()

    purposes = [each.purpose for each in actions if isinstance(each, RegisterCohort)]
    firsts = sorted(set(purposes), key=purposes.index)
    assert firsts[:3] == [Purpose.SEARCH, Purpose.BASELINE, Purpose.CONFIRM]
    assert set(firsts[3:-1]) == {Purpose.ABLATION, Purpose.ROWS}
    assert firsts[-1] is Purpose.TEST
    judgements = [each for each in actions if isinstance(each, Judge)]
    assert [each.is_final for each in judgements] == [False] * (len(judgements) - 1) + [True]
    assert the_end(actions).state is StudyState.SUCCEEDED


def test_the_end_says_what_the_verdict_says() -> None:
    play = FinalsPlay()
    end = the_end(play.run())

    assert end.detail == f"As planned, 40 trials ended. {play.verdicts[-1].headline}"


def test_the_best_five_designs_are_trained_on_each_fold_of_the_first_round() -> None:
    play = FinalsPlay()
    play.run()

    found = [each for each in play.trained(Purpose.CONFIRM) if each.repeat <= 5]
    assert Counter(each.repeat for each in found) == dict.fromkeys(range(1, 6), 5)
    searched = sorted(play.record.known.trials.values(), key=lambda each: -(each.score_val or 0))
    assert {each.design for each in found} == {each.design for each in searched[:5]}
    dataset = play.study.spec.dataset_id
    assert all(each.seed == trial_seed(dataset, each.design, each.repeat) for each in found)


def test_only_those_that_cannot_be_told_apart_are_trained_on() -> None:
    play = FinalsPlay()
    play.run()

    for before, repeats in zip(play.verdicts, (range(6, 11), range(11, 16)), strict=False):
        again = [each for each in play.trained(Purpose.CONFIRM) if each.repeat in repeats]
        contenders = [before.contender(name) for name in before.survivors]
        assert {each.design for each in again} <= {each.design for each in contenders if each}


def test_designs_that_cannot_be_told_apart_are_trained_in_all_rounds_that_are_worth_it() -> None:
    def alike(trial: Trial) -> Trial:
        rng = random.Random(trial.number)
        return replace(luck(trial), score_val=0.8 + rng.gauss(0, 0.03), epochs=500)

    play = FinalsPlay(a_spec(max_trials=200), end=alike)
    play.run()

    assert max(each.repeat for each in play.trained(Purpose.CONFIRM)) == 5 * MAX_ROUNDS
    assert play.verdicts[-1].round == MAX_ROUNDS


def test_baselines_are_fitted_on_the_studys_own_split_and_on_every_fold_of_the_first_round() -> (
    None
):
    play = FinalsPlay()
    play.run()

    kinds = Counter((each.repeat, each.baseline) for each in play.trained(Purpose.BASELINE))
    assert kinds == {(repeat, kind): 1 for repeat in range(6) for kind in Baseline}


def test_slow_trees_are_fitted_once() -> None:
    play = FinalsPlay()
    play.study = replace(play.study, table=replace(play.study.table, train_rows=1_000_000))  # type: ignore[type-var]  # It has one.
    play.tell()
    play.run()

    trees = [each for each in play.trained(Purpose.BASELINE) if each.baseline is Baseline.TREES]
    assert [each.repeat for each in trees] == [0]
    assert any("own split only" in each for each in play.verdicts[-1].limits)


def test_what_is_changed_about_the_winner_has_the_winners_seeds_and_folds() -> None:
    play = FinalsPlay()
    play.run()

    winner = play.verdicts[-1].contender(play.verdicts[-1].winner)
    assert winner is not None
    assert winner.design is not None
    seeds = {
        each.repeat: each.seed
        for each in play.trained(Purpose.CONFIRM)
        if each.design == winner.design
    }
    changed = play.trained(Purpose.ABLATION)
    assert changed
    assert {each.repeat: each.seed for each in changed} == {
        repeat: seeds[repeat] for repeat in range(1, 6)
    }
    assert winner.design not in {each.design for each in changed}
    assert play.verdicts[-1].ablation


def test_the_winner_and_a_bigger_one_learn_from_fewer_rows() -> None:
    play = FinalsPlay()
    play.run()

    shares = Counter((each.design, each.share) for each in play.trained(Purpose.ROWS))
    assert len({design for design, _ in shares}) == 2
    assert {share for _, share in shares} == {0.25, 0.5}
    assert set(shares.values()) == {5}


def test_winner_and_smallest_good_design_are_tested_and_nothing_else() -> None:
    play = FinalsPlay()
    play.run()

    verdict = play.verdicts[-1]
    tested = {each.number for each in play.record.trials if each.score_test is not None}
    chosen = {verdict.contender(verdict.winner), verdict.contender(verdict.smallest)}
    assert tested == {each.trial for each in chosen if each}


@pytest.mark.parametrize("seed", range(5))
def test_the_order_in_which_cohorts_end_does_not_change_the_verdict(seed: int) -> None:
    """As it differs with the number of trainers."""
    expected, rng = FinalsPlay(), random.Random(seed)
    expected.run()
    play = FinalsPlay(pick=rng.choice)
    play.run()

    assert play.verdicts[-1] == expected.verdicts[-1]


@pytest.mark.parametrize("many", [1, 2, 3, 7])
def test_a_small_study_has_few_finalists_and_its_verdict_all_the_same(many: int) -> None:
    play = FinalsPlay(a_spec(max_trials=many))
    play.run()

    designs = {each.design for each in play.trained(Purpose.CONFIRM)}
    assert len(designs) == min(many, 2)
    assert play.verdicts[-1].is_final


def test_a_heavy_study_of_two_designs_still_gets_an_interval() -> None:
    """Though it takes longer than the search."""

    def heavy(trial: Trial) -> Trial:
        return replace(luck(trial), epochs=200_000)

    play = FinalsPlay(a_spec(max_trials=2), end=heavy)
    play.run()

    assert Counter(each.repeat for each in play.trained(Purpose.CONFIRM)) == {1: 2, 2: 2, 3: 2}
    assert any("3 of 5 resamplings" in each for each in play.verdicts[-1].limits)


def test_designs_prepared_differently_are_confirmed_in_cohorts_of_their_own() -> None:
    space = small_space(hidden=[[8], [16], [32]], recipe=["paper", "quantile"])
    play = FinalsPlay(a_spec(max_trials=6, space=space))
    play.run()

    for cohort in play.record.cohorts.values():
        designs = {play.trial(number).design.recipe for number in cohort.numbers}
        assert cohort.purpose in (Purpose.SEARCH, Purpose.TEST) or len(designs) == 1
    confirmed = Counter(each.repeat for each in play.trained(Purpose.CONFIRM))
    assert set(confirmed.values()) == {2}


def test_lanes_that_were_cut_are_not_compared() -> None:
    def cut_once(trial: Trial) -> Trial:
        cut = trial.purpose is Purpose.CONFIRM and trial.repeat == 2
        return replace(luck(trial), stop_reason=StopReason.TIME_BUDGET if cut else None)

    play = FinalsPlay(end=cut_once)
    play.run(until=lambda: bool(play.verdicts))

    assert {each.repeats for each in play.verdicts[0].contenders if each.design} == {4}


def test_finals_that_all_fail_leave_the_searchs_word() -> None:
    def fails(trial: Trial) -> Trial:
        return luck(trial) if trial.purpose is Purpose.SEARCH else nan_loss(trial)

    play = FinalsPlay(end=fails)
    end = the_end(play.run())

    assert end.state is StudyState.SUCCEEDED
    assert play.verdicts[-1].round == 0
    assert len(play.verdicts) == 2


def test_a_search_without_a_success_has_no_finals() -> None:
    play = FinalsPlay(end=nan_loss)

    assert the_end(play.run()).state is StudyState.FAILED
    assert not play.record.finals


def test_a_stopped_study_trains_nothing_again_and_is_judged_and_tested() -> None:
    play = FinalsPlay(a_spec(max_trials=1000))
    play.run(until=lambda: play.record.n_ended > 20)
    play.move(StudyState.STOPPING)
    end = the_end(play.run())

    assert not play.record.finals
    assert end.detail.startswith("Stopped by its user after")
    assert [each.is_final for each in play.verdicts] == [False, True]
    assert any("the study was stopped" in each for each in play.verdicts[-1].limits)


def test_a_study_stopped_amid_its_finals_is_judged_by_what_there_is() -> None:
    play = FinalsPlay()
    play.run(until=lambda: len(play.trained(Purpose.CONFIRM)) >= 20)
    play.move(StudyState.STOPPING)
    play.run()

    assert play.verdicts[-1].is_final
    assert play.verdicts[-1].round == 1


def test_a_suspended_study_goes_on_with_its_finals_when_it_is_resumed() -> None:
    play = FinalsPlay()
    play.run(until=lambda: len(play.trained(Purpose.CONFIRM)) >= 10)
    play.move(StudyState.SUSPENDED)
    assert play.go_on() == []
    play.move(StudyState.RUNNING)

    assert the_end(play.run()).state is StudyState.SUCCEEDED


def test_what_cannot_be_judged_is_tested_and_says_so() -> None:
    play = FinalsPlay()
    play.record.judge_failures = 2
    end = the_end(play.run())

    best = play.record.best
    assert best is not None
    assert best.score_test is not None
    assert "There is no verdict" in end.detail


def test_another_scheduler_goes_on_in_the_middle() -> None:
    expected = FinalsPlay()
    expected.run()
    for at in range(5, 60, 18):
        play = FinalsPlay()
        play.run(until=lambda: len(play.record.finals) >= at)  # noqa: B023  # Called at once.
        heir = FinalsPlay()
        heir.study = play.record.study
        heir.record.is_complete = False
        heir.tell(*play.record.trials, cohorts=tuple(play.record.cohorts.values()))
        heir.run()

        assert heir.verdicts[-1] == expected.verdicts[-1]


@pytest.mark.parametrize("kind", [StudyKind.PROBE, StudyKind.REPLAY])
def test_what_is_nobodys_study_touches_no_test_row_and_has_no_verdict(kind: StudyKind) -> None:
    spec = replace(judged(a_spec(max_trials=8)), kind=kind)
    if kind is StudyKind.REPLAY:
        spec = replace(spec, designs=(Design(hidden=(8,)),), replay=Replay(1, 2, 0.5, 10))
    play = Play(spec)
    end = the_end(play.run_all(by_number))

    assert end.state is StudyState.SUCCEEDED
    assert not play.verdicts
    assert list(play.record.cohorts) == ["s1-c0001"]


def test_without_a_verdict_the_best_trial_is_tested_and_nothing_is_trained_again() -> None:
    play = Play(a_spec(max_trials=8))
    play.run_all(by_number)
    play.test()

    assert the_end(play.go_on()).detail == "As planned, 8 trials ended."
    assert not play.record.finals


def test_noise_ends_in_no_design_beats_the_majority_class() -> None:
    def noise(trial: Trial) -> Trial:
        rng = random.Random(f"{trial.number}")
        return replace(luck(trial), score_val=0.5 + rng.gauss(0, 0.03))

    play = FinalsPlay(end=noise)
    end = the_end(play.run())

    assert play.verdicts[-1].outcome is Outcome.NO_BETTER_THAN_BASELINE
    assert "no design beats the majority class" in end.detail


def test_every_cohort_of_the_finals_has_ended_when_the_study_does() -> None:
    play = FinalsPlay()
    play.run()

    assert {each.state for each in play.record.cohorts.values()} == {CohortState.ENDED}


def test_slow_baselines_hold_up_no_round_and_all_are_fitted_before_the_last_verdict() -> None:
    def networks_first(waiting: Sequence[Cohort]) -> Cohort:
        return min(waiting, key=lambda each: each.purpose is Purpose.BASELINE)

    play, expected = FinalsPlay(pick=networks_first), FinalsPlay()
    play.run()
    expected.run()

    assert play.verdicts[-1] == expected.verdicts[-1]
    kinds = Counter((each.repeat, each.baseline) for each in play.trained(Purpose.BASELINE))
    assert kinds == {(repeat, kind): 1 for repeat in range(6) for kind in Baseline}
