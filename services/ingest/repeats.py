"""Which repeats of a study are prepared in one go."""

from __future__ import annotations

from dataclasses import replace

from layerlab.domain.dataset import Dataset
from layerlab.domain.matrices import MatrixSpec
from layerlab.domain.splitting import repeat_place
from layerlab.domain.table_shape import estimate_shape
from services.ingest.limits import MAX_FOLD_BYTES_TOGETHER


def partition_of(spec: MatrixSpec) -> list[MatrixSpec]:
    """Every fold of the partition that `spec` is one of; repeat 0 is alone."""
    if spec.repeat == 0:
        return [spec]
    _, fold = repeat_place(spec.repeat, spec.split.folds)
    first = spec.repeat - fold
    return [replace(spec, repeat=first + other) for other in range(spec.split.folds)]


def prepared_together(spec: MatrixSpec, dataset: Dataset) -> list[MatrixSpec]:
    """Those that a child prepares when `spec` is asked for: whoever trains one fold of a
    partition is going to train them all, but large ones would take long, and much of the disk.
    """
    shape = estimate_shape(
        dataset,
        spec.target,
        spec.task,
        spec.column_kinds,
        spec.split,
        missing_indicators=spec.missing_indicators,
        group_rare=spec.group_rare,
    )
    return partition_of(spec) if shape.matrix_bytes <= MAX_FOLD_BYTES_TOGETHER else [spec]
