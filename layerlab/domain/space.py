"""A search space: what a study may choose each field of a design from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from layerlab.domain.design import DESIGN_FIELDS, MAX_LAYERS, Design, build_design, parse_field
from layerlab.domain.json_value import JsonObject, JsonValue
from layerlab.domain.problem import InvalidInput

MAX_GRID: Final = 100_000
"""Designs that a grid may have. A random search has no such limit."""

MAX_CHOICES: Final = 1000
_DEFAULT_POINTS: Final = 5
_RANGED: Final = ("dropout", "learning_rate", "weight_decay", "batch_size")
# What a condition may look at: fields with few values, which come before what depends on them.
CONDITION_FIELDS: Final = ("n_layers", "activation", "norm", "residual", "optimizer")
# Each field is drawn after those it may depend on.
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
    points: int = _DEFAULT_POINTS

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

    def grid_size(self) -> int:
        """How many designs a grid over this space has; computed, not enumerated."""
        return self._count({}, DRAW_ORDER)

    def size(self) -> int | None:
        """How many different designs there are; None when a range makes them uncountable."""
        domains = (each.domain for each in self.fields.values())
        if any(isinstance(each, Range) and not each.countable for each in domains):
            return None
        return self.grid_size()

    def _count(self, chosen: dict[str, object], names: tuple[str, ...]) -> int:
        if not names:
            return 1
        name, rest = names[0], names[1:]
        space = self.fields[name]
        if not space.applies(chosen):
            return self._count({**chosen, name: DEFAULTS[name]}, rest)
        if name == "hidden":
            depths = _depths(space.domain)
            return sum(
                many * self._count({**chosen, "n_layers": depth}, rest)
                for depth, many in depths.items()
            )
        if name in CONDITION_FIELDS:
            assert isinstance(space.domain, Choice)
            return sum(self._count({**chosen, name: value}, rest) for value in space.domain.values)
        return _domain_size(space.domain) * self._count(chosen, rest)


DEFAULTS: Final[Mapping[str, object]] = {
    name: getattr(Design(hidden=()), name) for name in DESIGN_FIELDS
}


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


def parse_space(value: JsonObject, base: SearchSpace) -> SearchSpace:
    """The space that a user's document describes; a field it leaves out is taken from `base`.

    A field is a value, a list of choices, `{"low", "high", "log"?, "points"?}`, or for `hidden`
    `{"layers": {"low", "high"}, "width": […]}`. `{"choices": […], "when": {…}}` and a `when`
    beside a range make it conditional.

    :raises InvalidInput: `invalid_space`, naming the field.
    """
    for name in value:
        _check(name in DESIGN_FIELDS, name, "is not a field of a design")
    given = {name: _parse_field_space(name, each) for name, each in value.items()}
    return SearchSpace({name: given.get(name, base.fields[name]) for name in DESIGN_FIELDS})


def _parse_field_space(name: str, value: JsonValue) -> FieldSpace:
    if not isinstance(value, Mapping):
        return FieldSpace(_parse_choice(name, value))
    when = _parse_when(name, value.get("when", {}))
    rest = {key: each for key, each in value.items() if key != "when"}
    if set(rest) == {"choices"}:
        return FieldSpace(_parse_choice(name, rest["choices"]), when)
    if name == "hidden":
        return FieldSpace(_parse_layers(rest), when)
    return FieldSpace(_parse_range(name, rest), when)


def _parse_choice(name: str, value: JsonValue) -> Choice:
    values = value if isinstance(value, (list, tuple)) else [value]
    _check(len(values) > 0, name, "has no choices")
    _check(len(values) <= MAX_CHOICES, name, f"has more than {MAX_CHOICES} choices")
    if name == "hidden":
        lists = all(isinstance(each, (list, tuple)) for each in values)
        _check(lists, name, "must be a list of lists of widths, such as [[64, 64], [128]]")
    return Choice(tuple(dict.fromkeys(_one_value(name, each) for each in values)))


def _one_value(name: str, value: JsonValue, within: str = "") -> object:
    try:
        parsed = parse_field(name, value)
        # The design knows the ranges of its fields.
        build_design({"hidden": (), name: parsed})
    except InvalidInput as error:
        place = f"space.{within or name}"
        raise InvalidInput("invalid_space", error.detail, field=place) from error
    return parsed


def _parse_range(name: str, value: JsonObject) -> Range:
    _check(name in _RANGED, name, "takes a list of choices, not a range")
    known = {"low", "high", "log", "points"}
    unknown = sorted(set(value) - known)
    _check(not unknown, name, f"has {unknown[0] if unknown else ''!r}, which a range has not")
    _check("low" in value and "high" in value, name, "needs `low` and `high`")
    low, high = _one_value(name, value["low"]), _one_value(name, value["high"])
    assert isinstance(low, (int, float))
    assert isinstance(high, (int, float))
    _check(low <= high, name, f"has a low of {low} above its high of {high}")
    log, points = value.get("log", False), value.get("points", _DEFAULT_POINTS)
    _check(isinstance(log, bool), name, "needs `log` to be true or false")
    _check(not log or low > 0, name, "can't be logarithmic from 0 or below")
    _check(_is_count(points, MAX_CHOICES), name, f"needs `points` from 1 to {MAX_CHOICES}")
    assert isinstance(points, int)
    return Range(low, high, bool(log), integer=name == "batch_size", points=points)


def _parse_layers(value: JsonObject) -> Layers:
    name = "hidden"
    _check(
        set(value) == {"layers", "width"},
        name,
        'must be a list of lists of widths, or {"layers": {"low", "high"}, "width": […]}',
    )
    layers, widths = value["layers"], value["width"]
    _check(
        isinstance(layers, Mapping) and set(layers) == {"low", "high"},
        name,
        "needs `layers` with `low` and `high`",
    )
    assert isinstance(layers, Mapping)
    low, high = layers["low"], layers["high"]
    for each in (low, high):
        _check(_is_depth(each), name, f"can have 0 to {MAX_LAYERS} layers, not {each!r}")
    assert isinstance(low, int)
    assert isinstance(high, int)
    _check(low <= high, name, f"has a low of {low} layers above its high of {high}")
    _check(isinstance(widths, (list, tuple)) and len(widths) > 0, name, "needs a list `width`")
    assert isinstance(widths, (list, tuple))
    _check(len(widths) <= MAX_CHOICES, name, f"has more than {MAX_CHOICES} widths")
    parsed = tuple(dict.fromkeys(_one_value(name, [width]) for width in widths))
    return Layers(low, high, tuple(each[0] for each in parsed))  # type: ignore[index]  # Tuples of one width.


def _parse_when(name: str, value: JsonValue) -> dict[str, tuple[object, ...]]:
    _check(isinstance(value, Mapping), name, "needs `when` to be an object")
    assert isinstance(value, Mapping)
    conditions: dict[str, tuple[object, ...]] = {}
    for parent, allowed in value.items():
        known = parent in CONDITION_FIELDS and _comes_before(parent, name)
        _check(known, name, f"can't depend on {parent!r}")
        values = allowed if isinstance(allowed, (list, tuple)) else [allowed]
        _check(len(values) > 0, name, f"depends on {parent!r} without a value of it")
        if parent == "n_layers":
            complaint = "depends on `n_layers`, which takes whole numbers"
            _check(all(_is_depth(each) for each in values), name, complaint)
            conditions[parent] = tuple(dict.fromkeys(values))
        else:
            conditions[parent] = tuple(
                dict.fromkeys(_one_value(parent, each, within=name) for each in values)
            )
    return conditions


def _comes_before(parent: str, name: str) -> bool:
    parent = "hidden" if parent == "n_layers" else parent
    return DRAW_ORDER.index(parent) < DRAW_ORDER.index(name)


def _is_depth(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_LAYERS


def _is_count(value: object, limit: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= limit


def _check(holds: bool, field: str, complaint: str) -> None:
    if not holds:
        raise InvalidInput("invalid_space", f"`{field}` {complaint}.", field=f"space.{field}")
