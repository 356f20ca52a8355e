"""The fused engine: all lanes of a cohort in one stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from layerlab.domain.dataset import Task
from layerlab.domain.study import Proposal
from services.trainer.control import Control
from services.trainer.engine import Limits, Matrices, Rows, Tick, Weights
from services.trainer.fused.evaluation import evaluate
from services.trainer.fused.layout import lay_out
from services.trainer.fused.parameters import Parameters
from services.trainer.fused.stack import Stack, Tables, read_table
from services.trainer.initial import initial_weights
from services.trainer.lockstep import Lockstep


@dataclass(frozen=True, slots=True)
class FusedEngine:
    """All lanes of a cohort in one stack. They must share a batch size."""

    device: torch.device
    threads: int = 1
    """At most; small products get one."""

    @torch.inference_mode()
    def train(
        self, lanes: Sequence[Proposal], matrices: Matrices, limits: Limits, control: Control
    ) -> Iterator[Tick]:
        """:raises ValueError: for lanes of different batch sizes."""
        if len({lane.design.batch_size for lane in lanes}) != 1:
            raise ValueError("the lanes of a cohort must share a batch size")
        shape = matrices.n_inputs, matrices.n_outputs
        tables = Tables.read(matrices, self.device)
        stack = Stack(lanes, shape, tables, limits.max_epochs, self.threads)
        stack.load({e.number: initial_weights(e.design, *shape, seed=e.seed) for e in lanes})
        yield from Lockstep(stack, matrices, limits, control).run()

    @torch.inference_mode()
    def score(self, lane: Proposal, weights: Weights, rows: Rows, task: Task) -> float:
        shape = rows.features.shape[1], len(weights["output.bias"])
        parameters = Parameters(lay_out([lane], *shape), self.device)
        parameters.load(lane.number, weights)
        table = read_table(rows, self.device)
        return evaluate(parameters, table.features, table.targets, task).scores[0]
