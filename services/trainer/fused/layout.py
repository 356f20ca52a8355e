"""Where each lane's units and tensors lie in the shared buffers. Pure: numbers only.

Hidden layers of equal index form a *level*. At a level, the units of all lanes that are deep
enough are the rows of one matrix [rows, batch], lane after lane, so that nothing is padded.
Lanes are sorted by their options, so that an option is a few row ranges of every level.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import prod
from typing import Final, TypeVar

from layerlab.domain.design import Activation, Design, Norm, Optimizer
from layerlab.domain.study import Proposal
from services.trainer.initial import tensor_shapes

INPUT: Final = -1
"""The level that holds the features."""

# Adam is AdamW without decay, so that they are one rule.
RULES: Final = {
    Optimizer.ADAM: "adam",
    Optimizer.ADAMW: "adam",
    Optimizer.RMSPROP: "rmsprop",
    Optimizer.SGD: "sgd",
}

_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring lanes whose linear layers have one shape, so that one batched product does.

    Rows `in_start`… of level `source` make rows `out_start`… of its own level; of the level
    INPUT, `in_start` counts lanes. Weights are at `weight_start` of the parameters, [count,
    n_out, n_in].
    """

    count: int
    n_in: int
    n_out: int
    source: int
    in_start: int
    out_start: int
    weight_start: int


@dataclass(frozen=True, slots=True)
class Block:
    """One lane's rows at a level. `lane` is its place in the layout."""

    lane: int
    design: Design
    start: int
    width: int

    @property
    def stop(self) -> int:
        return self.start + self.width


@dataclass(frozen=True, slots=True)
class Span:
    """Neighbouring blocks that share an option."""

    blocks: tuple[Block, ...]

    @property
    def start(self) -> int:
        return self.blocks[0].start

    @property
    def stop(self) -> int:
        return self.blocks[-1].stop


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A residual connection: rows of the level below that are added to rows of this one."""

    source: int
    in_start: int
    out_start: int
    rows: int


@dataclass(frozen=True, slots=True)
class Level:
    """The hidden layers with this index, of all lanes that have one."""

    index: int
    blocks: tuple[Block, ...]
    runs: tuple[Run, ...]
    shortcuts: tuple[Shortcut, ...]
    weights: slice
    bias_start: int

    @property
    def rows(self) -> int:
        return self.blocks[-1].stop

    @property
    def has_dropout(self) -> bool:
        return any(block.design.dropout > 0 for block in self.blocks)

    def spans(self, option: Callable[[Design], _Key]) -> list[tuple[_Key, Span]]:
        return [
            (key, Span(tuple(blocks)))
            for key, blocks in groupby(self.blocks, key=lambda block: option(block.design))
        ]


@dataclass(frozen=True, slots=True)
class Slot:
    """Where one named tensor of one lane lies: in the parameters, or in the statistics.

    A weight is kept as [n_out, n_in], the transpose of its named shape.
    """

    lane: int
    name: str
    shape: tuple[int, ...]
    start: int

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def stop(self) -> int:
        return self.start + self.size

    @property
    def is_statistic(self) -> bool:
        return _is_statistic(self.name)

    @property
    def is_weight(self) -> bool:
        return self.name.endswith(".weight")


@dataclass(frozen=True, slots=True)
class Layout:
    """All places, for these lanes in this order."""

    lanes: tuple[Proposal, ...]
    n_inputs: int
    n_outputs: int
    levels: tuple[Level, ...]
    output_runs: tuple[Run, ...]
    slots: tuple[Slot, ...]
    weights_size: int
    parameters_size: int
    statistics_size: int
    starts: Mapping[tuple[int, str], int]
    """Where a lane's named tensor starts."""


def lay_out(lanes: Iterable[Proposal], n_inputs: int, n_outputs: int) -> Layout:
    """Sorts the lanes and gives every unit and tensor its place."""
    ordered = tuple(sorted(lanes, key=_order))
    slots, weights_size, sizes = _slots([lane.design for lane in ordered], n_inputs, n_outputs)
    starts = {(slot.lane, slot.name): slot.start for slot in slots}
    levels: list[Level] = []
    for index in range(max(lane.design.n_layers for lane in ordered)):
        levels.append(_level(index, ordered, levels, n_inputs, starts))
    return Layout(
        lanes=ordered,
        n_inputs=n_inputs,
        n_outputs=n_outputs,
        levels=tuple(levels),
        output_runs=_output_runs(ordered, levels, n_inputs, n_outputs, starts),
        slots=slots,
        weights_size=weights_size,
        parameters_size=sizes[False],
        statistics_size=sizes[True],
        starts=starts,
    )


