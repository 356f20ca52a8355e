"""A search space: what a study may choose each field of a design from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from layerlab.domain.dataset import Task
from layerlab.domain.design import DESIGN_FIELDS, ClassWeight, Design, Optimizer
from layerlab.domain.json_value import JsonValue
from layerlab.domain.problem import InvalidInput

MAX_GRID: Final = 100_000
"""Designs that a grid may have. A random search has no such limit."""

MAX_CHOICES: Final = 1000
DEFAULT_POINTS: Final = 5
# What a condition may look at: fields with few values, which come before what depends on them.
CONDITION_FIELDS: Final = (
    "n_layers",
    "activation",
    "norm",
    "residual",
    "optimizer",
    "schedule",
)
# Each field is drawn after those it may depend on. A new field comes last: then what a running
# study has still to draw is what it would have been before there was that field.
DRAW_ORDER: Final = (
    "hidden",
    "activation",
    "norm",
    "residual",
    "optimizer",
    "dropout",
    "learning_rate",
    "weight_decay",
    "batch_size",
    "momentum",
    "schedule",
    "warmup_epochs",
    "class_weight",
    "recipe",
    "missing_indicators",
    "group_rare",
)


@dataclass(frozen=True, slots=True)
class Choice:
    """Each value is as likely as the others."""

    values: tuple[object, ...]

    def to_json(self) -> JsonValue:
        return [list(v) if isinstance(v, tuple) else v for v in self.values]  # type: ignore[misc]  # Design values are JSON values.


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`, both included; `log`: evenly in the logarithm.

    A grid takes `points` values of it, evenly spaced. So does every search of an `integer` range:
    that is the batch size, which designs must share to train side by side.
    """

    low: float
    high: float
    log: bool = False
    integer: bool = False
    points: int = DEFAULT_POINTS

    def to_json(self) -> JsonValue:
        return {"low": self.low, "high": self.high, "log": self.log, "points": self.points}

    @property
    def countable(self) -> bool:
        """Whether a random search, too, takes only the values of `grid`."""
        return self.integer or self.low == self.high

    def grid(self) -> tuple[float, ...]:
        """At most `points` different values."""
        if self.points == 1 or self.low == self.high:
            return (self._settle(self.low),)
        steps = [i / (self.points - 1) for i in range(self.points)]
        return tuple(dict.fromkeys(self.at(step) for step in steps))

    def at(self, part: float) -> float:
        """The value at `part` (0 to 1) of the way from low to high."""
        if part <= 0.0 or part >= 1.0:
            return self._settle(self.low if part <= 0.0 else self.high)
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            value = math.exp(low + part * (high - low))
        else:
            value = self.low + part * (self.high - self.low)
        return self.settle(value)

    def settle(self, value: float) -> float:
        """The value nearest to `value` that a search takes."""
        return self._settle(min(max(self._round(value), self.low), self.high))

    def _round(self, value: float) -> float:
        """Four significant digits read well; a narrow range gets four of its width."""
        digits = max(_digits_after_point(value), _digits_after_point(self.high - self.low))
        return round(value, digits)

    def _settle(self, value: float) -> float:
        return round(value) if self.integer else float(value)


@dataclass(frozen=True, slots=True)
class Layers:
    """`low` to `high` hidden layers, each with a width of its own."""

    low: int
    high: int
    widths: tuple[int, ...]

    def to_json(self) -> JsonValue:
        return {"layers": {"low": self.low, "high": self.high}, "width": list(self.widths)}


Domain: TypeAlias = Choice | Range | Layers


