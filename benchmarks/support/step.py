"""The fused step alone: how near it comes to the machine's matrix products, shape by shape.

    python -m benchmarks.support.step

One line of JSON: the engine, which is the one that a trainer on this machine uses, and its steps.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from itertools import pairwise
from typing import Final

import numpy as np

from benchmarks.support.results import Step
from benchmarks.support.work import train_flops
from layerlab.domain.dataset import Task
from layerlab.domain.design import Design
from layerlab.domain.spec import Engine as EngineName
from layerlab.domain.study import Proposal
from services.trainer.control import Control
from services.trainer.engine import Engine, Limits, Matrices, Rows
from services.trainer.engines import Engines

INPUTS: Final = 16
CLASSES: Final = 26
ROWS: Final = 12_800
# So few that evaluating them after each epoch takes no time.
_VALIDATION_ROWS: Final = 32
_BATCHES: Final = (32, 128, 512)
_WIDTHS: Final = (16, 32, 64, 128, 256)
_LANES: Final = 32
_EPOCHS: Final = 4
_FLOAT_BYTES: Final = 4
# Adam reads and writes the weight and two moments, and the gradient is written and read.
_WEIGHT_PASSES: Final = 8
# An activation is written and read forwards, and read twice backwards; its gradient is written
# once and read twice.
_ACTIVATION_PASSES: Final = 7


def measure_steps() -> tuple[str, list[Step]]:
    """The engine's name, and the steps of networks of two equal hidden layers on letter-like rows:
    every width in batches of every size.

    In a fresh process, with the settings of the trainer's child.
    """
    words = [sys.executable, "-m", "benchmarks.support.step"]
    environment = {**os.environ, "GOMP_SPINCOUNT": "10000"}
    done = subprocess.run(
        words, capture_output=True, text=True, check=True, timeout=600, env=environment
    )
    document = json.loads(done.stdout)
    return document["engine"], [Step(**each) for each in document["steps"]]


def main() -> None:
    engines = Engines("cpu", len(os.sched_getaffinity(0)))
    engine = engines.get(EngineName.FUSED, lambda: None)
    # The first of everything is slow, and a processor takes a while to reach its full clock.
    measure_step(engine, (128, 128), _BATCHES[-1])
    shapes = [(batch, width) for batch in _BATCHES for width in _WIDTHS]
    steps = [measure_step(engine, (width, width), batch) for batch, width in shapes]
    print(json.dumps({"engine": type(engine).__name__, "steps": [asdict(s) for s in steps]}))


def measure_step(engine: Engine, hidden: tuple[int, ...], batch_size: int) -> Step:
    """Adam, relu; the first epoch, in which everything is new, is not measured."""
    design = Design(hidden, batch_size=batch_size)
    lanes = [Proposal(number, design, number) for number in range(1, _LANES + 1)]
    times = []
    for _ in engine.train(lanes, _table(), Limits(_EPOCHS), Control()):
        times.append(time.perf_counter())
    flops = train_flops(hidden, INPUTS, CLASSES) * ROWS * _LANES
    fastest = min(after - before for before, after in pairwise(times))
    return Step(
        list(hidden), batch_size, _LANES, flops / fastest / 1e9, intensity(hidden, batch_size)
    )


def intensity(hidden: tuple[int, ...], batch_size: int) -> float:
    """Flops of a step for each byte that it would move if no cache held anything of it."""
    widths = (INPUTS, *hidden, CLASSES)
    weights = sum(a * b for a, b in pairwise(widths))
    moved = _WEIGHT_PASSES * weights + _ACTIVATION_PASSES * batch_size * sum(widths)
    return train_flops(hidden, INPUTS, CLASSES) * batch_size / (_FLOAT_BYTES * moved)


def _table() -> Matrices:
    random = np.random.default_rng(0)
    rows = ROWS + _VALIDATION_ROWS
    x = random.normal(size=(rows, INPUTS)).astype(np.float32)
    y = (np.tanh(x) @ random.normal(size=(INPUTS, CLASSES))).argmax(1)
    train, val = Rows(x[:ROWS], y[:ROWS]), Rows(x[ROWS:], y[ROWS:])
    return Matrices(Task.CLASSIFICATION, CLASSES, train, val)


if __name__ == "__main__":
    main()
