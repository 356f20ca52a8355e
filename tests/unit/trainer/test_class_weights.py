from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from layerlab.domain.dataset import Task
from layerlab.domain.design import ClassWeight
from services.trainer import class_weights as module
from services.trainer.class_weights import class_weights
from services.trainer.engine import Matrices, Rows
from tests.unit.trainer.builders import quantity


def table(classes: list[int], n_outputs: int) -> Matrices:
    targets = np.array(classes, np.int64)
    rows = Rows(np.zeros((len(targets), 1), np.float32), targets)
    return Matrices(Task.CLASSIFICATION, n_outputs, rows, rows)


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=50))
def test_balanced_weights_are_those_of_scikit_learn(classes: list[int]) -> None:
    weights = class_weights(ClassWeight.BALANCED, table(classes, 6))
    present = np.unique(classes)
    expected = compute_class_weight("balanced", classes=present, y=np.array(classes))
    assert weights.dtype == np.float32
    assert weights.shape == (6,)
    np.testing.assert_allclose(weights[present], expected, rtol=1e-6)
    assert weights[classes].sum() == pytest.approx(len(classes), rel=1e-5)


def test_a_class_without_training_rows_changes_no_other_weight() -> None:
    weights = class_weights(ClassWeight.BALANCED, table([0, 0, 0, 2], 3))
    np.testing.assert_allclose(weights, [4 / 6, 1, 2], rtol=1e-6)


def test_a_table_is_counted_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = table([0, 1, 1, 2, 2, 2, 0], 4)
    at_once = class_weights(ClassWeight.BALANCED, rows)
    monkeypatch.setattr(module, "_CHUNK_ROWS", 3)
    np.testing.assert_array_equal(class_weights(ClassWeight.BALANCED, rows), at_once)


def test_without_a_choice_and_without_classes_every_row_counts_alike() -> None:
    assert (class_weights(ClassWeight.NONE, table([0, 0, 1], 2)) == 1).all()
    assert class_weights(ClassWeight.BALANCED, quantity()).tolist() == [1]
