from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerlab.domain.problem import InvalidInput
from services.gateway.curves import thin_curve
from services.gateway.ledger import CurvePoint


def _curve(epochs: int) -> list[CurvePoint]:
    return [CurvePoint(epoch, 0.1, 0.2, 0.5, 0.01 * epoch) for epoch in range(1, epochs + 1)]


@given(epochs=st.integers(1, 400), most=st.integers(3, 120), best=st.integers(1, 400))
def test_a_thinned_curve_has_its_ends_and_its_best_epoch_in_order(
    epochs: int, most: int, best: int
) -> None:
    thinned = [point.epoch for point in thin_curve(_curve(epochs), most, best)]

    assert len(thinned) == min(most, epochs)
    assert thinned == sorted(set(thinned))
    assert (thinned[0], thinned[-1]) == (1, epochs)
    assert best in thinned or best > epochs


def test_all_points_are_there_when_nobody_asks_for_fewer() -> None:
    assert thin_curve(_curve(500), 0, 3) == tuple(_curve(500))
    assert thin_curve([], 5, None) == ()


@pytest.mark.parametrize("most", [1, 2, -1])
def test_too_few_points_to_be_a_curve_are_refused(most: int) -> None:
    with pytest.raises(InvalidInput, match="invalid_max_points"):
        thin_curve(_curve(9), most, None)
