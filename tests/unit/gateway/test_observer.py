"""What the gateway counts of its own ledger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from layerlab.domain.design import Design
from layerlab.domain.exchange import StudyDelta
from layerlab.domain.problem import Unavailable
from layerlab.domain.spec import Engine
from layerlab.domain.study import Cohort, Purpose, Study, Trial
from layerlab.domain.trial import CohortState, StudyState, TrialState
from layerlab.lifecycle import background
from services.gateway.observer import Observer, QueueCounts
from tests.unit.gateway.test_study_request import spec

NOW = datetime.now(UTC)
STUDY = Study("s", spec(), StudyState.RUNNING, NOW + timedelta(hours=1))


def trial(number: int, state: TrialState) -> Trial:
    return Trial(number, Design((8,)), 1, Engine.FUSED, "c", state, fit_time_seconds=2.0)


def cohort(name: str, state: CohortState) -> Cohort:
    return Cohort(name, "s", Purpose.SEARCH, (1,), state)


def counted(observer: Observer) -> dict[str, float]:
    lines = [
        line for line in observer.metrics([]).decode().splitlines() if not line.startswith("#")
    ]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_a_trial_counts_once_however_often_it_is_told() -> None:
    observer = Observer()
    for _ in range(3):
        observer.observe(StudyDelta(STUDY, (trial(1, TrialState.SUCCEEDED),), (), 5))
    observer.observe(StudyDelta(STUDY, (trial(2, TrialState.FAILED),), (), 6))
    counts = counted(observer)
    assert counts['layerlab_trials_total{state="succeeded"}'] == 1
    assert counts['layerlab_trials_total{state="failed"}'] == 1
    assert counts["layerlab_trial_duration_seconds_count"] == 2


def test_what_ended_before_this_process_started_is_not_counted_again() -> None:
    observer = Observer()
    old = replace(STUDY, created_at=NOW - timedelta(hours=1))
    observer.observe(StudyDelta(old, (trial(1, TrialState.SUCCEEDED),), (), 5, complete=False))
    observer.observe(StudyDelta(old, (trial(2, TrialState.SUCCEEDED),), (), 5))
    observer.observe(StudyDelta(old, (trial(3, TrialState.SUCCEEDED),), (), 6))
    assert counted(observer)['layerlab_trials_total{state="succeeded"}'] == 1


def test_cohorts_wait_then_run_then_are_gone_with_their_study() -> None:
    observer = Observer()
    pending, running = cohort("a", CohortState.PENDING), cohort("b", CohortState.RUNNING)
    observer.observe(StudyDelta(STUDY, (), (pending, running), 3))
    assert observer.queue_counts() == QueueCounts(pending=1, queued=0, running=1)
    observer.observe(StudyDelta(STUDY, (), (cohort("b", CohortState.ENDED),), 4))
    assert observer.queue_counts() == QueueCounts(pending=1, queued=0, running=0)
    observer.observe(StudyDelta(replace(STUDY, state=StudyState.CANCELLED), (), (), 5))
    assert observer.queue_counts() == QueueCounts(0, 0, 0)


async def test_a_watch_that_breaks_is_begun_again_and_nothing_counts_twice() -> None:
    observer, watched = Observer(), asyncio.Event()
    watches = 0

    async def watch() -> AsyncIterator[StudyDelta]:
        nonlocal watches
        watches += 1
        yield StudyDelta(
            STUDY, (trial(1, TrialState.PRUNED),), (cohort(f"c{watches}", CohortState.QUEUED),), 3
        )
        if watches == 1:
            raise Unavailable("store_unavailable", "The store is away.")
        watched.set()
        await asyncio.Event().wait()

    async with background(observer.run(watch, retry_seconds=0.01)), asyncio.timeout(10):
        await watched.wait()
    assert observer.queue_counts() == QueueCounts(pending=0, queued=1, running=0)
    assert counted(observer)['layerlab_trials_total{state="pruned"}'] == 1
