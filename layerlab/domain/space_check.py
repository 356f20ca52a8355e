"""Whether a space makes sense: conditions that can hold, constraints that allow some of it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from layerlab.domain.constraints import Constraints
from layerlab.domain.problem import InvalidInput
from layerlab.domain.space import DEFAULTS, DRAW_ORDER, Choice, Domain, Layers, SearchSpace
from layerlab.domain.space_drawing import draw_design
from layerlab.domain.table_shape import TableShape

# What a condition may look at, as the fields that decide it.
_FIELDS_OF: Final = {"n_layers": "hidden"}
_SAMPLE: Final = 1_000
# A search draws until it has a design that is allowed; of one in 200, hundreds cost it a second.
_LEAST: Final = 5


def allowed_share(
    space: SearchSpace, constraints: Constraints, table: TableShape, max_epochs: int
) -> float:
    """The part of the space that is allowed, from 0 to 1: of 1,000 designs that are drawn at
    random, always the same ones. 1 without constraints.
    """
    if constraints.are_none:
        return 1.0
    draw = random.Random("constraints")
    drawn = (draw_design(space, draw) for _ in range(_SAMPLE))
    return sum(constraints.allow(each, table, max_epochs) for each in drawn) / _SAMPLE


def check_constraints(
    space: SearchSpace, constraints: Constraints, table: TableShape, max_epochs: int
) -> None:
    """:raises InvalidInput: `constraints_too_tight`, when hardly any design is allowed."""
    share = allowed_share(space, constraints, table, max_epochs)
    if share * _SAMPLE < _LEAST:
        said = "no design" if share == 0 else f"{share:.1%}"
        raise InvalidInput(
            "constraints_too_tight",
            f"The constraints allow {said} of the space: of {_SAMPLE:,} designs drawn from it, "
            f"{round(share * _SAMPLE)}.",
            hint="Loosen `constraints`, or give `space` smaller networks.",
            field="constraints",
        )


def check_conditions(space: SearchSpace, names: Iterable[str]) -> None:
    """Whether each of those fields can apply to some design.

    :raises InvalidInput: `invalid_space`, naming the field.
    """
    for name in names:
        if not _can_apply(space, name):
            said = " and ".join(
                f"`{parent}` is {' or '.join(map(str, values))}"
                for parent, values in space.fields[name].when.items()
            )
            raise InvalidInput(
                "invalid_space",
                f"`{name}` never applies: no design of the space has that {said}.",
                hint="Let its condition be one that the other fields can meet, or leave it out.",
                field=f"space.{name}",
            )


def _can_apply(space: SearchSpace, name: str) -> bool:
    asked = _deciding(space, name)
    parents = [each for each in DRAW_ORDER if each in asked]
    return any(space.fields[name].applies(chosen) for chosen in _choices(space, parents, {}))


def _deciding(space: SearchSpace, name: str) -> set[str]:
    """The fields that its conditions look at, and those that theirs look at."""
    found: set[str] = set()
    for parent in space.fields[name].when:
        field = _FIELDS_OF.get(parent, parent)
        found |= {field} | _deciding(space, field)
    return found


def _choices(
    space: SearchSpace, names: Sequence[str], chosen: Mapping[str, object]
) -> Iterator[Mapping[str, object]]:
    """Every way to choose those fields, as conditions see them."""
    if not names:
        yield chosen
        return
    name, rest = names[0], names[1:]
    field = space.fields[name]
    if name == "hidden":
        options: Iterable[object] = _depths(field.domain)
    elif not field.applies(chosen):
        options = (DEFAULTS[name],)
    else:
        assert isinstance(field.domain, Choice)
        options = field.domain.values
    seen = "n_layers" if name == "hidden" else name
    for option in options:
        yield from _choices(space, rest, {**chosen, seen: option})


def _depths(domain: Domain) -> Iterable[int]:
    if isinstance(domain, Layers):
        return range(domain.low, domain.high + 1)
    assert isinstance(domain, Choice)
    return {len(each) for each in domain.values if isinstance(each, tuple)}
