"""The weights of a study's best trials are kept, and no others."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from layerlab.domain.metric import Metric
from layerlab.domain.study import Standing, TrialEnd
from layerlab.domain.trial import TrialState
from services.trainer.engine import Ended
from services.trainer.kept import KeptModels, standing_of

WEIGHTS = {"output.bias": np.zeros(2, np.float32)}


def ended(number: int, score: float | None, state: TrialState = TrialState.SUCCEEDED) -> Ended:
    return Ended(TrialEnd(number, state, score_val=score, n_params=10), WEIGHTS)


def numbers(kept: list[Ended]) -> list[int]:
    return [each.end.number for each in kept]


def test_of_lanes_that_end_together_several_are_kept_best_first() -> None:
    kept = KeptModels(Standing(0.5, 10, 99), 5, Metric.ACCURACY)
    tick = [ended(1, 0.6), ended(2, 0.4), ended(3, 0.8), ended(4, 0.7)]
    assert numbers(kept.take(tick)) == [3, 4, 1]


def test_without_a_verdict_only_a_new_best_is_kept() -> None:
    kept = KeptModels(None, 1, Metric.ACCURACY)
    assert numbers(kept.take([ended(1, 0.6), ended(2, 0.7)])) == [2]
    assert numbers(kept.take([ended(3, 0.65)])) == []
    assert numbers(kept.take([ended(4, 0.9)])) == [4]


def test_of_losses_the_lowest_are_kept() -> None:
    kept = KeptModels(Standing(-1.0, 10, 99), 2, Metric.RMSE)
    tick = [ended(1, 2.0), ended(2, 0.5), ended(3, 0.7), ended(4, 0.6)]
    assert numbers(kept.take(tick)) == [2, 4]


def test_what_has_not_succeeded_is_not_kept() -> None:
    kept = KeptModels(None, 5, Metric.ACCURACY)
    assert kept.take([ended(1, 0.9, TrialState.PRUNED), ended(2, None)]) == []


def test_a_cohort_whose_models_nobody_wants_keeps_none() -> None:
    assert KeptModels(None, 0, Metric.ACCURACY).take([ended(1, 0.9)]) == []


@given(
    st.lists(st.lists(st.integers(0, 20), max_size=6), max_size=8),
    st.integers(1, 5),
    st.lists(st.integers(0, 20), max_size=8),
)
def test_the_studys_best_are_always_among_those_kept(
    ticks: list[list[int]], keep: int, before: list[int]
) -> None:
    earlier = sorted(
        (Standing(score / 20, 10, 1000 + n) for n, score in enumerate(before)),
        key=lambda place: place.rank,
    )
    bar = earlier[keep - 1] if len(earlier) >= keep else None
    kept, sent, places, number = KeptModels(bar, keep, Metric.ACCURACY), set(), list(earlier), 0
    for scores in ticks:
        tick = []
        for score in scores:
            number += 1
            tick.append(ended(number, score / 20))
        places += [p for each in tick if (p := standing_of(each.end, Metric.ACCURACY))]
        sent |= set(numbers(kept.take(tick)))
    best = sorted(places, key=lambda place: place.rank)[:keep]
    assert {place.number for place in best if place.number < 1000} <= sent
