"""One optimizer step of all lanes, over the flat parameters, with each lane's own rates.

Formulas and constants are Keras 3's, so that the two engines agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from math import sqrt
from typing import Final

import torch
from torch import Tensor

from layerlab.domain.design import Optimizer
from services.trainer.fused.layout import RULES
from services.trainer.fused.parameters import Parameters
from services.trainer.schedules import is_constant

RHO: Final = 0.9
BETA_1: Final = 0.9
BETA_2: Final = 0.999
EPSILON: Final = 1e-7

# Elements updated at a time: several operations on what still is in a core's cache.
_CHUNK: Final = 1 << 17


@dataclass(frozen=True, slots=True)
class _Range:
    """A piece of the flat parameters whose lanes share a rule; all [size]."""

    rule: str
    values: Tensor
    gradients: Tensor
    first: Tensor
    second: Tensor
    momenta: Tensor
    """Of sgd."""
    rates: Tensor
    """Learning rate of each element, in this step."""
    lanes: Tensor | None
    """The lane of each element; None if all keep their rates."""
    penalty: Tensor | None
    """Factor of the L2 term in the gradient; None if 0 everywhere."""
    decay: Tensor | None
    """Decoupled weight decay; None if 0 everywhere."""
    shrink: Tensor
    """What decoupled weight decay multiplies by: 1 - rate x decay."""

    def set_rates(self, rates: Tensor) -> None:
        """`rates` [lanes]."""
        if self.lanes is not None:
            torch.index_select(rates, 0, self.lanes, out=self.rates)
            self.set_shrink()

    def set_shrink(self) -> None:
        if self.decay is not None:
            torch.mul(self.rates, self.decay, out=self.shrink).neg_().add_(1)


class OptimizerStep:
    """Applies the gradients. All lanes have taken the same number of steps."""

    def __init__(self, parameters: Parameters) -> None:
        self._ranges = list(_ranges(parameters))
        size = min(_CHUNK, len(parameters.values))
        self._scratch = parameters.values.new_empty(2, size)

    def apply(self, step: int, rates: Tensor) -> None:
        """`step` counts from 1; `rates` [lanes] are its learning rates."""
        for each in self._ranges:
            each.set_rates(rates)
            if each.penalty is not None:
                each.gradients.addcmul_(each.penalty, each.values)
            if each.decay is not None:
                each.values.mul_(each.shrink)
            size = len(each.values)
            _STEPS[each.rule](each, step, self._scratch[0, :size], self._scratch[1, :size])


def _adam(each: _Range, step: int, update: Tensor, root: Tensor) -> None:
    """Kingma and Ba 2015, with the bias correction in the rate, before epsilon, as in Keras."""
    each.first.lerp_(each.gradients, 1 - BETA_1)
    each.second.mul_(BETA_2).addcmul_(each.gradients, each.gradients, value=1 - BETA_2)
    torch.sqrt(each.second, out=root).add_(EPSILON)
    torch.mul(each.first, each.rates, out=update)
    correction = sqrt(1 - BETA_2**step) / (1 - BETA_1**step)
    each.values.addcdiv_(update, root, value=-correction)


def _rmsprop(each: _Range, step: int, update: Tensor, root: Tensor) -> None:
    each.second.mul_(RHO).addcmul_(each.gradients, each.gradients, value=1 - RHO)
    torch.add(each.second, EPSILON, out=root).sqrt_()
    torch.mul(each.gradients, each.rates, out=update)
    each.values.addcdiv_(update, root, value=-1)


def _sgd(each: _Range, step: int, update: Tensor, root: Tensor) -> None:
    each.first.mul_(each.momenta).addcmul_(each.gradients, each.rates, value=-1)
    each.values.add_(each.first)


_STEPS: Final[Mapping[str, Callable[[_Range, int, Tensor, Tensor], None]]] = {
    "adam": _adam,
    "rmsprop": _rmsprop,
    "sgd": _sgd,
}


def _ranges(parameters: Parameters) -> Iterator[_Range]:
    layout = parameters.layout
    rates, momenta, penalty, decay, shrink = (torch.zeros_like(parameters.values) for _ in range(5))
    lanes = torch.zeros_like(parameters.values, dtype=torch.int32)
    varied = torch.zeros_like(parameters.values, dtype=torch.bool)
    for slot in layout.slots:
        if not slot.is_statistic:
            design, own = layout.lanes[slot.lane].design, slice(slot.start, slot.stop)
            decoupled = design.optimizer is Optimizer.ADAMW
            if slot.is_weight:
                (decay if decoupled else penalty)[own] = design.weight_decay
            rates[own], momenta[own] = design.learning_rate, design.momentum
            lanes[own], varied[own] = slot.lane, not is_constant(design)
    for rule, start, stop in _rule_pieces(parameters):
        piece = slice(start, stop)
        made = _Range(
            rule,
            parameters.values[piece],
            parameters.gradients[piece],
            parameters.first[piece],
            parameters.second[piece],
            momenta[piece],
            rates[piece],
            lanes[piece] if varied[piece].any() else None,
            penalty[piece] if penalty[piece].any() else None,
            decay[piece] if decay[piece].any() else None,
            shrink[piece],
        )
        made.set_shrink()
        yield made


def _rule_pieces(parameters: Parameters) -> Iterator[tuple[str, int, int]]:
    """Neighbouring tensors of one rule, cut into chunks: (rule, start, stop)."""
    layout = parameters.layout
    slots = [slot for slot in layout.slots if not slot.is_statistic]
    for rule, group in groupby(slots, lambda s: RULES[layout.lanes[s.lane].design.optimizer]):
        members = list(group)
        stop = members[-1].stop
        for start in range(members[0].start, stop, _CHUNK):
            yield rule, start, min(start + _CHUNK, stop)
