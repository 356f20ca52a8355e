"""A table becomes matrices: split, recipe fitted on the training rows, parts on disk."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np

from layerlab.domain.dataset import FEATURE_KINDS, ColumnKind, Dataset
from layerlab.domain.json_value import canonical
from layerlab.domain.matrices import MatricesHeader, MatrixSpec, Part
from layerlab.domain.problem import InvalidInput, TooLarge
from layerlab.domain.recipe import Recipe, TargetStep
from services.ingest.features import load_feature, load_target
from services.ingest.limits import MAX_INPUTS, MAX_MATRIX_BYTES
from services.ingest.recipe import (
    Categories,
    Feature,
    Floats,
    apply_target,
    fit_feature,
    fit_target,
)
from services.ingest.splitting import Indices, SplitRows, quantile_strata, split_rows
from services.ingest.table import TableReader, open_table
from services.ingest.writing import open_columns, write_parts

_SPLIT_PIECE: Final = 100_000


def prepare(table: Path, dataset: Dataset, spec: MatrixSpec, into: Path) -> None:
    """Writes PART-x.npy, PART-y.npy, recipe.json, split.json and header.json to the folder `into`.

    `spec` has passed `check_target`. x is float32 (rows, n_inputs); y is int64 classes or float32
    standardized quantities (rows,).

    :raises InvalidInput: `no_features`, `too_many_inputs`, `target_infinite`.
    :raises TooLarge: `matrices_too_large`.
    :raises OSError: when the disk is full.
    """
    kinds = feature_kinds(dataset, spec)
    index = [column.name for column in dataset.columns].index(spec.target)
    with open_table(table) as reader:
        target = load_target(dataset.columns[index], spec.task, reader.column(index))
        split = _split(spec, target)
        parts = {Part.TRAIN: split.train, Part.VALIDATION: split.validation, Part.TEST: split.test}
        with open_columns(into, reader.rows) as columns:
            steps = []
            for feature in _features(reader, dataset, kinds):
                steps.append(fit_feature(spec.recipe, feature.at(split.train)))
                columns.append(steps[-1], feature)
            recipe = Recipe(spec.recipe, tuple(steps), _fit_target(spec, target, split.train))
            _check_size(recipe, reader.rows)
            write_parts(into, recipe, columns, parts)
    for part, rows in parts.items():
        values = target.at(rows) if isinstance(target, Categories) else target[rows]
        np.save(into / f"{part}-y.npy", apply_target(recipe.target, values))
    _write_documents(into, recipe, parts)


def feature_kinds(dataset: Dataset, spec: MatrixSpec) -> dict[int, ColumnKind]:
    """Index → kind of the columns to learn from, the user's corrections applied."""
    kinds = {
        index: spec.column_kinds.get(column.name, column.kind)
        for index, column in enumerate(dataset.columns)
        if column.name != spec.target
    }
    return {index: kind for index, kind in kinds.items() if kind in FEATURE_KINDS}


def _features(
    table: TableReader, dataset: Dataset, kinds: Mapping[int, ColumnKind]
) -> Iterator[Feature]:
    for index, cells in table.columns(list(kinds)):
        yield load_feature(dataset.columns[index].name, kinds[index], cells)


def _split(spec: MatrixSpec, target: Floats | Categories) -> SplitRows:
    if isinstance(target, Categories):
        rows = np.flatnonzero(target.codes >= 0)
        return split_rows(rows, target.codes[rows], spec.seed)
    if np.isinf(target).any():
        raise InvalidInput(
            "target_infinite",
            f"The target {spec.target!r} has infinite values.",
            hint="Remove or correct those rows and upload the table again.",
            field="target",
            column=spec.target,
        )
    rows = np.flatnonzero(~np.isnan(target))
    return split_rows(rows, quantile_strata(target[rows]), spec.seed)


def _fit_target(spec: MatrixSpec, target: Floats | Categories, train: Indices) -> TargetStep:
    if isinstance(target, Categories):
        # Which classes there are is known of every row; a class of no training row keeps its
        # output all the same.
        return fit_target(spec.target, spec.task, np.empty(0), target.labels)
    return fit_target(spec.target, spec.task, target[train], ())


def _check_size(recipe: Recipe, rows: int) -> None:
    if recipe.n_inputs == 0:
        raise InvalidInput(
            "no_features",
            "No column tells the training rows apart.",
            hint="Correct the kind of a column with `column_kinds`, or upload more columns.",
        )
    if recipe.n_inputs > MAX_INPUTS:
        raise InvalidInput(
            "too_many_inputs",
            f"The columns make {recipe.n_inputs:,} inputs; the limit is {MAX_INPUTS:,}.",
            hint="Set columns with many categories to `ignore` with `column_kinds`.",
            field="column_kinds",
            extra={"limit": MAX_INPUTS, "inputs": recipe.n_inputs},
        )
    size = rows * recipe.n_inputs * 4
    if size > MAX_MATRIX_BYTES:
        raise TooLarge(
            "matrices_too_large",
            f"The matrices take {size:,} bytes; the limit is {MAX_MATRIX_BYTES:,}.",
            hint="Upload a sample of the rows, or set columns to `ignore` with `column_kinds`.",
            extra={"limit": MAX_MATRIX_BYTES, "size": size},
        )


def _write_documents(into: Path, recipe: Recipe, parts: Mapping[Part, Indices]) -> None:
    recipe_json = canonical(recipe.to_json())
    header = MatricesHeader(
        recipe_json=recipe_json,
        n_inputs=recipe.n_inputs,
        n_outputs=recipe.n_outputs,
        n_train=len(parts[Part.TRAIN]),
        n_validation=len(parts[Part.VALIDATION]),
        n_test=len(parts[Part.TEST]),
    )
    (into / "recipe.json").write_text(recipe_json)
    _write_split(into / "split.json", parts)
    (into / "header.json").write_text(json.dumps(asdict(header)))


def _write_split(path: Path, parts: Mapping[Part, Indices]) -> None:
    """As JSON, a piece at a time: as a list of Python's, ten million numbers take 400 MB."""
    with path.open("w") as file:
        for index, (part, rows) in enumerate(parts.items()):
            file.write(f'{"," if index else "{"}"{part.value}":[')
            for start in range(0, len(rows), _SPLIT_PIECE):
                piece = rows[start : start + _SPLIT_PIECE].tolist()
                file.write("," * (start > 0) + ",".join(map(str, piece)))
            file.write("]")
        file.write("}")
