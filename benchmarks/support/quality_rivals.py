"""What people would use instead, on one table: told its rows and a space, asked for a model."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, Final

from benchmarks.support.quality_matrices import Matrices
from benchmarks.support.quality_results import Finding
from benchmarks.support.rivals import Account, Heard, Rival, RivalFailed, rivals_python, run_rival

QUALITY_RIVALS: Final = {
    each.name: each
    for each in (
        Rival("keras", "Optuna TPE + Hyperband, Keras", "quality_optuna"),
        Rival("keras-tuner", "KerasTuner Hyperband", "quality_tuner"),
        Rival("mlp", "MLP, scikit-learn's default", "quality_sklearn", ("mlp",)),
        Rival("trees", "HistGradientBoosting", "quality_sklearn", ("trees",)),
        Rival("linear", "logistic / ridge", "quality_sklearn", ("linear",)),
    )
}
_SMALL_ROWS: Final = 2_000
_LARGE_ROWS: Final = 20_000


def rival_space(rows: int) -> dict[str, Any]:
    """What somebody writes who has searched networks before: no widths or rates that seldom win,
    and no batches so small that an epoch of `rows` rows has more than 200 steps."""
    return {
        "hidden": {"layers": {"low": 1, "high": 3}, "width": [64, 128, 256]},
        "activation": ["relu", "gelu"],
        "norm": ["none", "batch"],
        "dropout": [0.0, 0.1, 0.25],
        "residual": [False],
        "optimizer": ["adam"],
        "learning_rate": {"low": 5e-4, "high": 1e-2, "log": True},
        "weight_decay": [0.0],
        "batch_size": _batch_sizes(rows),
    }


def _batch_sizes(rows: int) -> list[int]:
    if rows < _SMALL_ROWS:
        return [16, 32, 64]
    return [64, 128] if rows < _LARGE_ROWS else [256, 512]


def max_epochs(rows: int) -> int:
    """Of a trial: a power of Hyperband's factor 3. In a minute Keras trains some 150 epochs of
    12,800 rows, and some 1,000 of 400."""
    return 81 if rows < _SMALL_ROWS else 27


def ask_rival(
    rival: Rival, table: str, matrices: Matrices, seconds: float, split_hash: str
) -> Finding:
    """Its finding; one with an error, when it has none."""
    load, rows = os.getloadavg()[0], matrices.train_rows
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.npz"
        matrices.save(path)
        job = {
            "table": str(path),
            "n_classes": matrices.n_classes,
            "space": rival_space(rows),
            "max_epochs": max_epochs(rows),
            "seconds": seconds,
            "runs": [{"name": table}],
        }
        try:
            account = run_rival(rivals_python(), rival, job)
        except RivalFailed as error:
            account = Account(error=str(error))
    lines = account.runs.get(table, Heard()).lines
    said = next((each for each in lines if each["event"] == "result"), None)
    if said is None:
        why = account.error or "it has told no result"
        return Finding(table, rival.name, seconds, error=why, load=load)
    return Finding(
        table,
        rival.name,
        seconds,
        said["score_val"],
        said["score_test"],
        said["at"],
        said["trials"],
        said["epochs"],
        said["model"],
        split_hash,
        account.versions,
        load,
    )
