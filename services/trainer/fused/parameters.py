"""All lanes' tensors in a few flat ones, and each lane's named tensors in and out of them."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from services.trainer.engine import Floats, Weights
from services.trainer.fused.layout import Layout, Slot


class Parameters:
    """Parameters, gradients, optimizer state and best-so-far of every lane, each [size], float32.

    `first` and `second` are the optimizer's moments; what they mean is its rule's business.
    """

    def __init__(self, layout: Layout, device: torch.device) -> None:
        self.layout = layout
        size, statistics = layout.parameters_size, layout.statistics_size
        self.values = torch.zeros(size, device=device)
        self.gradients = torch.zeros(size, device=device)
        self.first = torch.zeros(size, device=device)
        self.second = torch.zeros(size, device=device)
        self.best = torch.zeros(size, device=device)
        self.statistics = torch.zeros(statistics, device=device)
        self.best_statistics = torch.zeros(statistics, device=device)
        self._slots = {lane.number: list[Slot]() for lane in layout.lanes}
        for slot in layout.slots:
            self._slots[layout.lanes[slot.lane].number].append(slot)

    def load(self, number: int, weights: Weights) -> None:
        for slot in self._slots[number]:
            tensor = torch.from_numpy(weights[slot.name])
            target = self.statistics if slot.is_statistic else self.values
            _view(target, slot).copy_(tensor.T if slot.is_weight else tensor)

    def save_best(self, number: int) -> None:
        """Keeps a lane's current tensors as its best."""
        for slot, current, best in self._pairs(number):
            best[slot.start : slot.stop].copy_(current[slot.start : slot.stop])

    def best_of(self, number: int) -> dict[str, Floats]:
        """A copy of the lane's best tensors, by name, in their named shapes."""
        weights: dict[str, Floats] = {}
        for slot, _, best in self._pairs(number):
            tensor = _view(best, slot)
            tensor = tensor.T if slot.is_weight else tensor
            weights[slot.name] = tensor.contiguous().cpu().clone().numpy()
        return weights

    def take_over(self, older: Parameters) -> None:
        """Copies the lanes of this layout from an older one that has them all."""
        for number, slots in self._slots.items():
            for slot, past in zip(slots, older._slots[number], strict=True):
                for into, out_of in zip(self._of(slot), older._of(past), strict=True):
                    into[slot.start : slot.stop].copy_(out_of[past.start : past.stop])

    def _of(self, slot: Slot) -> tuple[Tensor, ...]:
        if slot.is_statistic:
            return (self.statistics, self.best_statistics)
        return (self.values, self.first, self.second, self.best)

    def _pairs(self, number: int) -> Iterator[tuple[Slot, Tensor, Tensor]]:
        for slot in self._slots[number]:
            if slot.is_statistic:
                yield slot, self.statistics, self.best_statistics
            else:
                yield slot, self.values, self.best


def _view(flat: Tensor, slot: Slot) -> Tensor:
    shape = slot.shape[::-1] if slot.is_weight else slot.shape
    return flat[slot.start : slot.stop].view(shape)
