"""The fused engine: a cohort's lanes in one stack, or one for each batch size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import torch

from layerlab.domain.footprint import Kernel
from layerlab.domain.study import Proposal
from services.trainer.control import Control
from services.trainer.engine import Limits, Matrices, Rows, Tick, Weights
from services.trainer.fused.evaluation import evaluate
from services.trainer.fused.layout import lay_out
from services.trainer.fused.mixed import MixedStack
from services.trainer.fused.parameters import Parameters
from services.trainer.fused.stack import Stack, Tables, read_table
from services.trainer.initial import initial_weights
from services.trainer.lockstep import Lockstep
from services.trainer.scoring import Measure


@dataclass(frozen=True, slots=True)
class FusedEngine:
    """All lanes of a cohort that share a batch size in one stack."""

    device: torch.device
    threads: int = 1
    """At most; small products get one."""

    @property
    def kernel(self) -> Kernel:
        return Kernel.STACK if self.device.type == "cpu" else Kernel.DEVICE_STACK

    @torch.inference_mode()
    def train(
        self, lanes: Sequence[Proposal], matrices: Matrices, limits: Limits, control: Control
    ) -> Iterator[Tick]:
        shape = matrices.n_inputs, matrices.n_outputs
        tables = Tables.read(matrices, self.device)
        stacks = []
        for alike in _by_batch_size(lanes):
            stack = Stack(alike, shape, tables, limits.max_epochs, self.threads)
            stack.load({e.number: initial_weights(e.design, *shape, seed=e.seed) for e in alike})
            stacks.append(stack)
        whole = MixedStack(stacks) if len(stacks) > 1 else stacks[0]
        yield from Lockstep(whole, matrices, limits, control).run()

    @torch.inference_mode()
    def score(self, lane: Proposal, weights: Weights, rows: Rows, measure: Measure) -> float:
        shape = rows.features.shape[1], len(weights["output.bias"])
        parameters = Parameters(lay_out([lane], *shape), self.device)
        parameters.load(lane.number, weights)
        table = read_table(rows, self.device)
        return evaluate(parameters, table.features, table.targets, measure).scores[0]


def _by_batch_size(lanes: Sequence[Proposal]) -> Iterator[list[Proposal]]:
    def size(lane: Proposal) -> int:
        return lane.design.batch_size

    for _, alike in groupby(sorted(lanes, key=size), key=size):
        yield list(alike)
