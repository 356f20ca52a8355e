"""Matrices: a dataset prepared for training, part by part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from layerlab.domain.dataset import ColumnKind, Task
from layerlab.domain.recipe import RecipeName

TEST_SHARE: Final = 0.2
"""Of all rows with a target."""

VALIDATION_SHARE: Final = 0.2
"""Of what is left after the test rows: 16 % of all."""


class Part(StrEnum):
    """The rows that train, those that steer the search, and those touched once."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class MatrixSpec:
    """What decides the matrices: equal specs give equal bytes. `seed` is the split's."""

    dataset_id: str
    target: str
    task: Task
    recipe: RecipeName
    seed: int
    column_kinds: Mapping[str, ColumnKind] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MatricesHeader:
    """`recipe_json` is the fitted recipe; the row counts are of every part, asked for or not."""

    recipe_json: str
    n_inputs: int
    n_outputs: int
    n_train: int
    n_validation: int
    n_test: int


@dataclass(frozen=True, slots=True)
class MatrixChunk:
    """Bytes of one array, in order, row-major, little-endian.

    `name` "x": float32 (rows, n_inputs). "y": int64 class numbers (rows,), or float32
    standardized quantities (rows,).
    """

    part: Part
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Split:
    """Rows of the file, from 0 after the header; those without a target are in no part."""

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]
