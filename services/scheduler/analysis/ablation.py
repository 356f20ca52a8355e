"""What each choice of the winner is worth: the winner with one thing changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, Final

from layerlab.domain.design import DESIGN_FIELDS, Design
from layerlab.domain.metric import Metric
from layerlab.domain.study import Purpose, Trial
from layerlab.domain.verdict import Effect, Interval, Relation
from services.scheduler.analysis.finalists import Finalist, scores_of
from services.scheduler.analysis.judging import Court, Paired, compare_scores
from services.scheduler.analysis.names import name_widths
from services.scheduler.analysis.wording import say_difference, say_repeats

ONE_INTERVAL: Final = 0.05
"""An effect's interval is 95 % by itself; of many such, some miss."""


def find_effects(court: Court, winner: Finalist, trials: Iterable[Trial]) -> tuple[Effect, ...]:
    """In the order of a design's fields."""
    effects = [effect for _, effect in changed_winners(court, winner, trials)]
    return tuple(sorted(effects, key=_place))


def changed_winners(
    court: Court, winner: Finalist, trials: Iterable[Trial]
) -> list[tuple[Design, Effect]]:
    """Changed and unchanged are paired by repeats: the same rows train and validate. Changes
    without a repeat that counts are left out."""
    changed: dict[Design, list[Trial]] = {}
    for trial in trials:
        if trial.purpose is Purpose.ABLATION and trial.design != winner.design:
            changed.setdefault(trial.design, []).append(trial)
    effects = []
    for design, repeats in changed.items():
        assert winner.design is not None
        scores, _ = scores_of(repeats, court.metric)
        shared = [each for each in scores if each in winner.scores]
        if not shared:
            continue
        paired = compare_scores(
            court,
            [scores[each] for each in shared],
            [winner.scores[each] for each in shared],
            ONE_INTERVAL,
        )
        effects.append((design, _effect(court.metric, winner.design, design, paired)))
    return effects


def differing_fields(first: Design, second: Design) -> list[str]:
    return [name for name in DESIGN_FIELDS if getattr(first, name) != getattr(second, name)]


def _effect(metric: Metric, before: Design, after: Design, paired: Paired) -> Effect:
    names = differing_fields(before, after)
    texts = [", ".join(_plain(getattr(each, name)) for name in names) for each in (before, after)]
    field = ", ".join(names)
    change = f"{field.replace('_', ' ')} {texts[1]} instead of {texts[0]}"
    return Effect(
        field=field,
        before=texts[0],
        after=texts[1],
        repeats=paired.repeats,
        difference=paired.difference,
        interval=paired.interval,
        relation=paired.relation,
        sentence=f"{change}: {_outcome(metric, paired)}",
    )


def _outcome(metric: Metric, paired: Paired) -> str:
    difference, interval = paired.difference, paired.interval
    if difference is None or interval is None:
        return f"cannot tell after {say_repeats(paired.repeats)}"
    if paired.same:
        return f"equal scores in all of {say_repeats(paired.repeats)}"
    if paired.relation is Relation.LOSES:
        turned = Interval(-interval.high, -interval.low, interval.level)
        return f"worse by {say_difference(metric, -difference, turned, paired.repeats)}"
    words = say_difference(metric, difference, interval, paired.repeats)
    if paired.relation is Relation.BEATS:
        return f"better by {words}"
    return f"no effect that can be told from none, {words}"


def _plain(value: Any) -> str:
    if value is None:
        return "the study's"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return name_widths(Design(hidden=value))
    return f"{value:.4g}"


def _place(effect: Effect) -> tuple[Sequence[int], str]:
    return ([DESIGN_FIELDS.index(each) for each in effect.field.split(", ")], effect.after)
