from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from layerlab.domain.baseline import Baseline
from layerlab.domain.dataset import Task
from layerlab.domain.design import Activation, Design, Norm
from layerlab.domain.metric import Metric
from layerlab.domain.study import Purpose
from layerlab.domain.trial import StopReason
from layerlab.domain.verdict import Outcome, Relation
from layerlab.domain.verdict_document import verdict_from_json, verdict_to_json
from services.scheduler.analysis.verdict import reach_verdict
from tests.unit.scheduler.analysis.ledgers import TABLE, Ledger
from tests.unit.scheduler.builders import a_spec

BIG, MIDDLE, SMALL = Design((128, 128, 128)), Design((64, 64)), Design((32,))
BASELINES = {Baseline.CONSTANT: 0.4, Baseline.LINEAR: 0.7, Baseline.TREES: 0.75}
TWENTY = range(1, 21)


def test_the_winner_beats_its_rival_in_a_sentence_that_can_be_repeated() -> None:
    ledger = a_season({BIG: 0.9, MIDDLE: 0.86})

    verdict = ledger.verdict()

    assert verdict.outcome is Outcome.WINNER
    assert (verdict.winner, verdict.round) == ("3 × 128", 4)
    numbers = r"by [34]\.\d points \(95 % interval 2\.\d to [56]\.\d, 20 repeats\)"
    assert re.fullmatch(rf"3 × 128 beats 2 × 64 {numbers}", verdict.headline)
    assert verdict.headline in verdict.sentences
    assert [each.relation for each in verdict.baselines] == [Relation.BEATS] * 3


def test_rivals_that_are_close_cannot_be_told_apart_yet() -> None:
    verdict = a_season({BIG: 0.9, MIDDLE: 0.899}, repeats=range(1, 11)).verdict(is_final=False)

    assert verdict.outcome is Outcome.TIE
    assert verdict.headline == "cannot tell 3 × 128 from 2 × 64 yet"
    assert verdict.survivors == ("3 × 128", "2 × 64")


def test_a_rival_that_is_clearly_behind_is_not_trained_again() -> None:
    scores = {BIG: 0.9, MIDDLE: 0.88, SMALL: 0.6}

    verdict = a_season(scores, repeats=range(1, 6)).verdict(is_final=False)

    assert verdict.survivors == ("3 × 128", "2 × 64")
    assert verdict.rivals[-1].relation is Relation.BEATS


def test_a_rival_that_was_dropped_stays_beaten_by_its_own_repeats() -> None:
    ledger = a_season({BIG: 0.9, MIDDLE: 0.88, SMALL: 0.6}, repeats=range(1, 6))
    ledger.repeat({BIG: 0.9, MIDDLE: 0.88}, range(6, 21))

    verdict = ledger.verdict()

    assert verdict.outcome is Outcome.WINNER
    assert [each.repeats for each in verdict.rivals] == [20, 5]


@pytest.mark.parametrize("repeats", [range(1, 21), range(1, 11)])
def test_there_is_no_other_round_after_the_fourth_or_when_all_is_decided(repeats: range) -> None:
    behind = 0.899 if len(repeats) == 20 else 0.7

    assert len(a_season({BIG: 0.9, MIDDLE: behind}, repeats).verdict(False).survivors) < 2


def test_designs_with_equal_scores_are_a_tie_that_ends_and_the_smaller_one_leads() -> None:
    ledger = Ledger(noise=0)
    ledger.repeat({BIG: 0.9, SMALL: 0.9}, range(1, 6))

    verdict = ledger.verdict(is_final=False)

    assert (verdict.outcome, verdict.winner) == (Outcome.TIE, "1 × 32")
    assert verdict.survivors == ()
    assert verdict.headline == "1 × 32 and 3 × 128 are equivalent in practice"


def test_scores_that_never_vary_still_have_an_interval_with_a_width() -> None:
    ledger = Ledger()
    for repeat in range(1, 6):
        for design, score in ((BIG, 0.9), (SMALL, 0.9 - 1 / 160)):
            ledger.add(design, score, Purpose.CONFIRM, repeat=repeat)

    (rival,) = ledger.verdict().rivals

    assert rival.relation is Relation.UNDECIDED
    assert rival.interval is not None
    assert rival.interval.low < 0 < rival.interval.high


def test_noise_ends_in_no_design_beats_the_majority_class() -> None:
    ledger = Ledger(noise=0.02)
    ledger.repeat({BIG: 0.398, MIDDLE: 0.399}, TWENTY)
    ledger.baselines({Baseline.CONSTANT: 0.4, Baseline.LINEAR: 0.39}, TWENTY)

    verdict = ledger.verdict()

    assert verdict.outcome is Outcome.NO_BETTER_THAN_BASELINE
    assert verdict.headline == "no design beats the majority class"


