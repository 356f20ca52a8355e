"""The designs of a space, by index: no list of them is ever made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from layerlab.domain.design import Design, build_design
from layerlab.domain.space import (
    CONDITION_FIELDS,
    DEFAULTS,
    DRAW_ORDER,
    Choice,
    Domain,
    Layers,
    Range,
    SearchSpace,
)

# The values chosen so far that conditions may look at, in the order of DRAW_ORDER.
_Chosen = tuple[tuple[str, object], ...]
_END: Final = len(DRAW_ORDER)


@dataclass(frozen=True, slots=True)
class _Option:
    """`many` values of a field that leave the same choices for the fields after it."""

    many: int
    pick: Callable[[int], object]
    condition: object = None


class Enumeration:
    """Mixed-radix counting over a space, with its conditions; a range has its grid's values."""

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._sizes: dict[tuple[int, _Chosen], int] = {}
        self.size = self._size(0, ())

    def design(self, index: int) -> Design:
        """The design number `index`, from 0.

        :raises IndexError: when there are not as many.
        """
        if not 0 <= index < self.size:
            raise IndexError(index)
        values: dict[str, object] = {}
        chosen: _Chosen = ()
        for position, name in enumerate(DRAW_ORDER):
            for option in self._options(name, chosen):
                after = _extend(chosen, name, option)
                rest = self._size(position + 1, after)
                if index < option.many * rest:
                    inner, index = divmod(index, rest)
                    values[name], chosen = option.pick(inner), after
                    break
                index -= option.many * rest
        return build_design(values)

    def _size(self, position: int, chosen: _Chosen) -> int:
        """How many ways there are to choose the fields from `position` on."""
        if position == _END:
            return 1
        key = (position, chosen)
        if key not in self._sizes:
            name = DRAW_ORDER[position]
            self._sizes[key] = sum(
                option.many * self._size(position + 1, _extend(chosen, name, option))
                for option in self._options(name, chosen)
            )
        return self._sizes[key]

    def _options(self, name: str, chosen: _Chosen) -> Iterator[_Option]:
        space = self._space.fields[name]
        if not space.applies(dict(chosen)):
            yield _Option(1, partial(_always, DEFAULTS[name]), DEFAULTS[name])
        elif isinstance(space.domain, Layers):
            yield from _layer_options(space.domain)
        elif name == "hidden" or name in CONDITION_FIELDS:
            for value in _values(space.domain):
                condition = len(value) if isinstance(value, tuple) else value
                yield _Option(1, partial(_always, value), condition)
        else:
            values = _values(space.domain)
            yield _Option(len(values), values.__getitem__)


def _extend(chosen: _Chosen, name: str, option: _Option) -> _Chosen:
    if name == "hidden":
        return (("n_layers", option.condition),)
    return (*chosen, (name, option.condition)) if name in CONDITION_FIELDS else chosen


def _layer_options(domain: Layers) -> Iterator[_Option]:
    for depth in range(domain.low, domain.high + 1):
        many = len(domain.widths) ** depth
        yield _Option(many, partial(_widths, domain.widths, depth), depth)


def _always(value: object, index: int) -> object:
    return value


def _widths(choices: tuple[int, ...], depth: int, index: int) -> tuple[int, ...]:
    widths: list[int] = []
    for _ in range(depth):
        index, digit = divmod(index, len(choices))
        widths.append(choices[digit])
    return tuple(reversed(widths))


def _values(domain: Domain) -> tuple[object, ...]:
    if isinstance(domain, Choice):
        return domain.values
    assert isinstance(domain, Range)
    return domain.grid()
