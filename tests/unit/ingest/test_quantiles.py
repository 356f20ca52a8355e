"""Ranks as normal quantiles, compared with scikit-learn's."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import QuantileTransformer

from services.ingest.quantiles import (
    LEAST_RANK,
    MAX_QUANTILES,
    Floats,
    fit_quantiles,
    median,
    normal_quantile,
    quantiles_for,
    to_normal,
)
from tests.unit.ingest.tables import quick

finite = st.floats(allow_nan=False, allow_infinity=False)


def theirs(train: Floats, rows: Floats, quantiles: int) -> Floats:
    transformer = QuantileTransformer(
        n_quantiles=quantiles, output_distribution="normal", subsample=None
    )
    found: Floats = transformer.fit(train[:, None]).transform(rows[:, None])[:, 0]
    return found


@pytest.mark.parametrize("rows", [30, 1_000, 20_000])
@pytest.mark.parametrize("seed", range(3))
def test_numbers_that_differ_become_what_scikit_learn_makes_of_them(rows: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    train, others = random.lognormal(size=rows), random.lognormal(size=500)
    kept = min(rows, MAX_QUANTILES)
    quantiles = fit_quantiles(train, MAX_QUANTILES)
    assert len(quantiles) == kept
    for values in (train, others, np.array([-1e9, 1e9])):
        expected = theirs(train, values, kept)
        np.testing.assert_allclose(to_normal(values, quantiles), expected, atol=1e-6)


def test_equal_numbers_between_the_ends_become_what_scikit_learn_makes_of_them() -> None:
    train = np.array([-10.0, *np.repeat([1.0, 2.0, 5.0], [7, 30, 13]), 99.0])
    ours = to_normal(train, fit_quantiles(train, MAX_QUANTILES))
    np.testing.assert_allclose(ours, theirs(train, train, len(train)), atol=1e-6)


def test_a_column_that_is_mostly_zero_is_not_mostly_an_outlier() -> None:
    train = np.array([0.0] * 60 + [float(number) for number in range(1, 41)])
    zero = to_normal(np.zeros(1), fit_quantiles(train, MAX_QUANTILES))[0]
    assert zero == pytest.approx(NormalDist().inv_cdf(0.3), abs=0.05)
    assert theirs(train, np.zeros(1), 100)[0] < -5


@quick
@given(train=arrays(np.float64, st.integers(1, 60), elements=finite), values=st.data())
def test_any_numbers_become_finite_ones_in_the_same_order(
    train: Floats, values: st.DataObject
) -> None:
    rows = np.sort(values.draw(arrays(np.float64, 20, elements=finite)))
    quantiles = fit_quantiles(train, MAX_QUANTILES)
    assert (np.diff(quantiles) >= 0).all()
    assert quantiles[0] == train.min()
    assert quantiles[-1] == train.max()
    assert train.min() <= median(train) <= train.max()
    found = to_normal(rows, quantiles)
    assert np.isfinite(found).all()
    assert (np.diff(found) >= -1e-9).all()
    assert np.abs(found).max() <= 5.2


def test_the_normal_quantile_is_that_of_the_standard_library() -> None:
    ranks = np.concatenate([np.geomspace(LEAST_RANK, 0.5, 400), 1 - np.geomspace(1e-7, 0.5, 400)])
    expected = [NormalDist().inv_cdf(rank) for rank in ranks.tolist()]
    np.testing.assert_allclose(normal_quantile(ranks), expected, rtol=1e-12)


def test_a_recipe_of_many_columns_keeps_fewer_quantiles_of_each() -> None:
    assert quantiles_for(20) == MAX_QUANTILES
    assert quantiles_for(10_000) * 10_000 * 25 < 16 << 20
    assert quantiles_for(10_000) >= 10