def test_that_no_design_beats_the_majority_class_takes_a_whole_round() -> None:
    ledger = Ledger(noise=0.02)
    ledger.repeat({BIG: 0.99, MIDDLE: 0.98}, range(1, 6))
    ledger.baselines({Baseline.CONSTANT: 0.97}, range(1, 3))

    verdict = ledger.verdict()

    assert verdict.baselines[0].relation is Relation.UNDECIDED
    assert verdict.outcome is Outcome.TIE
    assert "no design beats" not in verdict.headline


def test_noise_in_quantities_ends_in_no_design_beats_the_mean() -> None:
    ledger = Ledger(spec=replace(a_spec(), task=Task.REGRESSION, metric=Metric.R2), noise=0.02)
    ledger.repeat({BIG: -0.05}, TWENTY)
    ledger.baselines({Baseline.CONSTANT: -0.01}, TWENTY)

    assert ledger.verdict().headline == "no design beats the mean"


def test_boosted_trees_that_win_are_named() -> None:
    ledger = a_season({BIG: 0.9}, baselines={**BASELINES, Baseline.TREES: 0.95})

    verdict = ledger.verdict()

    assert verdict.outcome is Outcome.NO_BETTER_THAN_BASELINE
    assert verdict.headline == "no design beats boosted trees"
    assert any("boosted trees beat 3 × 128 by " in each for each in verdict.sentences)


def test_boosted_trees_that_are_as_good_are_no_secret() -> None:
    verdict = a_season({BIG: 0.9}, baselines={**BASELINES, Baseline.TREES: 0.9}).verdict()

    assert verdict.outcome is Outcome.WINNER
    assert verdict.headline.endswith("; no design is known to beat boosted trees")


def test_of_losses_the_lower_is_better_and_a_difference_is_positive_for_the_better() -> None:
    ledger = Ledger(spec=replace(a_spec(), task=Task.REGRESSION, metric=Metric.RMSE))
    ledger.search({BIG: 2.0, SMALL: 3.0})
    ledger.repeat({BIG: 2.0, SMALL: 3.0}, TWENTY)
    ledger.baselines({Baseline.CONSTANT: 9.0}, TWENTY)

    verdict = ledger.verdict()

    winner = verdict.contender(verdict.winner)
    assert winner is not None
    assert winner.name == "3 × 128"
    assert winner.mean == pytest.approx(2.0, abs=0.02)
    assert winner.interval is not None
    assert winner.interval.low < (winner.mean or 0.0) < winner.interval.high
    assert verdict.rivals[0].difference == pytest.approx(1.0, abs=0.02)
    assert re.match(
        r"3 × 128 beats 1 × 32 by \d\.\d+ of RMSE \(95 % interval 0\.9", verdict.headline
    )


def test_the_smallest_good_design_says_what_it_saves() -> None:
    ledger = a_season({BIG: 0.9, MIDDLE: 0.8, SMALL: 0.8999})

    verdict = ledger.verdict()

    assert verdict.smallest == "1 × 32"
    wanted = "the smallest design within one standard error: 1 × 32"
    (sentence,) = [each for each in verdict.sentences if each.startswith(wanted)]
    ratio = BIG.n_params(10, 3) / SMALL.n_params(10, 3)
    if verdict.winner == "3 × 128":
        assert sentence.endswith(f"{ratio:.0f} × fewer parameters")


def test_without_finals_the_best_trial_leads_by_the_search_alone() -> None:
    ledger = Ledger()
    ledger.search({BIG: 0.9, MIDDLE: 0.95})

    verdict = ledger.verdict()

    assert (verdict.outcome, verdict.round, verdict.winner) == (Outcome.TIE, 0, "2 × 64")
    assert "one run each: no interval" in verdict.headline
    assert verdict.smallest is None
    assert [each.mean for each in verdict.contenders] == [None]


def test_a_study_without_results_has_a_verdict_without_a_winner() -> None:
    ledger = Ledger()
    ledger.add(BIG, None, Purpose.SEARCH)

    verdict = ledger.verdict()

    assert (verdict.outcome, verdict.winner) == (Outcome.NONE, None)


def test_a_design_that_failed_in_every_repeat_cannot_win() -> None:
    ledger = Ledger()
    ledger.search({BIG: 0.99, SMALL: 0.7})
    ledger.repeat({SMALL: 0.7}, TWENTY)
    for repeat in TWENTY:
        ledger.add(BIG, None, Purpose.CONFIRM, repeat=repeat)

    verdict = ledger.verdict()

    assert verdict.winner == "1 × 32"
    assert any(each.startswith("3 × 128: 20 of 20 repeats failed") for each in verdict.limits)


def test_repeats_that_were_cut_short_or_are_not_numbers_do_not_count() -> None:
    ledger = a_season({BIG: 0.9, MIDDLE: 0.88}, repeats=range(1, 6))
    cut = {"stop_reason": StopReason.TIME_BUDGET}
    ledger.add(BIG, 0.1, Purpose.CONFIRM, repeat=6, **cut)
    ledger.add(MIDDLE, math.nan, Purpose.CONFIRM, repeat=6)

    verdict = ledger.verdict()

    assert [each.repeats for each in verdict.contenders[:2]] == [5, 5]
    assert len([each for each in verdict.limits if "1 of 6 repeats" in each]) == 2


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_repeats_decide_nothing_rashly(count: int) -> None:
    verdict = a_season({BIG: 0.9, MIDDLE: 0.88}, repeats=range(1, count + 1)).verdict()

    assert verdict.outcome is not Outcome.WINNER
    assert verdict.rivals[0].relation is Relation.UNDECIDED
    assert (verdict.rivals[0].interval is None) == (count == 1)
    assert not holds_nan(verdict_to_json(verdict))


