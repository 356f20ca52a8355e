"""Designs as named parameters, each a float, a whole number or a category: what samplers know.

A field with one value is no parameter. `hidden` is `n_layers` and a width for each layer, or, where
it is a list of designs of layers, one category. Values in an order, such as widths, are told by
their place in it: what is near is alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from layerlab.domain.design import Design, build_design
from layerlab.domain.space import DEFAULTS, DRAW_ORDER, Choice, Layers, Range, SearchSpace

# Of two values, none is between the others.
_LEAST_ORDERED: Final = 3


@dataclass(frozen=True, slots=True)
class Steps:
    """A whole number from 0 to `last`; `ordered`: neighbours are alike."""

    last: int
    ordered: bool


Kind: TypeAlias = Range | Steps
Suggest: TypeAlias = Callable[[str, Kind], float]


@dataclass(frozen=True, slots=True)
class Coding:
    """Of the designs of one space."""

    space: SearchSpace

    def kinds(self) -> dict[str, Kind]:
        """Of all parameters, those that apply to some designs only included."""
        return dict(self._kinds())

    def design(self, suggest: Suggest) -> Design:
        """The design of the parameters that `suggest` gives, which is asked for those only that
        the others leave a choice of.
        """
        values: dict[str, object] = {}
        for name in DRAW_ORDER:
            field = self.space.fields[name]
            if not field.applies(values):
                values[name] = DEFAULTS[name]
            elif isinstance(field.domain, Layers):
                values[name] = _layers(field.domain, suggest)
            else:
                values[name] = _value(name, field.domain, suggest)
            if name == "hidden":
                hidden = values[name]
                assert isinstance(hidden, tuple)
                values["n_layers"] = len(hidden)
        del values["n_layers"]
        return build_design(values)

    def parameters(self, design: Design) -> dict[str, float] | None:
        """What `design` would have been suggested by; a number that the space doesn't have is told
        by the nearest that it has. None: the space has nothing like it.
        """
        found: dict[str, float] = {}

        def look(name: str, kind: Kind) -> float:
            found[name] = value = _told(self.space, design, name, kind)
            return value

        try:
            self.design(look)
        except _Unlike:
            return None
        return found

    def _kinds(self) -> Iterator[tuple[str, Kind]]:
        for name in DRAW_ORDER:
            domain = self.space.fields[name].domain
            if isinstance(domain, Layers):
                if domain.high > domain.low:
                    yield "n_layers", Steps(domain.high - domain.low, ordered=True)
                if len(domain.widths) > 1:
                    widths = _steps(domain.widths)
                    yield from ((_width(layer), widths) for layer in range(domain.high))
            elif (kind := _kind(domain)) is not None:
                yield name, kind


class _Unlike(Exception):
    """A space has nothing like a design."""


def _width(layer: int) -> str:
    return f"width_{layer + 1}"


def _kind(domain: Choice | Range) -> Kind | None:
    """None: there is no choice."""
    if isinstance(domain, Range) and not domain.countable:
        return domain
    values = _sorted(domain.grid() if isinstance(domain, Range) else domain.values)
    return _steps(values) if len(values) > 1 else None


def _steps(values: tuple[object, ...]) -> Steps:
    return Steps(len(values) - 1, len(values) >= _LEAST_ORDERED and _are_numbers(values))


def _are_numbers(values: tuple[object, ...]) -> bool:
    return all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in values)


def _sorted(values: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(sorted(values)) if _are_numbers(values) else values  # type: ignore[type-var]  # Numbers.


def _layers(domain: Layers, suggest: Suggest) -> tuple[int, ...]:
    depth = domain.low
    if domain.high > domain.low:
        depth += int(suggest("n_layers", Steps(domain.high - domain.low, ordered=True)))
    widths = tuple(sorted(domain.widths))
    if len(widths) == 1:
        return widths * depth
    kind = _steps(widths)
    return tuple(widths[int(suggest(_width(layer), kind))] for layer in range(depth))


def _value(name: str, domain: Choice | Range, suggest: Suggest) -> object:
    kind = _kind(domain)
    if isinstance(domain, Range) and isinstance(kind, Range):
        return domain.settle(suggest(name, kind))
    values = _sorted(domain.grid() if isinstance(domain, Range) else domain.values)
    return values[0] if kind is None else values[int(suggest(name, kind))]


def _told(space: SearchSpace, design: Design, name: str, kind: Kind) -> float:
    """:raises _Unlike: there is nothing like it."""
    layers = space.fields["hidden"].domain
    if isinstance(layers, Layers) and name == "n_layers":
        if not layers.low <= design.n_layers <= layers.high:
            raise _Unlike
        return design.n_layers - layers.low
    if isinstance(layers, Layers) and name.startswith("width_"):
        return _place(tuple(sorted(layers.widths)), design.hidden[int(name[6:]) - 1], kind)
    value, domain = getattr(design, name), space.fields[name].domain
    if isinstance(kind, Range):
        return min(max(float(value), kind.low), kind.high)
    assert not isinstance(domain, Layers)
    values = _sorted(domain.grid() if isinstance(domain, Range) else domain.values)
    return _place(values, value, kind)


def _place(values: tuple[object, ...], value: object, kind: Kind) -> int:
    """Where it is, or would nearly be.

    :raises _Unlike: there is nothing like it.
    """
    if value in values:
        return values.index(value)
    if isinstance(kind, Steps) and _are_numbers((*values, value)):
        distances = [abs(each - value) for each in values]  # type: ignore[operator]  # Numbers.
        return distances.index(min(distances))
    raise _Unlike
