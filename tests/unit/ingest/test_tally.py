"""Counting by sorting says the same as counting one by one."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerlab.domain.dataset import TopValue
from services.ingest import tally
from services.ingest.tally import Tally, count_texts, shown, tally_numbers
from tests.unit.ingest.tables import quick

numbers = st.one_of(
    st.lists(st.sampled_from([1.0, -2.5, 0.0, -0.0, 3.0, float("inf"), -float("inf"), 1e300])),
    st.lists(st.integers(0, 40).map(float), max_size=400),
    st.lists(st.floats(allow_nan=False), max_size=60),
)


@quick
@given(values=numbers)
def test_numbers_are_tallied_as_if_one_by_one(values: list[float]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tally, "_PIECE", 7)
        assert tally_numbers(np.array(values, np.float64)) == one_by_one(values)


@quick
@given(values=st.lists(st.sampled_from("abcdefghijklmno"), min_size=1))
def test_texts_are_tallied_as_if_one_by_one(values: list[str]) -> None:
    assert count_texts(pa.array(values, pa.string())).tally == one_by_one(values)


def one_by_one(values: list[float] | list[str]) -> Tally:
    counter = Counter[float | str](
        values
    )  # Keeps the order of the file, and takes equals in that order.
    repeats = len(counter) == 1 or any(count > 1 for count in counter.values())
    top = [TopValue(shown(value), count) for value, count in counter.most_common(10)]
    return Tally(len(values), len(counter), tuple(top) if repeats else ())
