"""Who beats whom among the finalists, who leads, and who has to be trained again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

from layerlab.domain.baseline import Baseline
from layerlab.domain.metric import Metric
from layerlab.domain.table_shape import TableShape
from layerlab.domain.verdict import Interval, Relation
from services.scheduler.analysis.finalists import Finalist
from services.scheduler.analysis.levels import MAX_ROUNDS, baseline_share, design_share, look_of
from services.scheduler.analysis.resampling import (
    ALMOST_NOTHING,
    Estimate,
    estimate_mean,
    least_variance_of_rows,
)

_IN_UNIT_RANGE: Final = frozenset(
    {Metric.ACCURACY, Metric.BALANCED_ACCURACY, Metric.AUC, Metric.F1}
)
_ALIKE: Final = 0.001
"""Designs that differ by less are equivalent in practice: 0.1 points; of an error, its 0.1 %."""


@dataclass(frozen=True, slots=True)
class Court:
    """How finalists are judged: the metric, the folds of a partition, and the rows (0: unknown)."""

    metric: Metric
    folds: int
    learning_rows: int = 0

    @classmethod
    def of(cls, metric: Metric, folds: int, table: TableShape | None) -> Court:
        return cls(metric, folds, table.train_rows + table.val_rows if table else 0)

    def estimate(self, differences: Sequence[float]) -> Estimate:
        """Of an expected difference of two scores, from its values over repeats."""
        least = 0.0
        if self.learning_rows and self.metric in _IN_UNIT_RANGE:
            is_share = self.metric is Metric.ACCURACY
            mean = math.fsum(differences) / len(differences) if is_share else 0.0
            rows = max(1.0, self.learning_rows / self.folds)
            least = least_variance_of_rows(mean, rows, self.learning_rows)
        return estimate_mean(differences, self.folds, least)

    def margin(self, utility: float) -> float:
        """Within it, finalists are equivalent in practice."""
        return _ALIKE * (abs(utility) if self.metric in (Metric.RMSE, Metric.MAE) else 1.0)


@dataclass(frozen=True, slots=True)
class Paired:
    """First against second over the repeats that both have. `same`: equal in each of them."""

    repeats: int
    difference: float | None
    error: float | None
    interval: Interval | None
    relation: Relation
    same: bool = False


def compare(court: Court, first: Finalist, second: Finalist, false_share: float) -> Paired:
    """By utilities; the relation is what an interval that misses in `false_share` says."""
    shared = [each for each in first.scores if each in second.scores]
    return compare_scores(
        court,
        [first.scores[each] for each in shared],
        [second.scores[each] for each in shared],
        false_share,
    )


def compare_scores(
    court: Court, first: Sequence[float], second: Sequence[float], false_share: float
) -> Paired:
    """Utilities of the same repeats, one beside the other."""
    pairs = list(zip(first, second, strict=True))
    if len(pairs) < 2:
        difference = pairs[0][0] - pairs[0][1] if pairs else None
        return Paired(len(pairs), difference, None, None, Relation.UNDECIDED)
    scale = max(abs(each) for each in (*first, *second))
    same = all(abs(one - other) <= ALMOST_NOTHING * scale for one, other in pairs)
    differences = [0.0] * len(pairs) if same else [one - other for one, other in pairs]
    estimate = court.estimate(differences)
    reach = estimate.reach(false_share)
    low, high = estimate.mean - reach, estimate.mean + reach
    relation = Relation.UNDECIDED
    if low > 0:
        relation = Relation.BEATS
    elif high < 0:
        relation = Relation.LOSES
    if court.metric in _IN_UNIT_RANGE:
        low, high = max(low, -1.0), min(high, 1.0)
    interval = Interval(low, high)
    return Paired(len(pairs), estimate.mean, estimate.error, interval, relation, same)


@dataclass(frozen=True, slots=True)
class Ruling:
    """`finalists` best first: the leader, those that nobody beats, the rest. `standing`: how many
    of them nobody beats. `open`: those that are to be trained again (more than one, or none).
    `alike`: all that stand are equivalent in practice. `is_last`: no look follows this one."""

    finalists: tuple[Finalist, ...]
    standing: int
    open: tuple[Finalist, ...]
    alike: bool
    is_last: bool

    @property
    def leader(self) -> Finalist:
        return self.finalists[0]


def judge(court: Court, finalists: Sequence[Finalist], is_final: bool) -> Ruling:
    """Of designs, by all pairs: whoever is beaten by anybody isn't the best.

    Those without any repeat that counts come last: what couldn't be trained again can't win.
    `is_final`: there will be no other round.

    :raises ValueError: without finalists.
    """
    last = max((max(each.scores, default=0) for each in finalists), default=0)
    if look_of(last, court.folds) == MAX_ROUNDS:
        return _rule(court, finalists, is_last=True)
    ruling = _rule(court, finalists, is_last=False)
    if is_final and ruling.open:
        return _rule(court, finalists, is_last=True)
    return ruling


def compare_designs(
    court: Court, first: Finalist, second: Finalist, designs: int, is_last: bool
) -> Paired:
    """Two of so many designs of the finals, at the look that their common repeats allow."""
    look = look_of(len(first.scores.keys() & second.scores.keys()), court.folds)
    return compare(court, first, second, design_share(designs, look, is_last))


def _rule(court: Court, finalists: Sequence[Finalist], is_last: bool) -> Ruling:
    ordered = sorted(finalists, key=lambda each: each.size)
    beaten = _beaten(court, ordered, is_last)
    most = max(len(each.scores) for each in ordered)
    # Who has been trained again far less than others was dropped, or fails more often than not.
    able = [2 * len(each.scores) >= most and (most == 0 or bool(each.scores)) for each in ordered]
    pairs = list(zip(ordered, beaten, able, strict=True))
    unbeaten = [each for each, lost, can in pairs if can and not lost]
    # Of three that beat each other in a circle, by different repeats, none is ruled out.
    unbeaten = unbeaten or [each for each, _, can in pairs if can]
    ranked = rank(court, unbeaten)
    rest = rank(court, [each for each in ordered if each not in ranked])
    against = [
        compare_designs(court, ranked[0], each, len(ordered), is_last) for each in ranked[1:]
    ]
    alike = [_is_equivalent(court, ranked[0], each) for each in against]
    rivals = [each for each, same in zip(ranked[1:], alike, strict=True) if not same]
    return Ruling(
        finalists=(*ranked, *rest),
        standing=len(ranked),
        open=(ranked[0], *rivals) if rivals else (),
        alike=bool(alike) and all(alike),
        is_last=is_last,
    )


def judge_baselines(
    court: Court, winner: Finalist, baselines: Sequence[Finalist], designs: int
) -> list[Paired]:
    """A design against each baseline. Others than the constant are beaten only if that is."""
    found = {
        each.baseline: compare(court, winner, each, baseline_share(each.baseline, designs))
        for each in baselines
        if each.baseline
    }
    constant = found.get(Baseline.CONSTANT)
    shut = constant is not None and constant.relation is not Relation.BEATS
    return [
        replace(paired, relation=Relation.UNDECIDED)
        if shut and kind is not Baseline.CONSTANT and paired.relation is Relation.BEATS
        else paired
        for kind, paired in found.items()
    ]


def _beaten(court: Court, finalists: Sequence[Finalist], is_last: bool) -> list[bool]:
    count = len(finalists)
    beaten = [False] * count
    for first, second in combinations(range(count), 2):
        paired = compare_designs(court, finalists[first], finalists[second], count, is_last)
        beaten[first] |= paired.relation is Relation.LOSES
        beaten[second] |= paired.relation is Relation.BEATS
    return beaten


def _is_equivalent(court: Court, leader: Finalist, paired: Paired) -> bool:
    if paired.interval is None:
        return False
    mean = math.fsum(leader.scores.values()) / len(leader.scores)
    margin = court.margin(mean)
    within = -margin < paired.interval.low and paired.interval.high < margin
    return within or (paired.same and paired.repeats >= court.folds)


def rank(court: Court, finalists: Sequence[Finalist]) -> list[Finalist]:
    """By their means over the repeats that all of them have; without any, each by its own; those
    without repeats last, by the search's score."""
    scored = [each for each in finalists if each.scores]
    shared = set.intersection(*(set(each.scores) for each in scored)) if scored else set()

    def place(finalist: Finalist) -> tuple[bool, float, tuple[int, int]]:
        used = [finalist.scores[each] for each in finalist.scores if each in shared or not shared]
        own = finalist.own.score_val if finalist.own else None
        searched = -math.inf if own is None else court.metric.utility(own)
        mean = math.fsum(used) / len(used) if used else searched
        return (not used, -mean, finalist.size)

    return sorted(finalists, key=place)
