"""The usual way with a table: pandas reads it whole, Keras trains on what that gives.

    python -m benchmarks.support.large_keras TABLE [--seconds 20]

The recipe of `benchmarks.large`'s studies: four fifths to learn from, of which a fifth validates,
scaled to [0, 1] by the training rows. One network of 64-64 in batches of 1,024, until the time is
over; only its memory is of interest, so its epoch isn't finished.
"""

from __future__ import annotations

import argparse
import os
import time
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import pandas as pd


class OutOfTime(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types.
    """Ends training after some seconds, in the middle of an epoch."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._deadline = time.monotonic() + seconds

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.model.stop_training = time.monotonic() > self._deadline


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table")
    parser.add_argument("--seconds", type=float, default=20.0)
    arguments = parser.parse_args()
    began = time.monotonic()
    frame = pd.read_csv(arguments.table)
    read = time.monotonic()
    x = frame.drop(columns="label").to_numpy(np.float32)
    y = pd.factorize(frame["label"])[0]
    order = np.random.default_rng(0).permutation(len(x))
    train = order[: round(len(x) * 0.64)]
    low, high = x[train].min(0), x[train].max(0)
    model = keras.Sequential(
        [
            keras.layers.Dense(64, "relu"),
            keras.layers.Dense(64, "relu"),
            keras.layers.Dense(int(y.max()) + 1, "softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    ready = time.monotonic()
    model.fit((x[train] - low) / (high - low), y[train], batch_size=1024, verbose=0,
              callbacks=[OutOfTime(arguments.seconds)])  # fmt: skip
    print(f"pandas.read_csv {read - began:.1f} s, arrays {ready - read:.1f} s")


if __name__ == "__main__":
    main()
