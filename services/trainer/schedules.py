"""The learning rate of every step, as a part of the design's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from layerlab.domain.design import Design, Schedule
from services.trainer.engine import Floats

EXPONENTIAL_END: Final = 0.01

_Parts: TypeAlias = NDArray[np.float64]
# The factor at each part, from 0 to 1, of the way from the end of the warm-up to the last step.
_DECAYS: Final[Mapping[Schedule, Callable[[_Parts], _Parts]]] = {
    Schedule.CONSTANT: np.ones_like,
    Schedule.COSINE: lambda part: (1 + np.cos(np.pi * part)) / 2,
    Schedule.LINEAR: lambda part: 1 - part,
    Schedule.EXPONENTIAL: lambda part: EXPONENTIAL_END**part,
}


def rate_factors(design: Design, epoch: int, steps_per_epoch: int, max_epochs: int) -> Floats:
    """What `learning_rate` is multiplied by at each step of an epoch (from 1), [steps_per_epoch].

    `max_epochs` is the study's, also for a lane that ends earlier. Formulas and their sources:
    `Design`. They are taken in float64 and rounded once.
    """
    steps = np.arange((epoch - 1) * steps_per_epoch, epoch * steps_per_epoch, dtype=np.float64)
    warmup = design.warmup_epochs * steps_per_epoch
    # All warm-up: then there is no decay, and nothing to divide by.
    decaying = max(max_epochs * steps_per_epoch - warmup, 1.0)
    part = np.clip((steps - warmup) / decaying, 0.0, 1.0)
    rising = np.minimum(steps, warmup) / (warmup or 1.0)
    factors = np.where(steps < warmup, rising, _DECAYS[design.schedule](part))
    return factors.astype(np.float32)


def steps_per_epoch(rows: int, batch_size: int) -> int:
    """The last batch of an epoch may be smaller."""
    return -(-rows // batch_size)


def is_constant(design: Design) -> bool:
    """Whether every factor is 1."""
    return design.schedule is Schedule.CONSTANT and design.warmup_epochs == 0
