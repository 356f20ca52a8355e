"""Comparisons of a winner with its rivals and with baselines, each with its sentence."""

from __future__ import annotations

from layerlab.domain.metric import Metric
from layerlab.domain.verdict import Comparison, Interval, Relation
from services.scheduler.analysis.judging import Paired
from services.scheduler.analysis.wording import say_difference, say_repeats

_PLURAL = frozenset({"boosted trees"})


def describe(metric: Metric, first: str, second: str, paired: Paired) -> Comparison:
    """`first` is the winner's name; differences of utilities are those of the metric's units."""
    return Comparison(
        first=first,
        second=second,
        relation=paired.relation,
        repeats=paired.repeats,
        difference=paired.difference,
        interval=paired.interval,
        sentence=_sentence(metric, first, second, paired),
    )


def say_beats(name: str) -> str:
    return f"{name} beat" if name in _PLURAL else f"{name} beats"


def _sentence(metric: Metric, first: str, second: str, paired: Paired) -> str:
    difference, interval = paired.difference, paired.interval
    if difference is None:
        return f"cannot compare {first} with {second}: they have no repeat in common"
    if interval is None:
        return f"cannot tell {first} from {second} after {say_repeats(paired.repeats)}"
    if paired.same:
        return f"{first} and {second} have equal scores in all of {say_repeats(paired.repeats)}"
    words = say_difference(metric, difference, interval, paired.repeats)
    if paired.relation is Relation.BEATS:
        return f"{say_beats(first)} {second} by {words}"
    if paired.relation is Relation.LOSES:
        turned = Interval(-interval.high, -interval.low, interval.level)
        words = say_difference(metric, -difference, turned, paired.repeats)
        return f"{say_beats(second)} {first} by {words}"
    return f"cannot tell {first} from {second} yet: they differ by {words}"
