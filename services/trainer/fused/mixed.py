"""Lanes of several batch sizes: a stack for each size, which take turns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from layerlab.domain.study import Proposal
from services.trainer.engine import Weights
from services.trainer.fused.stack import Stack
from services.trainer.lockstep import Scores


class MixedStack:
    """A LaneStack. Between two turns, its stacks have seen equally many rows, to within a batch."""

    def __init__(self, stacks: Sequence[Stack]) -> None:
        self._stacks = stacks
        self.lanes: Sequence[Proposal] = [lane for each in stacks for lane in each.lanes]
        self._of = {lane.number: each for each in stacks for lane in each.lanes}

    def train_epoch(self, epoch: int) -> Iterator[int]:
        # A turn is one batch of the largest size, or as many of a smaller one.
        turn = max(each.batch_size for each in self._stacks)
        running = {each: each.train_epoch(epoch) for each in self._stacks}
        seen = dict.fromkeys(self._stacks, 0)
        until = turn
        while running:
            for stack in tuple(running):
                while seen[stack] < until:
                    rows = next(running[stack], None)
                    if rows is None:
                        del running[stack]
                        break
                    seen[stack] = rows
            until += turn
            if running:
                yield min(seen.values())
        yield min(seen.values())

    def losses(self) -> list[float]:
        return [loss for each in self._stacks for loss in each.losses()]

    def evaluate(self, beat: Callable[[], None] | None = None) -> Scores:
        parts = [each.evaluate(beat) for each in self._stacks]
        return Scores(
            [loss for each in parts for loss in each.losses],
            [score for each in parts for score in each.scores],
        )

    def save_best(self, number: int) -> None:
        self._of[number].save_best(number)

    def best_of(self, number: int) -> Weights:
        return self._of[number].best_of(number)

    def without(self, numbers: Collection[int]) -> MixedStack:
        rest = []
        for stack in self._stacks:
            gone = {lane.number for lane in stack.lanes} & set(numbers)
            if not gone:
                rest.append(stack)
            elif len(gone) < len(stack.lanes):
                rest.append(stack.without(gone))
        return MixedStack(rest)
