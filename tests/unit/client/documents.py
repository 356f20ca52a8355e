"""Documents as the server sends them."""

from __future__ import annotations

from typing import Any


def trial_document(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "number": number,
        "state": "SUCCEEDED",
        "reason": None,
        "stop_reason": "early_stopping",
        "detail": "",
        "design": {
            "hidden": [64, 32],
            "activation": "relu",
            "norm": "none",
            "dropout": 0.1,
            "residual": False,
            "optimizer": "adam",
            "learning_rate": 0.001,
            "weight_decay": 0.0,
            "batch_size": 32,
            "momentum": 0.9,
            "schedule": "cosine",
            "warmup_epochs": 2.5,
            "class_weight": "none",
        },
        "engine": "fused",
        "seed": 7,
        "cohort_id": "c1",
        "score_val": 0.96875,
        "score_test": None,
        "val_loss": 0.125,
        "best_epoch": 11,
        "epochs": 20,
        "fit_time_seconds": 1.5,
        "n_params": 2723,
        "n_layers": 2,
        "attempt": 1,
        "worker_id": "local-1",
        "has_model": False,
        "created_at": "2026-01-02T03:04:05Z",
        "started_at": "2026-01-02T03:04:06Z",
        "ended_at": "2026-01-02T03:04:08Z",
        **changes,
    }
