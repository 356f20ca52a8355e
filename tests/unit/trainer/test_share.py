"""A part of the training rows: the same for every contender, and fair to every class."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerlab.domain.dataset import Task
from services.trainer.engine import Rows
from services.trainer.share import part_of, rows_of_share


def table(counts: list[int]) -> Rows:
    """So many rows of each class; the only feature is the row's number."""
    targets = np.repeat(np.arange(len(counts)), counts)
    np.random.default_rng(0).shuffle(targets)
    return Rows(np.arange(len(targets), dtype=np.float32)[:, None], targets)


@given(st.lists(st.integers(1, 200), min_size=2, max_size=6), st.floats(0.05, 0.95))
def test_every_class_keeps_its_share_of_the_rows(counts: list[int], share: float) -> None:
    rows = table(counts)
    count = rows_of_share(rows.count, share)

    part = part_of(rows, count, "key", Task.CLASSIFICATION)

    assert part.count == count
    kept = np.bincount(part.targets, minlength=len(counts))
    assert np.abs(kept - count / rows.count * np.array(counts)).max() <= len(counts)
    if count >= len(counts):
        assert kept.min() >= 1
    # Each row with its own target, none twice.
    numbers = part.features[:, 0].astype(int)
    assert len(set(numbers)) == count
    np.testing.assert_array_equal(rows.targets[numbers], part.targets)


@pytest.mark.parametrize("task", Task)
def test_fewer_rows_are_a_part_of_more_rows(task: Task) -> None:
    rows = table([70, 20, 9, 1])
    parts = [set(part_of(rows, n, "key", task).features[:, 0]) for n in (25, 50, 99)]
    assert parts[0] < parts[1] < parts[2]


def test_the_choice_depends_on_the_key_alone() -> None:
    rows = table([500, 500])
    first, again, other = (
        set(part_of(rows, 100, key, Task.CLASSIFICATION).features[:, 0]) for key in ("a", "a", "b")
    )
    assert first == again
    assert first != other


def test_all_rows_are_not_copied() -> None:
    rows = table([5, 5])
    assert part_of(rows, rows_of_share(10, 1.0), "key", Task.CLASSIFICATION) is rows
