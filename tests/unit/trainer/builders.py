"""Lanes and tables for the trainer's tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from hypothesis import strategies as st

from layerlab.domain.dataset import Task
from layerlab.domain.design import (
    Activation,
    ClassWeight,
    Design,
    Norm,
    Optimizer,
    Schedule,
)
from layerlab.domain.study import EpochReport, Proposal
from services.trainer.control import Control
from services.trainer.engine import Ended, Engine, Limits, Matrices, Rows
from services.trainer.fused.engine import FusedEngine

CPU = torch.device("cpu")
FUSED = FusedEngine(CPU)


def lane(number: int = 1, seed: int | None = None, **options: object) -> Proposal:
    """A proposal; the options are a design's fields."""
    design = {"hidden": (8,), "batch_size": 16, **options}
    return Proposal(number, Design(**design), number if seed is None else seed)  # type: ignore[arg-type]  # The fields of a design.


def classes(rows: int = 75, val: int = 40, inputs: int = 6, seed: int = 0) -> Matrices:
    """Three classes, to be told by a bent surface."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows + val, inputs)).astype(np.float32)
    y = (np.tanh(x) @ rng.normal(size=(inputs, 3))).argmax(1)
    return Matrices(Task.CLASSIFICATION, 3, Rows(x[:rows], y[:rows]), Rows(x[rows:], y[rows:]))


def quantity(rows: int = 75, val: int = 40, inputs: int = 6, seed: int = 0) -> Matrices:
    """A standardized number."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows + val, inputs)).astype(np.float32)
    y = np.tanh(x) @ rng.normal(size=inputs)
    y = ((y - y.mean()) / y.std()).astype(np.float32)
    return Matrices(Task.REGRESSION, 1, Rows(x[:rows], y[:rows]), Rows(x[rows:], y[rows:]))


@dataclass
class Outcome:
    reports: dict[int, list[EpochReport]] = field(default_factory=dict)
    ended: dict[int, Ended] = field(default_factory=dict)


def train(
    lanes: Sequence[Proposal],
    matrices: Matrices,
    limits: Limits | int = 3,
    engine: Engine = FUSED,
    control: Control | None = None,
) -> Outcome:
    limits = Limits(limits) if isinstance(limits, int) else limits
    outcome = Outcome()
    for tick in engine.train(lanes, matrices, limits, control or Control()):
        for report in tick.reports:
            outcome.reports.setdefault(report.number, []).append(report)
        outcome.ended |= {each.end.number: each for each in tick.ended}
    return outcome


def assert_same_training(one: Outcome, other: Outcome, number: int, tolerance: float) -> None:
    """Losses agree: relative to 1, or to themselves if they are larger."""
    pairs = list(zip(one.reports[number], other.reports[number], strict=True))
    assert pairs
    for left, right in pairs:
        for name in ("train_loss", "val_loss"):
            a, b = getattr(left, name), getattr(right, name)
            assert (a is None) == (b is None), (name, a, b)
            if a is not None:
                assert abs(a - b) <= tolerance * max(1.0, abs(a)), (left.epoch, name, a, b)


# Rates at which a few epochs don't amplify rounding into visible differences.
designs = st.builds(
    Design,
    hidden=st.lists(st.sampled_from([1, 3, 6, 10, 16]), max_size=4).map(tuple),
    activation=st.sampled_from(Activation),
    norm=st.sampled_from(Norm),
    dropout=st.sampled_from([0.0, 0.0, 0.1, 0.5]),
    residual=st.booleans(),
    optimizer=st.sampled_from(Optimizer),
    learning_rate=st.sampled_from([1e-4, 1e-3, 3e-3]),
    weight_decay=st.sampled_from([0.0, 0.01, 0.1]),
    batch_size=st.just(16),
    momentum=st.sampled_from([0.0, 0.5, 0.9]),
    schedule=st.sampled_from(Schedule),
    # Less than an epoch, a part of the second, and all of what a test trains.
    warmup_epochs=st.sampled_from([0.0, 0.0, 0.5, 1.3, 5.0]),
    class_weight=st.sampled_from(ClassWeight),
)


@st.composite
def cohorts(draw: st.DrawFn) -> list[Proposal]:
    drawn = draw(st.lists(designs, min_size=1, max_size=7))
    # Equal designs side by side become one batched product.
    drawn += draw(st.lists(st.sampled_from(drawn), max_size=3))
    return [
        Proposal(i, design, draw(st.integers(0, 2**53 - 1))) for i, design in enumerate(drawn, 1)
    ]
