from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.splitting import SplitRows, quantile_strata, split_rows
from tests.unit.ingest.tables import quick

seeds = st.integers(0, 2**53 - 1)


def split(labels: list[int], seed: int = 0) -> SplitRows:
    strata = np.unique(np.array(labels), return_inverse=True)[1].astype(np.int64)
    return split_rows(np.arange(len(labels)), strata, seed)


@quick
@given(labels=st.lists(st.integers(0, 5), min_size=20, max_size=300), seed=seeds)
def test_parts_are_disjoint_complete_ascending_and_never_empty(
    labels: list[int], seed: int
) -> None:
    parts = split(labels, seed)
    together = np.concatenate([parts.train, parts.validation, parts.test])
    assert sorted(together.tolist()) == list(range(len(labels)))
    for part in (parts.train, parts.validation, parts.test):
        assert part.size
        assert (np.diff(part) > 0).all()


@quick
@given(labels=st.lists(st.integers(0, 5), min_size=20, max_size=300), seed=seeds)
def test_every_class_is_stratified_to_within_a_row(labels: list[int], seed: int) -> None:
    parts = split(labels, seed)
    values = np.array(labels)
    for label in set(labels):
        size = int((values == label).sum())
        tested = int((values[parts.test] == label).sum())
        validated = int((values[parts.validation] == label).sum())
        assert abs(tested - 0.2 * size) < 1
        assert abs(validated - 0.2 * (size - tested)) < 1
        assert size - tested - validated >= 1


@quick
@given(labels=st.lists(st.integers(0, 3), min_size=20, max_size=200), seed=seeds)
def test_a_fifth_is_tested_and_the_same_seed_gives_the_same_rows(
    labels: list[int], seed: int
) -> None:
    parts, again = split(labels, seed), split(labels, seed)
    smallest = min(labels.count(label) for label in set(labels))
    if smallest > 1:
        assert len(parts.test) == round(0.2 * len(labels))
    assert parts.test.tolist() == again.test.tolist()
    assert parts.validation.tolist() == again.validation.tolist()


def test_another_seed_gives_other_rows() -> None:
    labels = [0, 1] * 100
    assert split(labels, 1).test.tolist() != split(labels, 2).test.tolist()


def test_a_class_of_one_row_is_only_trained_on() -> None:
    for seed in range(20):
        assert 30 in split([0] * 30 + [1], seed).train


def test_a_class_of_two_rows_always_trains_with_one() -> None:
    for seed in range(20):
        assert {30, 31} & set(split([0] * 30 + [1, 1], seed).train.tolist())


def test_no_part_is_empty_when_nearly_every_class_has_one_row() -> None:
    for seed in range(20):
        parts = split([*range(19), 0], seed)
        assert min(len(parts.train), len(parts.validation), len(parts.test)) >= 1


def test_rows_without_a_target_stay_out() -> None:
    rows = np.arange(0, 80, 2)
    parts = split_rows(rows, np.zeros(40, dtype=np.int64), 0)
    together = np.concatenate([parts.train, parts.validation, parts.test])
    assert sorted(together.tolist()) == rows.tolist()


@quick
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=20, max_size=200), seeds)
def test_quantiles_are_groups_of_equal_size_by_rank(values: list[float], seed: int) -> None:
    strata = quantile_strata(np.array(values))
    sizes = np.bincount(strata)
    assert len(sizes) == max(1, min(10, len(values) // 10))
    assert sizes.max() - sizes.min() <= 1
    for low in range(len(sizes) - 1):
        below = max(value for value, s in zip(values, strata, strict=True) if s == low)
        above = min(value for value, s in zip(values, strata, strict=True) if s == low + 1)
        assert below <= above


def test_a_quantity_is_tested_over_its_whole_range() -> None:
    values = np.exp(np.linspace(0, 10, 200))
    parts = split_rows(np.arange(200), quantile_strata(values), 3)
    assert np.bincount(quantile_strata(values)[parts.test]).tolist() == [4] * 10
    assert values[parts.test].mean() == pytest.approx(values.mean(), rel=0.2)