def _order(lane: Proposal) -> tuple[object, ...]:
    """Options first, so that each is a few row ranges; then shape, so that runs are long."""
    design = lane.design
    return (
        RULES[design.optimizer],
        list(Norm).index(design.norm),
        list(Activation).index(design.activation),
        -design.n_layers,
        design.hidden,
        lane.number,
    )


def _slots(
    designs: Sequence[Design], n_inputs: int, n_outputs: int
) -> tuple[tuple[Slot, ...], int, dict[bool, int]]:
    """Level by level, lane by lane, and the weights first: decay touches only them."""
    shapes = [tensor_shapes(design, n_inputs, n_outputs) for design in designs]
    names = sorted({name for each in shapes for name in each}, key=_name_order)
    sizes = {False: 0, True: 0}
    weights_size = 0
    slots: list[Slot] = []
    for name in names:
        for lane, each in enumerate(shapes):
            if name in each:
                slot = Slot(lane, name, each[name], sizes[_is_statistic(name)])
                sizes[slot.is_statistic] = slot.stop
                slots.append(slot)
        if name.endswith(".weight"):
            weights_size = sizes[False]
    return tuple(slots), weights_size, sizes


def _name_order(name: str) -> tuple[bool, str, int]:
    kind = name.rsplit(".", 1)[-1]
    index = int(name.split(".")[1]) if name.startswith("hidden.") else 1 << 30
    return (kind != "weight", kind, index)


def _is_statistic(name: str) -> bool:
    return name.endswith((".mean", ".variance"))


def _level(
    index: int,
    lanes: Sequence[Proposal],
    below: Sequence[Level],
    n_inputs: int,
    starts: dict[tuple[int, str], int],
) -> Level:
    blocks: list[Block] = []
    for lane, each in enumerate(lanes):
        if each.design.n_layers > index:
            start = blocks[-1].stop if blocks else 0
            blocks.append(Block(lane, each.design, start, each.design.hidden[index]))
    feeds = _feeds(below[-1] if below else None, len(lanes), n_inputs)
    name = f"hidden.{index}.weight"
    links = [(feeds[b.lane], b.start, b.width, starts[b.lane, name]) for b in blocks]
    first, last = blocks[0], blocks[-1]
    weights_stop = starts[last.lane, name] + feeds[last.lane][2] * last.width
    return Level(
        index=index,
        blocks=tuple(blocks),
        runs=_merge_runs(links),
        shortcuts=_shortcuts(blocks, feeds),
        weights=slice(starts[first.lane, name], weights_stop),
        bias_start=starts[first.lane, f"hidden.{index}.bias"],
    )


_Feed = tuple[int, int, int]
"""Where a lane's values come from: level, row (for INPUT: lane) and number of rows."""


def _feeds(below: Level | None, lanes: int, n_inputs: int) -> dict[int, _Feed]:
    if below is None:
        return {lane: (INPUT, lane, n_inputs) for lane in range(lanes)}
    return {block.lane: (below.index, block.start, block.width) for block in below.blocks}


def _shortcuts(blocks: Sequence[Block], feeds: dict[int, _Feed]) -> tuple[Shortcut, ...]:
    return tuple(
        Shortcut(source, in_start, block.start, block.width)
        for block in blocks
        for source, in_start, width in [feeds[block.lane]]
        if block.design.residual and width == block.width
    )


def _output_runs(
    lanes: Sequence[Proposal],
    levels: Sequence[Level],
    n_inputs: int,
    n_outputs: int,
    starts: dict[tuple[int, str], int],
) -> tuple[Run, ...]:
    feeds = _feeds(None, len(lanes), n_inputs)
    for level in levels:
        feeds |= _feeds(level, len(lanes), n_inputs)
    return _merge_runs(
        [
            (feeds[lane], lane * n_outputs, n_outputs, starts[lane, "output.weight"])
            for lane in range(len(lanes))
        ]
    )


def _merge_runs(links: Sequence[tuple[_Feed, int, int, int]]) -> tuple[Run, ...]:
    """One run for as many neighbours as have one shape and lie side by side on both levels."""
    runs: list[Run] = []
    for (source, in_start, n_in), out_start, n_out, weight_start in links:
        last = runs[-1] if runs else None
        step = 1 if source == INPUT else n_in
        if (
            last
            and (last.source, last.n_in, last.n_out) == (source, n_in, n_out)
            and last.in_start + last.count * step == in_start
            and last.out_start + last.count * n_out == out_start
        ):
            runs[-1] = Run(
                last.count + 1,
                n_in,
                n_out,
                source,
                last.in_start,
                last.out_start,
                last.weight_start,
            )
        else:
            runs.append(Run(1, n_in, n_out, source, in_start, out_start, weight_start))
    return tuple(runs)
