from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerlab.domain.design import Design, Schedule
from services.trainer.engine import Floats
from services.trainer.schedules import is_constant, rate_factors, steps_per_epoch


def whole(design: Design, steps: int, epochs: int) -> Floats:
    """The factors of all epochs, one after another."""
    return np.concatenate([rate_factors(design, e, steps, epochs) for e in range(1, epochs + 1)])


some = st.builds(
    Design,
    hidden=st.just(()),
    schedule=st.sampled_from(Schedule),
    warmup_epochs=st.floats(0, 12),
)


@settings(deadline=None)
@given(some, st.integers(1, 30), st.integers(1, 10))
def test_the_rate_rises_for_the_warm_up_and_never_after_it(
    design: Design, steps: int, epochs: int
) -> None:
    factors = whole(design, steps, epochs)
    warm = int(np.ceil(design.warmup_epochs * steps))
    assert factors.dtype == np.float32
    assert ((factors >= 0) & (factors <= 1)).all()
    assert (np.diff(factors[:warm]) > 0).all()
    assert (np.diff(factors[warm:]) <= 0).all()


@settings(deadline=None)
@given(some, st.integers(1, 30), st.integers(1, 10))
def test_a_rate_that_is_called_constant_is(design: Design, steps: int, epochs: int) -> None:
    if is_constant(design):
        assert (whole(design, steps, epochs) == 1).all()
    else:
        assert (whole(design, 2 * steps, epochs + 12) != 1).any()


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Schedule.CONSTANT, [1, 1, 1, 1]),
        (Schedule.COSINE, [1, 0.85355339, 0.5, 0.14644661]),
        (Schedule.LINEAR, [1, 0.75, 0.5, 0.25]),
        (Schedule.EXPONENTIAL, [1, 0.31622777, 0.1, 0.03162278]),
    ],
)
def test_a_schedule_goes_from_the_warm_up_to_the_last_epoch(
    schedule: Schedule, expected: list[float]
) -> None:
    plain = Design((), schedule=schedule)
    np.testing.assert_allclose(whole(plain, 2, 2), expected, rtol=1e-6)
    warmed = Design((), schedule=schedule, warmup_epochs=1.0)
    np.testing.assert_allclose(whole(warmed, 2, 3), [0, 0.5, *expected], rtol=1e-6)


def test_a_warm_up_may_end_amid_an_epoch_or_never() -> None:
    amid = Design((), warmup_epochs=1.5)
    np.testing.assert_allclose(whole(amid, 2, 3), [0, 1 / 3, 2 / 3, 1, 1, 1], rtol=1e-6)
    never = Design((), schedule=Schedule.COSINE, warmup_epochs=100.0)
    np.testing.assert_allclose(whole(never, 5, 2), np.arange(10) / 500, rtol=1e-6)


def test_an_epoch_has_a_step_for_its_last_rows_too() -> None:
    assert [steps_per_epoch(rows, 16) for rows in (1, 16, 17, 32)] == [1, 1, 2, 2]
