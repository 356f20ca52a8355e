"""The tables and search spaces that LayerLab is measured on, side by side with others."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_LETTER: Final = Path(__file__).parents[1] / "data" / "letter.csv.gz"
RECIPE: Final = "standard"
SEED: Final = 1
_RATES: Final = {"low": 1e-4, "high": 1e-2, "log": True}
# All get the same features: how they are prepared is no choice here.
_PREPARED: Final = {"recipe": [RECIPE], "missing_indicators": [False], "group_rare": [False]}


@dataclass(frozen=True, slots=True)
class Workload:
    """A table, and how designs train on it.

    So few epochs that nothing stops early (`Limits.patience`): a trial is the same work for all.
    """

    name: str
    title: str
    target: str
    read: Callable[[], bytes]
    batch_size: int
    epochs: int
    search_epochs: int
    """At most, of a trial that may be dropped before."""

    def spaces(self) -> dict[str, dict[str, Any]]:
        """As REST takes them: `equal` designs, which differ in the learning rate alone so that
        each is a trial of its own, and a `mixed` random space."""
        return {"equal": equal_space(self.batch_size), "mixed": mixed_space(self.batch_size)}


def equal_space(batch_size: int) -> dict[str, Any]:
    return {
        "hidden": [[64, 64]],
        "activation": ["relu"],
        "norm": ["none"],
        "dropout": [0.0],
        "residual": [False],
        "optimizer": ["adam"],
        "learning_rate": _RATES,
        "weight_decay": [0.0],
        "batch_size": [batch_size],
        "momentum": [0.9],
        "schedule": ["constant"],
        "warmup_epochs": [0.0],
        "class_weight": ["none"],
        **_PREPARED,
    }


def mixed_space(batch_size: int) -> dict[str, Any]:
    """Depths and widths that differ, and every option that a design has."""
    return {
        "hidden": {"layers": {"low": 1, "high": 4}, "width": [16, 32, 64, 128, 256]},
        "activation": ["relu", "tanh", "gelu", "silu", "elu", "sigmoid"],
        "norm": ["none", "batch", "layer"],
        "dropout": [0.0, 0.1, 0.25],
        "residual": [False, True],
        "optimizer": ["sgd", "adam", "adamw", "rmsprop"],
        "learning_rate": {"low": 5e-4, "high": 2e-2, "log": True},
        "weight_decay": {"low": 1e-6, "high": 1e-2, "log": True},
        "batch_size": [batch_size],
        "momentum": [0.5, 0.9],
        "schedule": ["constant", "cosine", "linear", "exponential"],
        "warmup_epochs": [0.0, 1.0],
        "class_weight": ["none", "balanced"],
        **_PREPARED,
    }


def _read_letter() -> bytes:
    return gzip.decompress(_LETTER.read_bytes())


def _read_breast_cancer() -> bytes:
    """UCI breast cancer Wisconsin (diagnostic), as scikit-learn ships it."""
    from sklearn.datasets import load_breast_cancer

    table = load_breast_cancer()
    return _to_csv(table.feature_names, table.data.tolist(), table.target.tolist())


def _read_digits() -> bytes:
    """UCI handwritten digits, 8 × 8 pixels, as scikit-learn ships them, made wide: beside the 64
    pixels the 112 differences between neighbours, across and down."""
    import numpy as np
    from sklearn.datasets import load_digits

    table = load_digits()
    images = table.images
    across, down = np.diff(images, axis=2), np.diff(images, axis=1)
    count = len(images)
    features = np.hstack([each.reshape(count, -1) for each in (images, across, down)])
    names = [f"{kind}_{i}" for kind, n in (("pixel", 64), ("across", 56), ("down", 56))
             for i in range(n)]  # fmt: skip
    return _to_csv(names, features.tolist(), table.target.tolist())


def _to_csv(names: Iterable[str], rows: Sequence[Sequence[float]], labels: Sequence[int]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*(name.replace(" ", "_") for name in names), "label"])
    writer.writerows([*row, f"c{label}"] for row, label in zip(rows, labels, strict=True))
    return text.getvalue().encode()


WORKLOADS: Final = {
    each.name: each
    for each in (
        Workload("letter", "letter: 12,800 × 16, 26 classes", "lettr", _read_letter, 128, 3, 27),
        Workload(
            "small", "breast cancer: 364 × 30, 2 classes", "label", _read_breast_cancer, 32, 10, 27
        ),
        Workload("wide", "wide digits: 1,150 × 176, 10 classes", "label", _read_digits, 64, 10, 27),
    )
}
