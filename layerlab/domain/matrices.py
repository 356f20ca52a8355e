"""Matrices: a dataset prepared for training, part by part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from layerlab.domain.dataset import ColumnKind, Task
from layerlab.domain.design import Design
from layerlab.domain.recipe import RecipeName
from layerlab.domain.spec import StudySpec
from layerlab.domain.splitting import SplitSpec
from layerlab.domain.study import Proposal


class Part(StrEnum):
    """The rows that train, those that steer the search, and those touched once."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class MatrixSpec:
    """What decides the matrices: equal specs give equal bytes. `seed` is the split's.

    `repeat` 0 is the study's own split. In the repeats from 1 on the learning rows are divided anew
    (`splitting.repeat_place`); the test part is the same, prepared with that repeat's recipe.
    """

    dataset_id: str
    target: str
    task: Task
    recipe: RecipeName
    seed: int
    column_kinds: Mapping[str, ColumnKind] = field(default_factory=dict)
    split: SplitSpec = field(default_factory=SplitSpec)
    repeat: int = 0
    missing_indicators: bool = False
    group_rare: bool = False


def matrix_spec(spec: StudySpec, lane: Proposal | None = None) -> MatrixSpec:
    """Of a lane's matrices; without one, of the study's own split and recipe."""
    design = lane.design if lane else Design(hidden=())
    return MatrixSpec(
        spec.dataset_id,
        spec.target,
        spec.task,
        design.recipe or spec.recipe,
        spec.seed,
        spec.column_kinds,
        spec.split,
        lane.repeat if lane else 0,
        design.missing_indicators,
        design.group_rare,
    )


@dataclass(frozen=True, slots=True)
class MatricesHeader:
    """`recipe_json` is the fitted recipe; the row counts are of every part, asked for or not.

    `split_sha256`: of the rows of all parts; empty: prepared by a version that didn't say.
    """

    recipe_json: str
    n_inputs: int
    n_outputs: int
    n_train: int
    n_validation: int
    n_test: int
    split_sha256: str = ""


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
