"""One optimizer step of all lanes, over the flat parameters, with each lane's own rates.

Formulas and constants are Keras 3's, so that the two engines agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import sqrt
from typing import Final

import torch
from torch import Tensor

from layerlab.domain.design import Design, Optimizer
from services.trainer.fused.layout import RULES, Slot
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
    """A piece of the flat parameters whose lanes share a rule; all [size]. None is 0 everywhere."""

    rule: str
    values: Tensor
    gradients: Tensor
    first: Tensor
    second: Tensor
    rates: Tensor
    """Learning rate of each element, in this step."""
    momenta: Tensor | None
    """Of sgd."""
    penalty: Tensor | None
    """Factor of the L2 term in the gradient."""
    decay: Tensor | None
    """Decoupled weight decay, if `lanes` is given."""
    shrink: Tensor | None
    """What decoupled weight decay multiplies by, 1 - rate x decay; None: 1 everywhere."""
    lanes: Tensor | None
    """The lane of each element; None: all of them keep their rates."""

    def set_rates(self, rates: Tensor) -> None:
        """`rates` [lanes]."""
        if self.lanes is not None:
            torch.index_select(rates, 0, self.lanes, out=self.rates)
            if self.decay is not None and self.shrink is not None:
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
            if each.shrink is not None:
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
    if each.momenta is None:
        each.first.zero_()
    else:
        each.first.mul_(each.momenta)
    each.first.addcmul_(each.gradients, each.rates, value=-1)
    each.values.add_(each.first)


_STEPS: Final[Mapping[str, Callable[[_Range, int, Tensor, Tensor], None]]] = {
    "adam": _adam,
    "rmsprop": _rmsprop,
    "sgd": _sgd,
}


def _ranges(parameters: Parameters) -> Iterator[_Range]:
    places = list(_rule_pieces(parameters))
    pieces = [slice(start, stop) for _, start, stop in places]
    rates = _per_element(parameters, lambda slot, design: design.learning_rate)
    momenta = _cut(_per_element(parameters, _momentum), pieces)
    penalties = _cut(_per_element(parameters, _penalty), pieces)
    decays = _cut(_per_element(parameters, _decay), pieces)
    lanes = _lanes(parameters, pieces)
    for at, (rule, _, _) in enumerate(places):
        piece, decay = pieces[at], decays[at]
        yield _Range(
            rule,
            parameters.values[piece],
            parameters.gradients[piece],
            parameters.first[piece],
            parameters.second[piece],
            rates[piece],
            momenta[at],
            penalties[at],
            decay=None if lanes[at] is None else decay,
            shrink=None if decay is None else 1 - rates[piece] * decay,
            lanes=lanes[at],
        )


def _lanes(parameters: Parameters, pieces: Sequence[slice]) -> list[Tensor | None]:
    """The lane of each element, for pieces with lanes whose rates vary."""
    varied = _cut(_per_element(parameters, lambda _, design: not is_constant(design)), pieces)
    lanes = _per_element(parameters, lambda slot, design: slot.lane, torch.int32)
    return [
        None if each is None else lanes[piece].clone()
        for each, piece in zip(varied, pieces, strict=True)
    ]


def _momentum(slot: Slot, design: Design) -> float:
    return design.momentum if design.optimizer is Optimizer.SGD else 0.0


def _penalty(slot: Slot, design: Design) -> float:
    return design.weight_decay if slot.is_weight and not _decouples(design) else 0.0


def _decay(slot: Slot, design: Design) -> float:
    return design.weight_decay if slot.is_weight and _decouples(design) else 0.0


def _decouples(design: Design) -> bool:
    return design.optimizer is Optimizer.ADAMW


def _per_element(
    parameters: Parameters,
    option: Callable[[Slot, Design], float],
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """An option of its lane for each parameter, [size]."""
    layout, device = parameters.layout, parameters.values.device
    slots = [slot for slot in layout.slots if not slot.is_statistic]
    options = [option(slot, layout.lanes[slot.lane].design) for slot in slots]
    sizes = torch.tensor([slot.size for slot in slots], device=device)
    return torch.tensor(options, dtype=dtype, device=device).repeat_interleave(sizes)


def _cut(options: Tensor, pieces: Sequence[slice]) -> list[Tensor | None]:
    """Copies, None where an option is 0 everywhere: what no lane needs is not kept in memory."""
    return [options[each].clone() if options[each].any() else None for each in pieces]


def _rule_pieces(parameters: Parameters) -> Iterator[tuple[str, int, int]]:
    """Neighbouring tensors of one rule, cut into chunks: (rule, start, stop)."""
    layout = parameters.layout
    slots = [slot for slot in layout.slots if not slot.is_statistic]
    for rule, group in groupby(slots, lambda s: RULES[layout.lanes[s.lane].design.optimizer]):
        members = list(group)
        stop = members[-1].stop
        for start in range(members[0].start, stop, _CHUNK):
            yield rule, start, min(start + _CHUNK, stop)
