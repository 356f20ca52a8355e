"""What a study will take, from what a probe has shown."""

from __future__ import annotations

import math
from dataclasses import replace

from layerlab.domain.cohort_stats import CohortStats
from layerlab.domain.footprint import epoch_work
from layerlab.domain.spec import Budget, Engine, StudySpec, VerdictMode
from layerlab.domain.study import Cohort, Purpose, Trial
from layerlab.domain.table_shape import TableShape
from layerlab.domain.trial import CohortState, StopReason, TrialState
from services.gateway.predicting import Measured, predict
from tests.unit.gateway_ledger.world import a_design, a_spec

TABLE = TableShape(20_000, 5_000, 20, 5)
SPEC = replace(a_spec(400, max_epochs=30), verdict=VerdictMode.OFF)


def probe(pace: float, count: int = 32, ends: bool = True) -> Measured:
    """Designs that have each trained for 20 epochs, all at `pace` operations a second."""
    reason = StopReason.EARLY_STOPPING if ends else StopReason.TIME_BUDGET
    trials = tuple(
        Trial(
            number, a_design(number), 1, Engine.FUSED, "c1", TrialState.SUCCEEDED,
            stop_reason=reason, epochs=20,
        )
        for number in range(1, count + 1)
    )  # fmt: skip
    work = sum(20 * epoch_work(each.design, TABLE) for each in trials)
    stats = CohortStats(count, 1, 0.0, 10_000_000, 9_000_000, work / pace, work)
    numbers = tuple(trial.number for trial in trials)
    cohort = Cohort("c1", "s", Purpose.SEARCH, numbers, CohortState.ENDED, stats=stats)
    return Measured(trials, (cohort,))


def middle(spec: StudySpec, measured: Measured) -> float:
    seconds = predict(spec, TABLE, measured).seconds
    return math.sqrt(seconds.low * seconds.high)


def test_half_the_pace_takes_about_twice_as_long() -> None:
    slow, fast = middle(SPEC, probe(1e9)), middle(SPEC, probe(2e9))
    assert 1.8 < slow / fast < 2.2


def test_more_trials_take_longer_in_proportion() -> None:
    many = replace(SPEC, budget=Budget(4000, 30, None))
    assert 8 < middle(many, probe(1e9)) / middle(SPEC, probe(1e9)) < 12


def test_two_workers_are_twice_as_fast() -> None:
    both = replace(probe(1e9), workers=2)
    assert 1.8 < middle(SPEC, probe(1e9)) / middle(SPEC, both) < 2.2


def test_lanes_that_the_clock_has_cut_would_have_gone_on() -> None:
    assert middle(SPEC, probe(1e9, ends=False)) > 1.2 * middle(SPEC, probe(1e9))


def test_a_time_budget_bounds_the_range() -> None:
    short = replace(SPEC, budget=Budget(400_000, 30, 5.0))
    assert predict(short, TABLE, probe(1e9)).seconds.high <= 5.0
    alone = predict(replace(SPEC, budget=Budget(None, 30, 60.0)), TABLE, probe(1e9))
    assert (alone.seconds.low, alone.seconds.high) == (48.0, 60.0)
    assert alone.trials > 1


def test_what_was_not_measured_is_rough_and_wide() -> None:
    measured, guessed = predict(SPEC, TABLE, probe(1e9)), predict(SPEC, TABLE, Measured())
    assert (measured.is_rough, guessed.is_rough) == (False, True)
    widths = [each.seconds.high / each.seconds.low for each in (measured, guessed)]
    assert widths[1] > 2 * widths[0]
    crowded = replace(probe(1e9), is_crowded=True)
    assert predict(SPEC, TABLE, crowded).is_rough


def test_a_verdict_costs_more() -> None:
    judged = predict(replace(SPEC, verdict=VerdictMode.AUTO), TABLE, probe(1e9))
    plain = predict(SPEC, TABLE, probe(1e9))
    assert judged.seconds.low > plain.seconds.low
    assert judged.seconds.high > plain.seconds.high


def test_memory_covers_what_was_measured() -> None:
    size = predict(SPEC, TABLE, probe(1e9)).size_bytes
    assert size.low < 9_000_000 <= size.high
