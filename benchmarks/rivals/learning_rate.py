"""The learning rate over a trial's steps, as the design asks for."""

from __future__ import annotations

import math

from benchmarks.rivals.job import Design


def rate_factor(design: Design, step: int, steps_per_epoch: int, max_epochs: int) -> float:
    """What the learning rate is multiplied by in `step` (from 0): warm-up, then the schedule."""
    warmup = design.get("warmup_epochs", 0.0) * steps_per_epoch
    if step < warmup:
        return float(step / warmup)
    part = (step - warmup) / max(max_epochs * steps_per_epoch - warmup, 1.0)
    schedule = design.get("schedule", "constant")
    if schedule == "cosine":
        return (1.0 + math.cos(math.pi * part)) / 2.0
    if schedule == "linear":
        return float(1.0 - part)
    return float(0.01**part) if schedule == "exponential" else 1.0


def is_constant(design: Design) -> bool:
    constant = design.get("schedule", "constant") == "constant"
    return constant and not design.get("warmup_epochs", 0.0)