@dataclass(frozen=True, slots=True)
class FieldSpace:
    """The domain of a field, and when it has one: otherwise the field keeps its default.

    `when` maps a field of CONDITION_FIELDS to the values that it must have one of.
    """

    domain: Domain
    when: Mapping[str, tuple[object, ...]] = field(default_factory=dict)

    def to_json(self) -> JsonValue:
        plain = self.domain.to_json()
        if not self.when:
            return plain
        conditions: JsonValue = {name: list(values) for name, values in self.when.items()}  # type: ignore[arg-type]  # Design values are JSON values.
        if isinstance(plain, Mapping):
            return {**plain, "when": conditions}
        return {"choices": plain, "when": conditions}

    def applies(self, chosen: Mapping[str, object]) -> bool:
        """Whether the conditions hold for what has been chosen so far (`n_layers` included)."""
        return all(chosen[name] in values for name, values in self.when.items())


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """A FieldSpace for every field of a design."""

    fields: Mapping[str, FieldSpace]

    def to_json(self) -> dict[str, JsonValue]:
        return {name: self.fields[name].to_json() for name in DESIGN_FIELDS}

    def check_task(self, task: Task) -> None:
        """:raises InvalidInput: `invalid_space`, when some of its designs can't learn `task`."""
        weights = self.fields["class_weight"].domain
        assert isinstance(weights, Choice)
        if task is Task.REGRESSION and set(weights.values) != {ClassWeight.NONE}:
            raise InvalidInput(
                "invalid_space",
                "`class_weight` must be none in a regression: a quantity has no classes.",
                field="space.class_weight",
            )

    def grid_size(self) -> int:
        """How many designs a grid over this space has; computed, not enumerated."""
        parents = frozenset(name for each in self.fields.values() for name in each.when)
        return self._count({}, DRAW_ORDER, parents)

    def size(self) -> int | None:
        """How many different designs there are; None when a range makes them uncountable."""
        domains = (each.domain for each in self.fields.values())
        if any(isinstance(each, Range) and not each.countable for each in domains):
            return None
        return self.grid_size()

    def _count(
        self, chosen: dict[str, object], names: tuple[str, ...], parents: frozenset[str]
    ) -> int:
        """Of the fields `names`; `parents`: those that conditions look at, tried value by value."""
        if not names:
            return 1
        name, rest = names[0], names[1:]
        space = self.fields[name]
        if not space.applies(chosen):
            return self._count({**chosen, name: DEFAULTS[name]}, rest, parents)
        if name == "hidden":
            depths = _depths(space.domain)
            return sum(
                many * self._count({**chosen, "n_layers": depth}, rest, parents)
                for depth, many in depths.items()
            )
        if name in parents:
            assert isinstance(space.domain, Choice)
            return sum(
                self._count({**chosen, name: value}, rest, parents) for value in space.domain.values
            )
        return _domain_size(space.domain) * self._count(chosen, rest, parents)


DEFAULTS: Final[Mapping[str, object]] = {
    name: getattr(Design(hidden=()), name) for name in DESIGN_FIELDS
}


IMPLIED_CONDITIONS: Final[Mapping[str, Mapping[str, tuple[object, ...]]]] = {
    "momentum": {"optimizer": (Optimizer.SGD,)}
}
"""Without them, designs that train alike would count as different ones."""

DEFAULT_SPACE: Final = SearchSpace(
    {
        name: FieldSpace(Choice((value,)), IMPLIED_CONDITIONS.get(name, {}))
        for name, value in DEFAULTS.items()
    }
)
"""One design. A space that was stored before there was some field has the default of that."""


def _depths(domain: Domain) -> dict[int, int]:
    """How many choices of widths there are for each depth."""
    if isinstance(domain, Layers):
        return {n: len(domain.widths) ** n for n in range(domain.low, domain.high + 1)}
    assert isinstance(domain, Choice)
    depths: dict[int, int] = {}
    for widths in domain.values:
        assert isinstance(widths, tuple)
        depths[len(widths)] = depths.get(len(widths), 0) + 1
    return depths


def _domain_size(domain: Domain) -> int:
    if isinstance(domain, Choice):
        return len(domain.values)
    assert isinstance(domain, Range)
    return len(domain.grid())


def _digits_after_point(value: float) -> int:
    """How many show four significant digits of `value`; values are never negative here."""
    return 3 - math.floor(math.log10(value)) if value > 0 else 0
