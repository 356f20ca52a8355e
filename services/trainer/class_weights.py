"""How much a training row counts in the loss, by its class."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from layerlab.domain.dataset import Task
from layerlab.domain.design import ClassWeight
from services.trainer.engine import Floats, Matrices, Targets

# Targets may be a map of a file; counting makes copies.
_CHUNK_ROWS: Final = 1 << 20


def class_weights(choice: ClassWeight, matrices: Matrices) -> Floats:
    """The weight of each class, float32 [n_outputs]; `Design` has the formula and its source.

    The weights of all training rows sum to their number. A class without training rows has
    weight 1, as has the one output of a regression.
    """
    weights = np.ones(matrices.n_outputs, np.float32)
    if choice is ClassWeight.NONE or matrices.task is Task.REGRESSION:
        return weights
    counts = _count(matrices.train.targets, matrices.n_outputs)
    present = counts > 0
    weights[present] = counts.sum() / (present.sum() * counts[present])
    return weights


def _count(classes: Targets, n_outputs: int) -> NDArray[np.int64]:
    """Rows of each class, [n_outputs]."""
    counts = np.zeros(n_outputs, np.int64)
    for start in range(0, len(classes), _CHUNK_ROWS):
        counts += np.bincount(classes[start : start + _CHUNK_ROWS], minlength=n_outputs)
    return counts
