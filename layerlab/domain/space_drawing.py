"""Designs drawn from a space at random."""

from __future__ import annotations

import random

from layerlab.domain.design import Design, build_design
from layerlab.domain.space import DEFAULTS, DRAW_ORDER, Choice, Domain, Layers, SearchSpace


def draw_design(space: SearchSpace, draw: random.Random) -> Design:
    """A design of the space; a field whose conditions don't hold keeps its default.

    Each field is drawn on its own, and the depth before the widths, so that shallow networks are
    as likely as deep ones although there are far fewer of them.
    """
    values: dict[str, object] = {}
    for name in DRAW_ORDER:
        each = space.fields[name]
        applies = each.applies(values)
        values[name] = _draw_value(each.domain, draw) if applies else DEFAULTS[name]
        if name == "hidden":
            hidden = values[name]
            assert isinstance(hidden, tuple)
            values["n_layers"] = len(hidden)
    del values["n_layers"]
    return build_design(values)


def _draw_value(domain: Domain, draw: random.Random) -> object:
    if isinstance(domain, Choice):
        return draw.choice(domain.values)
    if isinstance(domain, Layers):
        depth = draw.randint(domain.low, domain.high)
        return tuple(draw.choice(domain.widths) for _ in range(depth))
    return draw.choice(domain.grid()) if domain.countable else domain.at(draw.random())