def test_only_repeats_that_both_have_are_compared() -> None:
    ledger = a_season({BIG: 0.9}, repeats=range(1, 11))
    ledger.repeat({SMALL: 0.5}, range(6, 16))

    (rival,) = ledger.verdict().rivals

    assert rival.repeats == 5


def test_the_test_score_has_wilsons_interval() -> None:
    ledger = a_season({BIG: 0.9, MIDDLE: 0.8})
    first = ledger.trials[0]
    ledger.trials[0] = replace(first, score_test=0.9)

    winner = ledger.verdict().contenders[0]

    # 180 of 200 rows: statsmodels' proportion_confint(180, 200, method="wilson").
    assert winner.test_interval is not None
    assert winner.test_interval.low == pytest.approx(0.85064, abs=1e-4)
    assert winner.test_interval.high == pytest.approx(0.93436, abs=1e-4)
    assert any("on the test rows, touched once" in each for each in ledger.verdict().sentences)


def test_each_change_to_the_winner_has_its_effect() -> None:
    ledger = a_season({BIG: 0.9, MIDDLE: 0.8})
    worse, same = replace(BIG, activation=Activation.TANH), replace(BIG, dropout=0.2)
    ledger.repeat({worse: 0.8, same: 0.9}, range(1, 6), purpose=Purpose.ABLATION)

    first, second = ledger.verdict().ablation

    assert (first.field, first.before, first.after) == ("activation", "relu", "tanh")
    assert first.relation is Relation.LOSES
    assert first.sentence.startswith("activation tanh instead of relu: worse by ")
    assert (second.field, second.relation, second.repeats) == ("dropout", Relation.UNDECIDED, 5)


def test_the_learning_curve_tells_whether_more_data_or_a_bigger_network_helps() -> None:
    ledger = a_season({BIG: 0.9, MIDDLE: 0.8})
    five = range(1, 6)
    ledger.repeat({BIG: 0.7}, five, purpose=Purpose.ROWS, share=0.25)
    ledger.repeat({BIG: 0.8}, five, purpose=Purpose.ROWS, share=0.5)
    ledger.repeat({Design((256, 256, 256)): 0.9}, five, purpose=Purpose.ABLATION)

    verdict = ledger.verdict()

    assert [
        (each.name, each.share, each.rows, each.repeats) for each in verdict.learning_curve
    ] == [
        ("3 × 128", 0.25, 160, 5),
        ("3 × 128", 0.5, 320, 5),
        ("3 × 128", 1.0, 640, 5),
    ]
    assert verdict.advice.startswith("more data helps: all rows against 50 % of them make 10.")
    assert verdict.advice.endswith("; a bigger network does not measurably help")


def test_equal_trials_give_an_equal_verdict_in_any_order() -> None:
    ledger = a_season({BIG: 0.9, MIDDLE: 0.895, replace(MIDDLE, norm=Norm.BATCH): 0.9})
    ledger.repeat({replace(BIG, dropout=0.2): 0.9}, range(1, 6), purpose=Purpose.ABLATION)
    for index in range(20):
        rate = 0.0001 * 1.3**index
        ledger.add(replace(SMALL, learning_rate=rate), 0.5 + index / 50, Purpose.SEARCH)
    verdict = ledger.verdict()
    assert verdict.importances

    for seed in range(3):
        random.Random(seed).shuffle(ledger.trials)
        assert ledger.verdict() == verdict
    assert verdict_from_json(json.loads(json.dumps(verdict_to_json(verdict)))) == verdict


def test_a_table_of_unknown_size_has_a_verdict_too() -> None:
    ledger = a_season({BIG: 0.9, MIDDLE: 0.8})

    verdict = reach_verdict(ledger.spec, None, ledger.trials, True, ["Time was short."])

    assert verdict.outcome is Outcome.WINNER
    assert verdict.limits == ("Time was short.",)


def a_season(
    scores: dict[Design, float],
    repeats: range = TWENTY,
    baselines: dict[Baseline, float] | None = None,
) -> Ledger:
    """Searched, and trained again, as the baselines were."""
    ledger = Ledger(table=TABLE)
    ledger.search(scores)
    ledger.repeat(scores, repeats)
    ledger.baselines(BASELINES if baselines is None else baselines, repeats)
    return ledger


def holds_nan(value: Any) -> bool:
    return any(isinstance(each, float) and not math.isfinite(each) for each in leaves(value))


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        yield value
        return
    for each in value:
        yield from leaves(each)
