"""The winner with one thing changed: what each of its choices is worth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from layerlab.domain.design import MAX_WIDTH, Activation, Design, Norm
from layerlab.domain.problem import InvalidInput
from layerlab.domain.space import Choice, Layers, Range
from layerlab.domain.study import Study
from services.scheduler.sizing import ORDINARY_TABLE

MAX_VARIANTS: Final = 10
_RATE_FACTOR: Final = 3.0
_SOME_DROPOUT: Final = 0.2
_OTHER_ACTIVATIONS: Final = 2
_FEWEST_UNITS: Final = 16


def variants(study: Study, winner: Design) -> list[Design]:
    """Those that say most come first. Depth and width are always among them; anything else only
    where the study's space had a choice, so that its answer is about that choice."""
    table, spec = study.table or ORDINARY_TABLE, study.spec
    varied = {name for name, each in spec.space.fields.items() if _is_varied(each.domain)}
    # What users bring varies, too.
    varied |= {name for each in spec.designs for name in _differing(each, winner)}
    found: dict[Design, None] = {}
    for changes in _changes(winner, varied, study):
        try:
            design = replace(winner, **changes)
        except InvalidInput:
            continue
        if design != winner and spec.constraints.allow(design, table, spec.budget.max_epochs):
            found[design] = None
    return list(found)[:MAX_VARIANTS]


def _changes(winner: Design, varied: set[str], study: Study) -> Iterator[dict[str, Any]]:
    yield from _shapes(winner)
    if "learning_rate" in varied:
        for factor in (1 / _RATE_FACTOR, _RATE_FACTOR):
            yield {"learning_rate": float(f"{winner.learning_rate * factor:.3g}")}
    for name, change in _SWITCHES.items():
        if name in varied:
            yield {name: change(winner)}
    if "activation" in varied:
        others = _others("activation", winner, study, Activation)
        yield from ({"activation": each} for each in others[:_OTHER_ACTIVATIONS])
    for name in ("optimizer", "batch_size", "recipe", "schedule", "class_weight"):
        if name in varied:
            yield from ({name: each} for each in _others(name, winner, study)[:1])


def _shapes(winner: Design) -> Iterator[dict[str, Any]]:
    widths = winner.hidden
    if not widths:
        yield {"hidden": (_FEWEST_UNITS,)}
        return
    yield {"hidden": widths[:-1]}
    yield {"hidden": (*widths, widths[-1])}
    yield {"hidden": tuple(max(1, each // 2) for each in widths)}
    yield {"hidden": tuple(min(MAX_WIDTH, 2 * each) for each in widths)}


_SWITCHES: Final[dict[str, Callable[[Design], Any]]] = {
    "norm": lambda winner: Norm.NONE if winner.norm is not Norm.NONE else Norm.BATCH,
    "dropout": lambda winner: 0.0 if winner.dropout else _SOME_DROPOUT,
    "residual": lambda winner: not winner.residual,
    "missing_indicators": lambda winner: not winner.missing_indicators,
    "group_rare": lambda winner: not winner.group_rare,
}


def _others(name: str, winner: Design, study: Study, fallback: Iterable[Any] = ()) -> list[Any]:
    """Of the space's values, those that the winner doesn't have; the nearest numbers first."""
    domain, mine = study.spec.space.fields[name].domain, getattr(winner, name)
    values: tuple[Any, ...] = domain.values if isinstance(domain, Choice) else tuple(fallback)
    if isinstance(domain, Range):
        values = domain.grid()
    others: list[Any] = [each for each in values if each != mine]
    if isinstance(mine, (int, float)) and not isinstance(mine, bool):
        others.sort(key=lambda each: (abs(each - mine), each))
    return [int(each) for each in others] if name == "batch_size" else others


def _is_varied(domain: Choice | Range | Layers) -> bool:
    if isinstance(domain, Choice):
        return len(domain.values) > 1
    return not isinstance(domain, Range) or domain.low < domain.high


def _differing(one: Design, other: Design) -> Iterator[str]:
    for name in Design.__dataclass_fields__:
        if getattr(one, name) != getattr(other, name):
            yield name
