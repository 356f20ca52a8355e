"""A table becomes matrices: split, recipe fitted on the training rows, parts on disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from layerlab.domain.dataset import FEATURE_KINDS, ColumnKind, Dataset
from layerlab.domain.matrices import MatrixSpec
from layerlab.domain.problem import InvalidInput
from layerlab.domain.split_check import time_kind
from layerlab.domain.splitting import SplitMethod
from services.ingest.dividing import Divider
from services.ingest.features import load_feature, load_groups, load_target, load_times
from services.ingest.preparation import Preparation
from services.ingest.quantiles import quantiles_for
from services.ingest.recipe import Categories, Feature, Floats, RecipeChoices
from services.ingest.splitting import Indices
from services.ingest.table import TableReader, open_table
from services.ingest.writing import open_columns


def prepare(table: Path, dataset: Dataset, spec: MatrixSpec, into: Mapping[int, Path]) -> None:
    """Of each repeat in `into` writes PART-x.npy, PART-y.npy, recipe.json, split.json and
    header.json to its folder. The test part is written of repeat 0 alone: no trial of another
    repeat ever touches it.

    The repeats are 0, or of one partition of the learning rows; `spec.repeat` says nothing. `spec`
    has passed `check_target` and `check_split`. x is float32 (rows, n_inputs); y is int64 classes
    or float32 standardized quantities (rows,).

    :raises InvalidInput: `no_features`, `too_many_inputs`, `target_infinite`, `too_few_groups`,
        `too_few_times`.
    :raises TooLarge: `matrices_too_large`.
    :raises OSError: when the disk is full.
    """
    kinds = feature_kinds(dataset, spec)
    choices = RecipeChoices(
        spec.recipe, spec.missing_indicators, spec.group_rare, quantiles_for(len(kinds))
    )
    with open_table(table) as reader, ExitStack() as stack:
        target = _target(reader, dataset, spec)
        divider = Divider(spec.split, spec.seed, target, _keys(reader, dataset, spec))
        preparations = [
            Preparation(
                into[repeat],
                stack.enter_context(open_columns(into[repeat], reader.rows)),
                choices,
                split,
                with_test=repeat == 0,
            )
            for repeat, split in divider.divide(into).items()
        ]
        for feature in _features(reader, dataset, kinds):
            for preparation in preparations:
                preparation.add(feature)
        for preparation in preparations:
            preparation.finish(spec, target, reader.rows)


def feature_kinds(dataset: Dataset, spec: MatrixSpec) -> dict[int, ColumnKind]:
    """Index → kind of the columns to learn from, the user's corrections applied.

    What tells groups apart is none of them: no group of the training rows is met again.
    """
    left_out = {spec.target}
    if spec.split.method is SplitMethod.GROUPED:
        left_out.add(spec.split.column)
    kinds = {
        index: spec.column_kinds.get(column.name, column.kind)
        for index, column in enumerate(dataset.columns)
        if column.name not in left_out
    }
    return {index: kind for index, kind in kinds.items() if kind in FEATURE_KINDS}


def _features(
    table: TableReader, dataset: Dataset, kinds: Mapping[int, ColumnKind]
) -> Iterator[Feature]:
    for index, cells in table.columns(list(kinds)):
        yield load_feature(dataset.columns[index].name, kinds[index], cells)


def _target(table: TableReader, dataset: Dataset, spec: MatrixSpec) -> Floats | Categories:
    index = _index(dataset, spec.target)
    target = load_target(dataset.columns[index], spec.task, table.column(index))
    if not isinstance(target, Categories) and np.isinf(target).any():
        raise InvalidInput(
            "target_infinite",
            f"The target {spec.target!r} has infinite values.",
            hint="Remove or correct those rows and upload the table again.",
            field="target",
            column=spec.target,
        )
    return target


def _keys(table: TableReader, dataset: Dataset, spec: MatrixSpec) -> Indices | Floats | None:
    """The group or the time of each row, by the method of the split."""
    if spec.split.method is SplitMethod.STRATIFIED:
        return None
    index = _index(dataset, spec.split.column)
    column, cells = dataset.columns[index], table.column(index)
    if spec.split.method is SplitMethod.GROUPED:
        return load_groups(column, cells)
    kind = time_kind(column, spec.column_kinds)
    assert kind is not None  # As `check_split` has made sure.
    return load_times(kind, cells)


def _index(dataset: Dataset, name: str) -> int:
    return [column.name for column in dataset.columns].index(name)
