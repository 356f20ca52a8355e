"""How many threads training is worth."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from layerlab.domain.design import Design

# Threads meet after every operation. Below this much work in a matrix product (about 50 µs of a
# core), meeting costs more than it saves; beside other busy processes it costs several times more.
_WORTHWHILE_FLOPS: Final = 4_000_000


def worthwhile_threads(products: int, flops: int, available: int) -> int:
    """`flops` of all matrix products of a step forward, and how many products these are."""
    return available if flops >= _WORTHWHILE_FLOPS * products else 1


def forward_flops(design: Design, n_inputs: int, n_outputs: int) -> int:
    """Multiplications and additions of one batch's matrix products."""
    widths = (n_inputs, *design.hidden, n_outputs)
    return 2 * design.batch_size * sum(a * b for a, b in pairwise(widths))
