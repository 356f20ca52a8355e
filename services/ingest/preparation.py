"""One division of the rows becomes a folder: its recipe, its matrices, and what they are of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np

from layerlab.domain.json_value import canonical
from layerlab.domain.matrices import MatricesHeader, MatrixSpec, Part
from layerlab.domain.problem import InvalidInput, TooLarge
from layerlab.domain.recipe import Recipe, Step, TargetStep
from services.ingest.limits import MAX_INPUTS, MAX_MATRIX_BYTES
from services.ingest.recipe import (
    Categories,
    Feature,
    Floats,
    RecipeChoices,
    apply_target,
    fit_feature,
    fit_target,
)
from services.ingest.splitting import Indices, SplitRows
from services.ingest.writing import Columns, write_parts

_SPLIT_PIECE: Final = 100_000


class Preparation:
    """Takes the features one after the other, then writes everything."""

    def __init__(
        self,
        into: Path,
        columns: Columns,
        choices: RecipeChoices,
        split: SplitRows,
        with_test: bool,
    ) -> None:
        self._into, self._columns, self._choices = into, columns, choices
        self._rows = {
            Part.TRAIN: split.train,
            Part.VALIDATION: split.validation,
            Part.TEST: split.test,
        }
        self._written = {
            part: rows for part, rows in self._rows.items() if part is not Part.TEST or with_test
        }
        self._steps: list[Step] = []

    def add(self, feature: Feature) -> None:
        """:raises OSError: when the disk is full."""
        step = fit_feature(self._choices, feature.at(self._rows[Part.TRAIN]))
        self._columns.append(step, feature)
        self._steps.append(step)

    def finish(self, spec: MatrixSpec, target: Floats | Categories, rows: int) -> None:
        """`target` is that of all `rows` of the table.

        :raises InvalidInput: `no_features`, `too_many_inputs`.
        :raises TooLarge: `matrices_too_large`.
        :raises OSError: when the disk is full.
        """
        step = _fit_target(spec, target, self._rows[Part.TRAIN])
        recipe = Recipe(spec.recipe, tuple(self._steps), step)
        _check_size(recipe, rows)
        write_parts(self._into, recipe, self._columns, self._written)
        for part, chosen in self._written.items():
            values = target.at(chosen) if isinstance(target, Categories) else target[chosen]
            np.save(self._into / f"{part}-y.npy", apply_target(recipe.target, values))
        _write_documents(self._into, recipe, self._rows)


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
    (into / "recipe.json").write_text(recipe_json)
    header = MatricesHeader(
        recipe_json=recipe_json,
        n_inputs=recipe.n_inputs,
        n_outputs=recipe.n_outputs,
        n_train=len(parts[Part.TRAIN]),
        n_validation=len(parts[Part.VALIDATION]),
        n_test=len(parts[Part.TEST]),
        split_sha256=_write_split(into / "split.json", parts),
    )
    (into / "header.json").write_text(json.dumps(asdict(header)))


def _write_split(path: Path, parts: Mapping[Part, Indices]) -> str:
    """Writes `{"train":[0,2,…],"validation":[…],"test":[…]}`, and gives its SHA-256 in hex.

    A piece at a time: as a list of Python's, ten million numbers take 400 MB.
    """
    digest = hashlib.sha256()
    with path.open("wb") as file:

        def write(text: str) -> None:
            digest.update(text.encode())
            file.write(text.encode())

        for index, (part, rows) in enumerate(parts.items()):
            write(f'{"," if index else "{"}"{part.value}":[')
            for start in range(0, len(rows), _SPLIT_PIECE):
                piece = rows[start : start + _SPLIT_PIECE].tolist()
                write("," * (start > 0) + ",".join(map(str, piece)))
            write("]")
        write("}")
    return digest.hexdigest()
