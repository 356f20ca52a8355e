"""Both norms on a span of rows, forward and backward, without padding.

`z` [rows, batch] holds the linear layer's output and becomes the norm's; backward, it holds the
gradient of the one and becomes that of the other. Formulas: Ioffe and Szegedy 2015, section 3;
Ba et al. 2016, eq. 3. Variances are of the population, as Keras takes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from layerlab.domain.design import Norm
from services.trainer.fused.layout import Level, Span
from services.trainer.fused.parameters import Parameters
from services.trainer.initial import BATCH_NORM_MOMENTUM, NORM_EPSILON


class SpanNorm(Protocol):
    """A norm on some rows, bound to its buffers."""

    def forward(self) -> None: ...

    def backward(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Affine:
    """Scale and shift of each row, [rows, 1] each, and where their gradients go, [rows]."""

    scale: Tensor
    shift: Tensor
    scale_gradient: Tensor
    shift_gradient: Tensor

    def apply(self, normalized: Tensor, z: Tensor) -> None:
        torch.addcmul(self.shift, normalized, self.scale, out=z)

    def reduce(self, z: Tensor, normalized: Tensor, scratch: Tensor, ones: Tensor) -> None:
        """Gradients of scale and shift from z, the gradient of what `apply` gave."""
        # A product with ones is several times faster than sum(1), and a NaN stays in its row.
        torch.mv(z, ones, out=self.shift_gradient)
        torch.mul(z, normalized, out=scratch)
        torch.mv(scratch, ones, out=self.scale_gradient)


def affine_of(parameters: Parameters, level: Level, span: Span) -> Affine:
    starts, lane = parameters.layout.starts, span.blocks[0].lane
    tensors = []
    for flat in (parameters.values, parameters.gradients):
        for name in ("scale", "shift"):
            start = starts[lane, f"hidden.{level.index}.norm.{name}"]
            tensors.append(flat[start : start + span.stop - span.start])
    scale, shift, scale_gradient, shift_gradient = tensors
    return Affine(scale[:, None], shift[:, None], scale_gradient, shift_gradient)


def statistics_of(parameters: Parameters, level: Level, span: Span) -> tuple[Tensor, Tensor]:
    """Running mean and variance of each row, [rows] each."""
    starts, lane = parameters.layout.starts, span.blocks[0].lane
    mean, variance = (
        starts[lane, f"hidden.{level.index}.norm.{name}"] for name in ("mean", "variance")
    )
    rows, flat = span.stop - span.start, parameters.statistics
    return flat[mean : mean + rows], flat[variance : variance + rows]


class BatchNorm:
    """Each row to mean 0 and variance 1 over the batch; keeps running statistics."""

    def __init__(
        self, z: Tensor, scratch: Tensor, affine: Affine, running: tuple[Tensor, Tensor]
    ) -> None:
        rows, self._batch = z.shape
        self._z, self._scratch, self._affine, self._running = z, scratch, affine, running
        self._normalized = torch.empty_like(z)
        self._mean, self._variance = z.new_empty(rows), z.new_empty(rows)
        self._inverse = z.new_empty(rows)
        self._ones = z.new_ones(self._batch)
        self._weights = z.new_full((self._batch,), 1 / self._batch)

    def forward(self) -> None:
        torch.mv(self._z, self._weights, out=self._mean)
        torch.sub(self._z, self._mean[:, None], out=self._normalized)
        torch.mul(self._normalized, self._normalized, out=self._scratch)
        torch.mv(self._scratch, self._weights, out=self._variance)
        for running, now in zip(self._running, (self._mean, self._variance), strict=True):
            running.lerp_(now, 1 - BATCH_NORM_MOMENTUM)
        torch.add(self._variance, NORM_EPSILON, out=self._inverse).rsqrt_()
        self._normalized.mul_(self._inverse[:, None])
        self._affine.apply(self._normalized, self._z)

    def backward(self) -> None:
        affine, z = self._affine, self._z
        affine.reduce(z, self._normalized, self._scratch, self._ones)
        z.sub_((affine.shift_gradient / self._batch)[:, None])
        mean = (affine.scale_gradient / self._batch)[:, None]
        z.addcmul_(self._normalized, mean, value=-1)
        z.mul_(affine.scale * self._inverse[:, None])


class LayerNorm:
    """Each lane's rows to mean 0 and variance 1 over its own units, column by column."""

    def __init__(self, z: Tensor, scratch: Tensor, affine: Affine, span: Span) -> None:
        self._z, self._scratch, self._affine = z, scratch, affine
        self._normalized = torch.empty_like(z)
        self._ones = z.new_ones(z.shape[1])
        widths = torch.tensor([block.width for block in span.blocks], device=z.device)
        self._lane_of_row = torch.repeat_interleave(widths)
        self._rows = torch.arange(len(z), device=z.device)
        self._starts = widths.cumsum(0) - widths

    def forward(self) -> None:
        torch.sub(self._z, self._lane_mean(self._z), out=self._normalized)
        torch.mul(self._normalized, self._normalized, out=self._scratch)
        self._inverse = self._lane_mean(self._scratch).add_(NORM_EPSILON).rsqrt_()
        self._normalized.mul_(self._inverse)
        self._affine.apply(self._normalized, self._z)

    def backward(self) -> None:
        z = self._z
        self._affine.reduce(z, self._normalized, self._scratch, self._ones)
        z.mul_(self._affine.scale)
        torch.mul(z, self._normalized, out=self._scratch)
        z.sub_(self._lane_mean(z))
        z.addcmul_(self._normalized, self._lane_mean(self._scratch), value=-1)
        z.mul_(self._inverse)

    def _lane_mean(self, values: Tensor) -> Tensor:
        """Of each lane's rows, repeated for each of them.

        An embedding bag is torch's one fast ragged mean, and it reads only the lane's own rows:
        a product with a matrix of 0 and 1 would carry one lane's NaN into all others.
        """
        bags = torch.embedding_bag(values, self._rows, self._starts, mode=1)
        means: Tensor = bags[0]
        return means.index_select(0, self._lane_of_row)


def training_norms(
    parameters: Parameters, level: Level, z: Tensor, scratch: Tensor
) -> list[SpanNorm]:
    """The norms of a level's rows, bound to its buffers."""
    norms: list[SpanNorm] = []
    for norm, span in level.spans(lambda design: design.norm):
        rows = slice(span.start, span.stop)
        if norm is Norm.BATCH:
            affine = affine_of(parameters, level, span)
            running = statistics_of(parameters, level, span)
            norms.append(BatchNorm(z[rows], scratch[rows], affine, running))
        elif norm is Norm.LAYER:
            affine = affine_of(parameters, level, span)
            norms.append(LayerNorm(z[rows], scratch[rows], affine, span))
    return norms


def fix_batch_norm(parameters: Parameters, level: Level, span: Span, z: Tensor) -> None:
    """Batch norm by the running statistics, in place: how prediction does it."""
    affine = affine_of(parameters, level, span)
    mean, variance = statistics_of(parameters, level, span)
    factor = affine.scale * torch.rsqrt(variance + NORM_EPSILON)[:, None]
    z.mul_(factor).add_(affine.shift - mean[:, None] * factor)
