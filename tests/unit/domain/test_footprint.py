from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerlab.domain.design import Design, Norm
from layerlab.domain.footprint import (
    Kernel,
    cohort_footprint,
    epoch_flops,
    epoch_work,
    how_many_fit,
    padded_flops,
)
from layerlab.domain.table_shape import TableShape

LETTER = TableShape(12_800, 3_200, 16, 26)

designs = st.builds(
    Design,
    hidden=st.lists(st.integers(1, 600), max_size=4).map(tuple),
    norm=st.sampled_from(Norm),
    dropout=st.sampled_from([0.0, 0.3]),
    residual=st.booleans(),
    batch_size=st.integers(1, 5_000),
)
tables = st.builds(
    TableShape,
    train_rows=st.integers(1, 10**7),
    val_rows=st.integers(1, 10**6),
    n_inputs=st.integers(1, 3_000),
    n_outputs=st.integers(1, 1_000),
)


def test_an_epochs_operations_are_those_of_its_products() -> None:
    # Forward 2 x rows x weights; backward as much for the weights, and for the inputs of all
    # layers but the first; validation forward only.
    weights, first = 16 * 64 + 64 * 64 + 64 * 26, 16 * 64
    training, validation = 12_800 * (6 * weights - 2 * first), 3_200 * 2 * weights

    assert epoch_flops(Design(hidden=(64, 64)), LETTER) == training + validation


@pytest.mark.parametrize(("width", "share"), [(16, 0.0), (24, 0.25), (8, 0.5), (1, 15 / 16)])
def test_padding_is_what_rounds_widths_up_to_16(width: int, share: float) -> None:
    table, design = TableShape(1_000, 250, 500, 16), Design(hidden=(width,))

    exact, padded = epoch_flops(design, table), padded_flops(design, table, Kernel.NATIVE)
    assert 1 - exact / padded == pytest.approx(share, abs=0.01)
    assert padded_flops(design, table, Kernel.STACK) == exact


@given(st.lists(designs, min_size=1, max_size=6), tables, st.sampled_from(Kernel))
def test_another_lane_never_makes_a_cohort_smaller(
    lanes: list[Design], table: TableShape, kernel: Kernel
) -> None:
    grown, before = (
        cohort_footprint(some, table, kernel, 2).resident for some in ([*lanes, lanes[0]], lanes)
    )
    # The stack evaluates fewer rows at once where its widest level is wider, at worst half as many.
    least = before / 2 if kernel is Kernel.STACK else before
    assert grown >= least > 0


@given(designs, tables)
def test_work_counts_more_than_products(design: Design, table: TableShape) -> None:
    assert epoch_work(design, table) > epoch_flops(design, table)
    assert padded_flops(design, table, Kernel.NATIVE) >= epoch_flops(design, table)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=30), st.integers(0, 100))
def test_the_longest_beginning_that_fits_is_found(sizes: list[int], limit: int) -> None:
    found = how_many_fit(sizes, limit, sum)

    assert found == 1 or sum(sizes[:found]) <= limit
    assert found == len(sizes) or sum(sizes[: found + 1]) > limit
