"""A table as LayerLab splits and scales it, for those that are measured beside it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class SplitTable:
    """Features of float32 with mean 0 and deviation 1 among the training rows; class numbers."""

    x_train: NDArray[np.float32]
    y_train: NDArray[np.int64]
    x_val: NDArray[np.float32]
    y_val: NDArray[np.int64]
    classes: tuple[str, ...]

    def save(self, path: Path) -> None:
        np.savez(
            path, x_train=self.x_train, y_train=self.y_train, x_val=self.x_val, y_val=self.y_val
        )


def split_table(text: bytes, target: str, split: Mapping[str, Sequence[int]]) -> SplitTable:
    """`split`: rows of the file, as `GET /v1/studies/{study_id}/split` answers.

    The `standard` recipe, for a table of numbers in which nothing is missing.
    """
    rows = list(csv.DictReader(io.StringIO(text.decode())))
    names = [name for name in rows[0] if name != target]
    features = np.array([[float(row[name]) for name in names] for row in rows])
    labels, classes = np.array([row[target] for row in rows]), sorted({r[target] for r in rows})
    train, val = np.array(split["train"]), np.array(split["validation"])
    mean, deviation = features[train].mean(axis=0), features[train].std(axis=0)
    # A constant column carries no information.
    scaled = ((features - mean) / np.where(deviation == 0, 1.0, deviation)).astype(np.float32)
    numbers = np.searchsorted(np.array(classes), labels).astype(np.int64)
    return SplitTable(scaled[train], numbers[train], scaled[val], numbers[val], tuple(classes))
