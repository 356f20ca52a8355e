"""Tables that nobody has seen before, from a seed."""

from __future__ import annotations

import random


def unknown_table(seed: int, rows: int = 600) -> bytes:
    """A CSV with a label `kind` of three classes that overlap, numbers, a category and holes."""
    drawn = random.Random(seed)
    centers = [[drawn.uniform(-2, 2) for _ in range(4)] for _ in range(3)]
    lines = ["a,b,c,d,colour,kind"]
    for _ in range(rows):
        kind = drawn.randrange(3)
        numbers = [f"{drawn.gauss(center, 1.0):.4f}" for center in centers[kind]]
        if drawn.random() < 0.05:
            numbers[drawn.randrange(4)] = ""
        colour = drawn.choice(("red", "green", "blue") if kind else ("red", "red", "grey"))
        lines.append(",".join((*numbers, colour, f"k{kind}")))
    return "\n".join(lines).encode() + b"\n"


TARGET = "kind"
TINY_SPACE = {
    "hidden": {"layers": {"low": 1, "high": 2}, "width": [32, 64]},
    "activation": ["relu", "tanh"],
    "norm": ["none"],
    "dropout": [0.0],
    "residual": [False],
    "optimizer": ["adam"],
    "learning_rate": {"low": 1e-4, "high": 1e-2, "log": True},
    "weight_decay": [0.0],
    # Steps of a few rows each: small networks that take a while all the same, so that there is time
    # to disturb them.
    "batch_size": [4],
}
"""Designs that train in a moment, and never diverge."""
