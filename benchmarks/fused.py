"""Lanes trained together against the same lanes one by one, fused and in Keras.

    python -m benchmarks.fused [--threads N]

A table like the letter data (12,800 rows, 16 features, 26 classes, batches of 128), designs of
64-64; and a tiny one (220 rows) with 64 designs drawn from the `balanced` preset. Prints
milliseconds per lane and epoch, validation included, and ratios to the fused cohort of 32.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Mapping

# Before torch is loaded, as in the trainer's child: see child_process.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

import numpy as np

from layerlab.domain.dataset import Task
from layerlab.domain.design import Design
from layerlab.domain.presets import preset_space
from layerlab.domain.space import DRAW_ORDER, Choice, FieldSpace, Layers, Range
from layerlab.domain.spec import Engine as EngineName
from layerlab.domain.study import Proposal
from services.trainer.control import Control
from services.trainer.engine import Engine, Limits, Matrices, Rows
from services.trainer.engines import Engines, prepare_torch
from services.trainer.keras_engine import KerasEngine
from services.trainer.keras_model import import_keras


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    threads = parser.parse_args().threads
    # The one that a trainer on this machine uses.
    fused = Engines("cpu", threads).get(EngineName.FUSED, lambda: None)
    device = prepare_torch("cpu")
    keras = KerasEngine(device, threads)
    import_keras(device)
    letter = table(12_800, 3_200, 16, 26)
    lanes = [Proposal(i, Design((64, 64), batch_size=128), i) for i in range(1, 65)]
    measure(fused, [lanes[:1]], letter, 1)  # The first of everything is slow.
    base = show("fused, 32 lanes together", measure(fused, [lanes[:32]], letter, 3), None)
    show("fused, 64 lanes together", measure(fused, [lanes], letter, 3), base)
    show("fused, one by one", measure(fused, [[lane] for lane in lanes[:8]], letter, 2), base)
    show("keras, one by one", measure(keras, [lanes[:2]], letter, 2), base)

    tiny, mixed = table(220, 55, 9, 3), draw(64)
    started = time.perf_counter()
    base = show("tiny: fused, 64 mixed lanes", measure(fused, [mixed], tiny, 100), None)
    print(f"    64 designs, up to 100 epochs: {time.perf_counter() - started:.1f} s")
    alone = measure(fused, [[lane] for lane in mixed[:16]], tiny, 20)
    show("tiny: fused, one by one", alone, base)
    show("tiny: keras, one by one", measure(keras, [mixed[:4]], tiny, 20), base)


def measure(
    engine: Engine, cohorts: list[list[Proposal]], matrices: Matrices, epochs: int
) -> float:
    """Seconds per lane and epoch."""
    started, reports = time.perf_counter(), 0
    for lanes in cohorts:
        for tick in engine.train(lanes, matrices, Limits(epochs), Control()):
            reports += len(tick.reports)
    return (time.perf_counter() - started) / reports


def show(name: str, seconds: float, base: float | None) -> float:
    ratio = f"{seconds / base:7.1f} x" if base else ""
    print(f"{name:32}{seconds * 1e3:9.2f} ms per lane-epoch {ratio}", flush=True)
    return seconds


def table(train: int, val: int, inputs: int, outputs: int) -> Matrices:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(train + val, inputs)).astype(np.float32)
    y = (np.tanh(x) @ rng.normal(size=(inputs, outputs))).argmax(1)
    return Matrices(
        Task.CLASSIFICATION, outputs, Rows(x[:train], y[:train]), Rows(x[train:], y[train:])
    )


def draw(count: int) -> list[Proposal]:
    """Designs from the `balanced` preset for a table of 344 rows."""
    space, rng = preset_space("balanced", 344), random.Random(0)
    return [Proposal(i, draw_one(space.fields, rng), i) for i in range(1, count + 1)]


def draw_one(fields: Mapping[str, FieldSpace], rng: random.Random) -> Design:
    chosen: dict[str, object] = {}
    for name in DRAW_ORDER:
        space = fields[name]
        if not space.applies(chosen):
            continue
        domain = space.domain
        if isinstance(domain, Layers):
            depth = rng.randint(domain.low, domain.high)
            chosen["hidden"] = tuple(rng.choice(domain.widths) for _ in range(depth))
            chosen["n_layers"] = depth
        elif isinstance(domain, Range):
            chosen[name] = domain.at(rng.random())
        elif isinstance(domain, Choice):
            chosen[name] = rng.choice(domain.values)
    chosen.pop("n_layers")
    return Design(**chosen)  # type: ignore[arg-type]  # The fields of a design.


if __name__ == "__main__":
    main()
