"""How fast work goes, and how long the gateway remembers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from layerlab.domain.exchange import StudyDelta
from layerlab.domain.trial import CohortState, TrialState
from services.gateway.observer import Observer, QueueCounts
from services.gateway.queue_history import QueueHistory, Rates
from tests.unit.gateway.test_observer import NOW, STUDY, cohort, trial


@dataclass
class Clock:
    seconds: float = 0.0
    epochs: int = 0

    async def under_way(self, study_ids: Sequence[str]) -> int:
        return self.epochs if study_ids else 0


def a_history(observer: Observer, clock: Clock) -> QueueHistory:
    return QueueHistory(observer, clock.under_way, lambda: NOW + timedelta(seconds=clock.seconds))


def end_trial(observer: Observer, number: int, epochs: int) -> None:
    ended = replace(trial(number, TrialState.SUCCEEDED), epochs=epochs)
    observer.observe(StudyDelta(STUDY, (ended,), (), number))


async def test_one_look_tells_no_rate() -> None:
    history = a_history(Observer(), Clock())
    assert history.rates == Rates()
    await history.sample()
    assert history.rates == Rates()


async def test_rates_are_of_what_ended_since_and_of_epochs_under_way() -> None:
    observer, clock = Observer(), Clock()
    history = a_history(observer, clock)
    observer.observe(StudyDelta(STUDY, (), (cohort("a", CohortState.RUNNING),), 1))
    await history.sample()
    end_trial(observer, 1, epochs=7)
    observer.observe(StudyDelta(STUDY, (), (cohort("a", CohortState.ENDED),), 3))
    clock.seconds, clock.epochs = 10.0, 3
    await history.sample()
    assert history.rates == Rates(
        cohorts_per_minute=6.0, trials_per_minute=6.0, epochs_per_second=1.0
    )


async def test_an_attempt_that_is_lost_is_no_negative_work() -> None:
    observer, clock = Observer(), Clock(epochs=50)
    history = a_history(observer, clock)
    observer.observe(StudyDelta(STUDY, (), (cohort("a", CohortState.RUNNING),), 1))
    await history.sample()
    clock.seconds, clock.epochs = 5.0, 0
    await history.sample()
    assert history.rates.epochs_per_second == 0.0


async def test_what_was_longer_ago_than_a_minute_is_no_rate_any_more() -> None:
    observer, clock = Observer(), Clock()
    history = a_history(observer, clock)
    await history.sample()
    end_trial(observer, 1, epochs=7)
    for _ in range(14):
        clock.seconds += 5
        await history.sample()
    assert history.rates.trials_per_minute == 0.0
    assert max(each.rates.trials_per_minute for each in history.moments) > 0


async def test_the_last_15_minutes_are_kept_oldest_first_and_no_more() -> None:
    observer, clock = Observer(), Clock()
    history = a_history(observer, clock)
    for _ in range(200):
        clock.seconds += 5
        await history.sample()
    moments = history.moments
    assert len(moments) == 180
    assert moments[0].time == NOW + timedelta(seconds=21 * 5)
    assert moments[-1].time == NOW + timedelta(seconds=200 * 5)


async def test_each_moment_says_what_waited_and_what_was_claimed() -> None:
    observer, clock = Observer(), Clock()
    history = a_history(observer, clock)
    waiting = (cohort("a", CohortState.QUEUED), cohort("b", CohortState.PENDING))
    observer.observe(StudyDelta(STUDY, (), (*waiting, cohort("c", CohortState.RUNNING)), 1))
    await history.sample()
    assert history.moments[0].counts == QueueCounts(pending=1, queued=1, running=1)
