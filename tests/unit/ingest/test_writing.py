"""Matrices are written in memory that doesn't grow with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from layerlab.domain.dataset import ColumnKind, Task
from layerlab.domain.matrices import Part
from layerlab.domain.recipe import Recipe, RecipeName, TargetStep
from layerlab.domain.recipe_steps import CategoryStep, NumberStep
from services.ingest.recipe import Categories, Feature
from services.ingest.writing import open_columns, write_parts
from tests.unit.memory import growth

_ROWS, _NUMBERS = 2_000_000, 24
_LABELS = ("a", "b", "c")


def test_a_matrix_is_written_without_being_held(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    number = Feature("n", ColumnKind.NUMBER, random.random(_ROWS))
    color = Feature("c", ColumnKind.CATEGORY, Categories(np.arange(_ROWS) % 4 - 1, _LABELS))
    steps: tuple[CategoryStep | NumberStep, ...] = (
        CategoryStep("c", _LABELS),
        *(NumberStep("n", ColumnKind.NUMBER, 0.0, 0.0, i + 1.0) for i in range(_NUMBERS)),
    )
    target = TargetStep("t", Task.CLASSIFICATION, classes=("x", "y"))
    recipe = Recipe(RecipeName.PAPER, steps, target)
    drawn = random.random(_ROWS)
    parts = {Part.TRAIN: np.flatnonzero(drawn < 0.7), Part.TEST: np.flatnonzero(drawn > 0.8)}

    with growth() as writing, open_columns(tmp_path, _ROWS) as columns:
        for step in steps:
            columns.append(step, color if isinstance(step, CategoryStep) else number)
        write_parts(tmp_path, recipe, columns, parts)

    assert writing.most < _ROWS * recipe.n_inputs * 4 / 2
    for part, rows in parts.items():
        x = np.load(tmp_path / f"{part}-x.npy", mmap_mode="r")
        assert x.shape == (len(rows), recipe.n_inputs)
        for row in (0, len(rows) // 2, len(rows) - 1):
            hot = [float(rows[row] % 4 - 1 == code) for code in range(3)]
            scaled = drawn_number(number, rows[row]) / np.arange(1, _NUMBERS + 1)
            np.testing.assert_allclose(x[row], [*hot, *scaled], rtol=1e-6)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["test-x.npy", "train-x.npy"]


def drawn_number(feature: Feature, row: int) -> float:
    assert isinstance(feature.values, np.ndarray)
    return float(feature.values[row])
