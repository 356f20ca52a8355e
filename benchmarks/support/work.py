"""The work in designs, and what follows from it for a comparison. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final, TypeVar

T = TypeVar("T")

_HOUR_SECONDS: Final = 3600.0


def train_flops(hidden: Sequence[int], n_inputs: int, n_outputs: int) -> int:
    """Multiplications and additions of the matrix products that one row costs in training.

    Forwards each layer is one product, backwards two: the weights' gradient and the inputs', which
    nobody needs of the first layer. What else is computed (activations, norms, the optimizer) is
    not counted.
    """
    layers = [a * b for a, b in pairwise((n_inputs, *hidden, n_outputs))]
    return 6 * sum(layers) - 2 * layers[0]


def trials_per_hour(trials: int, seconds: float) -> float:
    """A rate measured over `seconds`, extrapolated to an hour; 0 without a trial."""
    return trials * _HOUR_SECONDS / seconds if trials else 0.0


def spread_by(items: Sequence[T], work: Callable[[T], float]) -> list[T]:
    """The items in an order of which every beginning is like the whole, as far as `work` goes.

    They are ranked by work, and visited in the van der Corput sequence of their ranks: first the
    middle one, then the quarters, and so on. So a slow rival, that trains 10 of 1,000 designs,
    trains small and large ones in proportion, and not 10 that happened to be large.
    """
    ranked = sorted(items, key=work)
    bits = max(1, (len(ranked) - 1).bit_length())
    keys = (int(f"{number:0{bits}b}"[::-1], 2) for number in range(1, 2**bits))
    order = [each for each in keys if each < len(ranked)]
    return [ranked[each] for each in [*order, 0][: len(ranked)]]
