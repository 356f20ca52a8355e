"""Loss and score of all lanes on the same rows, in chunks, so that memory is bounded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import torch
from torch import Tensor

from layerlab.domain.design import Norm
from services.trainer.engine import Floats
from services.trainer.fused.activations import FUNCTIONS
from services.trainer.fused.layout import INPUT, Layout, Level
from services.trainer.fused.losses import summed_loss_and_hits
from services.trainer.fused.norms import LayerNorm, affine_of, fix_batch_norm
from services.trainer.fused.parameters import Parameters
from services.trainer.fused.products import inputs_of, outputs_of, product, weights_of
from services.trainer.lockstep import Scores
from services.trainer.scoring import Measure, Sums, target_sums

_CHUNK_VALUES: Final = 1 << 19
"""Of one level's buffer, 2 MiB: about what a core's second cache holds."""


def evaluate(
    parameters: Parameters,
    features: Tensor,
    targets: Tensor,
    measure: Measure,
    beat: Callable[[], None] | None = None,
) -> Scores:
    """`features` [rows, n_inputs], `targets` [rows]. Nothing is dropped, statistics are fixed."""
    layout, rows, chunk = parameters.layout, len(targets), _chunk_rows(parameters.layout)
    outputs = None
    if measure.needs_outputs:
        outputs = np.empty((len(layout.lanes), rows, layout.n_outputs), np.float32)
    totals = torch.zeros(2, len(layout.lanes), dtype=torch.float64, device=features.device)
    for start in range(0, rows, chunk):
        if beat:
            beat()
        part = slice(start, start + chunk)
        logits = _predict(parameters, features[part])
        totals += torch.stack(summed_loss_and_hits(measure.metric.task, logits, targets[part]))
        if outputs is not None:
            outputs[:, part] = logits.transpose(1, 2).cpu().numpy()
    sums, wanted = Sums(rows, *totals.tolist()), targets.cpu().numpy()
    if outputs is not None:
        scores = [measure.of_outputs(wanted, each) for each in outputs]
    else:
        scores = measure.of_sums(sums, target_sums(wanted))
    return Scores(sums.mean_losses, scores)


def predict(parameters: Parameters, features: Tensor, beat: Callable[[], None]) -> Floats:
    """Logits or standardized values, [lanes, rows, n_outputs]."""
    layout, chunk = parameters.layout, _chunk_rows(parameters.layout)
    outputs = np.empty((len(layout.lanes), len(features), layout.n_outputs), np.float32)
    for start in range(0, len(features), chunk):
        beat()
        part = slice(start, start + chunk)
        outputs[:, part] = _predict(parameters, features[part]).transpose(1, 2).cpu().numpy()
    return outputs


def _chunk_rows(layout: Layout) -> int:
    widest = max([layout.n_outputs * len(layout.lanes), *(each.rows for each in layout.levels)])
    return max(64, _CHUNK_VALUES // widest)


def _predict(parameters: Parameters, features: Tensor) -> Tensor:
    """Logits or standardized values, [lanes, n_outputs, rows]."""
    layout = parameters.layout
    values = {INPUT: features.T}
    for level in layout.levels:
        values[level.index] = _forward(parameters, level, values[level.index - 1])
    start, rows = layout.starts[0, "output.bias"], len(layout.lanes) * layout.n_outputs
    logits = features.new_empty(rows, len(features))
    for run in layout.output_runs:
        out = outputs_of(run, logits)
        inputs = (
            values[INPUT].expand(run.count, -1, -1)
            if run.source == INPUT
            else inputs_of(run, values[run.source])
        )
        product(weights_of(run, parameters.values), inputs, out).run()
    logits.add_(parameters.values[start : start + rows, None])
    return logits.view(len(layout.lanes), layout.n_outputs, -1)


def _forward(parameters: Parameters, level: Level, below: Tensor) -> Tensor:
    z = below.new_empty(level.rows, below.shape[1])
    if level.index == 0:
        # All lanes see the same rows, so that one product does for all of them.
        torch.mm(parameters.values[level.weights].view(level.rows, -1), below, out=z)
    else:
        for run in level.runs:
            weights, inputs = weights_of(run, parameters.values), inputs_of(run, below)
            product(weights, inputs, outputs_of(run, z)).run()
    z.add_(parameters.values[level.bias_start : level.bias_start + level.rows, None])
    _normalize(parameters, level, z)
    for activation, span in level.spans(lambda design: design.activation):
        rows = z[span.start : span.stop]
        FUNCTIONS[activation].forward(rows, rows)
    for each in level.shortcuts:
        # Of the level INPUT, in_start is a lane; all lanes have the same features here.
        start = 0 if each.source == INPUT else each.in_start
        z[each.out_start : each.out_start + each.rows].add_(below[start : start + each.rows])
    return z


def _normalize(parameters: Parameters, level: Level, z: Tensor) -> None:
    for norm, span in level.spans(lambda design: design.norm):
        rows = z[span.start : span.stop]
        if norm is Norm.BATCH:
            fix_batch_norm(parameters, level, span, rows)
        elif norm is Norm.LAYER:
            affine = affine_of(parameters, level, span)
            LayerNorm(rows, torch.empty_like(rows), affine, span).forward()
