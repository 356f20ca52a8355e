"""How many epochs lanes train for, in brackets that also lose lanes by themselves."""

from __future__ import annotations

import pytest

from layerlab.domain.halving import Halving
from layerlab.domain.hyperband import mean_epochs, trained_epochs


def everybody_goes_on(epoch: int) -> float:
    return 1.0


def test_each_bracket_counts_with_its_lanes() -> None:
    # Two lanes train for 3 epochs; of three others all train for 1 and one in three for 2 more.
    expected = (2 * 3 + 3 * (1 + 2 / 3)) / 5
    assert trained_epochs(Halving(3, 1), 3, everybody_goes_on) == pytest.approx(expected)


@pytest.mark.parametrize(("factor", "most"), [(3, 81), (2, 64), (4, 256)])
def test_lanes_that_go_on_from_rung_to_rung_cost_less_than_if_they_began_anew(
    factor: int, most: int
) -> None:
    halving = Halving(factor, 1)
    trained = trained_epochs(halving, most, everybody_goes_on)
    assert 0.6 * mean_epochs(halving, most) < trained < mean_epochs(halving, most)


def test_without_halving_a_lane_trains_until_it_ends_itself() -> None:
    assert trained_epochs(None, 20, everybody_goes_on) == 20
    assert trained_epochs(None, 20, lambda epoch: float(epoch < 5)) == 5


def test_what_ends_early_costs_no_more_than_what_rungs_leave() -> None:
    halving = Halving(3, 1)
    early = trained_epochs(halving, 81, lambda epoch: 0.9**epoch)
    assert early < trained_epochs(halving, 81, everybody_goes_on)
    assert early < trained_epochs(None, 81, lambda epoch: 0.9**epoch)
