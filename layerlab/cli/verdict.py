"""A verdict for people: the sentences first, then what they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from layerlab.cli.output import Row, readable, rich_table
from layerlab.domain.verdict import (
    Comparison,
    Contender,
    CurveStep,
    Effect,
    Importance,
    Interval,
    Verdict,
)

_FINALISTS: Final = (
    "name", "trial", "score_val", "mean", "interval", "repeats", "score_test", "test_interval",
    "n_params",
)  # fmt: skip
_COMPARISONS: Final = ("first", "relation", "second", "by", "interval", "repeats")
_EFFECTS: Final = ("field", "before", "after", "by", "interval", "relation", "repeats")
_IMPORTANCES: Final = ("field", "share")
_CURVE: Final = ("name", "rows", "share", "mean", "interval", "repeats")


def print_words(verdict: Verdict, console: Console) -> None:
    """The headline and the sentences."""
    console.print(Text(readable(verdict.headline), style="bold"), soft_wrap=True)
    for sentence in verdict.sentences:
        console.print(Text(readable(sentence)), soft_wrap=True)
    if not verdict.is_final:
        console.print(Text("This may change: more rounds are to come."), soft_wrap=True)


def print_verdict(verdict: Verdict, console: Console) -> None:
    """All of it."""
    print_words(verdict, console)
    for title, rows, columns in _tables(verdict):
        if rows:
            console.print(Text(f"\n{title}", style="bold"), soft_wrap=True)
            console.print(rich_table(rows, columns, console.width))
    _print_lines("Advice", [verdict.advice] if verdict.advice else [], console)
    _print_lines("What it could not look at", verdict.limits, console)


def _tables(verdict: Verdict) -> Iterator[tuple[str, Sequence[Row], Sequence[str]]]:
    designs = [each for each in verdict.contenders if not each.baseline]
    baselines = [each for each in verdict.contenders if each.baseline]
    title = f"Finalists ({verdict.metric.value})"
    yield title, [_contender(each, verdict) for each in designs], _FINALISTS
    yield "Baselines", [_contender(each, verdict) for each in baselines], _FINALISTS
    comparisons = (*verdict.rivals, *verdict.baselines)
    yield "The winner and its rivals", _comparisons(comparisons), _COMPARISONS
    yield "One thing changed in the winner", [_effect(e) for e in verdict.ablation], _EFFECTS
    yield "What matters in this space", [_importance(e) for e in verdict.importances], _IMPORTANCES
    yield "On fewer rows", [_step(each) for each in verdict.learning_curve], _CURVE


def _contender(contender: Contender, verdict: Verdict) -> Row:
    marks = {verdict.smallest: " (smallest good)", verdict.winner: " (winner)"}
    return {
        "name": contender.name + marks.get(contender.name, ""),
        "trial": contender.trial,
        "score_val": contender.score_val,
        "mean": contender.mean,
        "interval": _interval(contender.interval),
        "repeats": contender.repeats,
        "score_test": contender.score_test,
        "test_interval": _interval(contender.test_interval),
        "n_params": contender.n_params,
    }


def _comparisons(comparisons: Iterable[Comparison]) -> list[Row]:
    return [
        {
            "first": each.first,
            "relation": each.relation.value,
            "second": each.second,
            "by": each.difference,
            "interval": _interval(each.interval),
            "repeats": each.repeats,
        }
        for each in comparisons
    ]


def _effect(effect: Effect) -> Row:
    return {
        "field": effect.field,
        "before": effect.before,
        "after": effect.after,
        "by": effect.difference,
        "interval": _interval(effect.interval),
        "relation": effect.relation.value,
        "repeats": effect.repeats,
    }


def _importance(importance: Importance) -> Row:
    return {"field": importance.field, "share": f"{importance.share:.0%}"}


def _step(step: CurveStep) -> Row:
    return {
        "name": step.name,
        "rows": step.rows,
        "share": f"{step.share:.0%}",
        "mean": step.mean,
        "interval": _interval(step.interval),
        "repeats": step.repeats,
    }


def _interval(interval: Interval | None) -> str | None:
    if interval is None:
        return None
    return f"{readable(float(interval.low))} to {readable(float(interval.high))}"


def _print_lines(title: str, lines: Sequence[str], console: Console) -> None:
    if not lines:
        return
    console.print(Text(f"\n{title}", style="bold"), soft_wrap=True)
    for line in lines:
        console.print(Text(readable(line)), soft_wrap=True)
