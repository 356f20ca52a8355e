"""The fused engine: a cohort's lanes in one stack, or one for each batch size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import torch

from layerlab.domain.dataset import Task
from layerlab.domain.footprint import Kernel
from layerlab.domain.study import Proposal
from services.trainer.control import Control
from services.trainer.engine import Beat, Floats, Limits, Matrices, Rows, Tick, Weights
from services.trainer.fused.evaluation import evaluate, predict
from services.trainer.fused.layout import lay_out
from services.trainer.fused.mixed import MixedStack
from services.trainer.fused.parameters import Parameters
from services.trainer.fused.stack import Stack, Tables, read_table
from services.trainer.initial import initial_weights
from services.trainer.lockstep import Lockstep
from services.trainer.scoring import Measure
from services.trainer.tensors import tensor_of


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
        parameters = self._trained(lane, weights, rows.features.shape[1])
        table = read_table(rows, self.device)
        return evaluate(parameters, table.features, table.targets, measure).scores[0]

    @torch.inference_mode()
    def predict(
        self, lane: Proposal, weights: Weights, features: Floats, task: Task, beat: Beat
    ) -> Floats:
        parameters = self._trained(lane, weights, features.shape[1])
        outputs: Floats = predict(parameters, tensor_of(features, self.device), beat)[0]
        return outputs

    def _trained(self, lane: Proposal, weights: Weights, n_inputs: int) -> Parameters:
        layout = lay_out([lane], n_inputs, len(weights["output.bias"]))
        parameters = Parameters(layout, self.device)
        parameters.load(lane.number, weights)
        return parameters


def _by_batch_size(lanes: Sequence[Proposal]) -> Iterator[list[Proposal]]:
    def size(lane: Proposal) -> int:
        return lane.design.batch_size

    for _, alike in groupby(sorted(lanes, key=size), key=size):
        yield list(alike)
