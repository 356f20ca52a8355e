"""How much Hyperband trains: its brackets, their lanes, and the epochs of a lane in them.

A bracket with s halvings trains its lanes for R η^-s epochs, keeps 1/η of them for η times as many
epochs, and so on, until those that are left have trained for R (`max_epochs`) epochs.

Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar: Hyperband (JMLR 18, 2018), algorithm 1.
"""

from __future__ import annotations

from collections.abc import Callable

from layerlab.domain.halving import Halving


def mean_epochs(halving: Halving, max_epochs: int) -> float:
    """Of a lane, over the brackets of a whole Hyperband: each costs as much as the others."""
    most = most_halvings(halving, max_epochs)
    return (most + 1) ** 2 * max_epochs / sum(lanes_of_brackets(most, halving.factor))


def most_halvings(halving: Halving, max_epochs: int) -> int:
    """s_max: so many rungs fit between `min_epochs` and `max_epochs`."""
    halvings = 0
    while halving.min_epochs * halving.factor ** (halvings + 1) <= max_epochs:
        halvings += 1
    return halvings


def lanes_of_brackets(most: int, factor: int) -> list[int]:
    """What Hyperband gives the brackets with 0, 1, … `most` halvings."""
    return [-(-((most + 1) * factor**s) // (s + 1)) for s in range(most + 1)]


def trained_epochs(
    halving: Halving | None, max_epochs: int, goes_on: Callable[[int], float]
) -> float:
    """Of a lane, on average, where lanes also end for themselves: `goes_on(e)` of them train for
    longer than e epochs if nobody drops them. Those that have ended take no place at a rung.
    """
    if halving is None:
        return sum(goes_on(epoch) for epoch in range(max_epochs))
    most = most_halvings(halving, max_epochs)
    lanes = lanes_of_brackets(most, halving.factor)
    return sum(
        share * _bracket_epochs(halvings, halving.factor, max_epochs, goes_on)
        for halvings, share in enumerate(lanes)
    ) / sum(lanes)


def _bracket_epochs(
    halvings: int, factor: int, max_epochs: int, goes_on: Callable[[int], float]
) -> float:
    rungs = [max_epochs // factor ** (halvings - done) for done in range(halvings)]
    total, kept = 0.0, 1.0
    for epoch in range(max_epochs):
        while rungs and epoch >= rungs[0]:
            rungs.pop(0)
            kept /= factor
        total += min(kept, goes_on(epoch))
    return total
