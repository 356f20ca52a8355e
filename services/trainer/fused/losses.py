"""Losses and scores of many lanes at once."""

from __future__ import annotations

import torch
from torch import Tensor

from layerlab.domain.dataset import Task


def loss_and_gradient(
    task: Task, logits: Tensor, targets: Tensor, class_weights: Tensor | None = None
) -> Tensor:
    """The mean loss of each lane, [lanes]; `logits` become their gradient.

    `logits` [lanes, n_outputs, batch]; `targets` [lanes, batch], classes or standardized values;
    `class_weights` [lanes, n_outputs], None if all are 1. A quantity has none.
    """
    batch = logits.shape[2]
    wanted = targets[:, None, :]
    if task is Task.REGRESSION:
        logits.sub_(wanted)
        losses = logits.square().mean(dim=(1, 2))
        logits.mul_(2 / batch)
        return losses
    log_probabilities = torch.log_softmax(logits, 1)
    losses = log_probabilities.gather(1, wanted)
    torch.exp(log_probabilities, out=logits)
    logits.scatter_add_(1, wanted, logits.new_full((1, 1, 1), -1.0).expand(wanted.shape))
    logits.mul_(1 / batch)
    if class_weights is not None:
        row_weights = class_weights.gather(1, targets)[:, None, :]
        losses.mul_(row_weights)
        logits.mul_(row_weights)
    return losses.mean(dim=(1, 2)).neg_()


def summed_loss_and_hits(task: Task, logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Each lane's loss summed over rows, and how many rows it classifies right, [lanes] float64.

    `targets` [batch] are the same rows for every lane. A quantity has no hits.
    """
    if task is Task.REGRESSION:
        losses = (logits[:, 0, :] - targets).double().square_().sum(1)
        return losses, torch.zeros_like(losses)
    wanted = targets.expand(len(logits), 1, -1)
    losses = torch.log_softmax(logits, 1).gather(1, wanted).sum(dim=(1, 2), dtype=torch.float64)
    # Not argmax, which is several times slower here.
    hits = (logits.max(1).indices == targets).sum(1, dtype=torch.float64)
    return losses.neg_(), hits
