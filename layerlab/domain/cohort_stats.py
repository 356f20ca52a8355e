"""What a cohort's training took, as its trainer measured it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CohortStats:
    """Of the attempt that ended the cohort.

    `lanes` trained in that attempt, in `groups` one after another: more than one where all
    together would not have fit. `padding_share` (0 to 1) of the arithmetic of matrix products was
    spent on units that no design has. Bytes are those of the training process beyond what it
    takes idle: `predicted_bytes` before training, `peak_bytes` measured, None where the system
    doesn't tell. `flops` are the operations of the designs' matrix products, without padding, in
    all epochs trained.
    """

    lanes: int
    groups: int
    padding_share: float
    predicted_bytes: int
    peak_bytes: int | None
    train_seconds: float
    flops: float

    @property
    def flops_per_second(self) -> float:
        return self.flops / self.train_seconds if self.train_seconds > 0 else 0.0
