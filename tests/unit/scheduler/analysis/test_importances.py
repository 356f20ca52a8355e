from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from layerlab.domain.design import Activation, Design
from layerlab.domain.metric import Metric
from layerlab.domain.study import Purpose
from layerlab.domain.verdict import Importance
from services.scheduler.analysis.importances import find_importances
from tests.unit.scheduler.analysis.ledgers import Ledger


@pytest.mark.parametrize("metric", [Metric.ACCURACY, Metric.LOG_LOSS])
def test_the_field_that_decides_the_score_has_the_greatest_share(metric: Metric) -> None:
    shares = find_importances(searched(100, metric).trials, metric)

    assert shares[0].field == "learning_rate"
    assert shares[0].share > 0.5
    assert sum(each.share for each in shares) == pytest.approx(1.0)
    assert {each.field for each in shares} == {"learning_rate", "hidden", "activation"}


@pytest.mark.parametrize("trials", [0, 9])
def test_few_trials_say_nothing_of_importance(trials: int) -> None:
    assert find_importances(searched(trials, Metric.ACCURACY).trials, Metric.ACCURACY) == ()


def test_equal_designs_and_equal_scores_have_shares_without_nonsense() -> None:
    ledger = Ledger()
    for index in range(20):
        ledger.add(Design((8,), learning_rate=0.001 * (index + 1)), 0.5, Purpose.SEARCH)
    assert all(math.isfinite(each.share) for each in shares_of(ledger))

    alike = Ledger()
    for _ in range(20):
        alike.add(Design((8,)), 0.5, Purpose.SEARCH)
    assert shares_of(alike) == ()


def shares_of(ledger: Ledger) -> tuple[Importance, ...]:
    return find_importances(ledger.trials, Metric.ACCURACY)


def searched(trials: int, metric: Metric) -> Ledger:
    """A good learning rate is all that counts; widths and activations come from a draw."""
    draw, ledger = random.Random(1), Ledger()
    for _ in range(trials):
        rate = 10 ** draw.uniform(-5, -1)
        design = Design(tuple(draw.choices([8, 16, 32, 64, 128], k=draw.randint(1, 3))))
        design = replace(design, learning_rate=rate, activation=draw.choice(list(Activation)))
        error = abs(math.log10(rate) + 3) / 4
        score = error if metric is Metric.LOG_LOSS else 1 - error
        ledger.add(design, score, Purpose.SEARCH)
    return ledger
