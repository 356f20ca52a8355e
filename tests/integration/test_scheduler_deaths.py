"""A scheduler that is killed between any two awaits, and one that starts after it."""

from __future__ import annotations

import asyncio

import pytest

from layerlab.adapters.memory import MemoryJobQueue
from layerlab.domain.spec import StudySpec
from layerlab.domain.study import Trial
from layerlab.domain.trial import StudyState, TrialState
from tests.integration.scheduler_world import (
    Deadly,
    DeadlyLedger,
    DeadlyQueue,
    DurableQueue,
    SchedulerWorld,
    essence,
    running,
)
from tests.unit.scheduler.builders import a_spec

LEASE_AND_MORE = 20.0
NEVER = -1
QUEUES = pytest.mark.parametrize("queue", [MemoryJobQueue, DurableQueue])


def spec() -> StudySpec:
    return a_spec(max_trials=12)


async def live(here: SchedulerWorld, study_id: str, dies_at: int) -> Deadly:
    """One scheduler's life: until it is killed, or its study has ended."""
    points = Deadly(dies_at)
    ledger, queue = DeadlyLedger(here.ledger, points), DeadlyQueue(here.queue, points)
    async with running(here.scheduler(ledger, queue).run(), here.trainer().run()):
        death = asyncio.create_task(points.died.wait())
        end = asyncio.create_task(here.end_of(study_id))
        await asyncio.wait({death, end}, return_when=asyncio.FIRST_COMPLETED)
        death.cancel()
        end.cancel()
        await asyncio.gather(death, end, return_exceptions=True)
    return points


async def start_again(
    here: SchedulerWorld, study_id: str, queue: type[MemoryJobQueue]
) -> list[Trial]:
    if not queue.survives_restart:
        here.queue = queue()
    here.turn(LEASE_AND_MORE)
    async with running(here.scheduler().run(), here.trainer(incarnation="i2").run()):
        # A claim that was under way at the kill may take its lease only now.
        study = await here.end_of(study_id, turning=0.05)
    assert study.state is StudyState.SUCCEEDED
    return await here.trials(study_id)


@QUEUES
async def test_whenever_it_is_killed_the_next_one_goes_on_with_the_same_trials(
    here: SchedulerWorld, queue: type[MemoryJobQueue]
) -> None:
    here.queue = queue()
    undisturbed = await here.create(spec())
    points = await live(here, undisturbed, NEVER)
    expected = essence(await here.trials(undisturbed))
    assert points.passed >= 25

    # Up to a few points more than one life has had: how deltas are grouped varies.
    for dies_at in range(1, points.passed + 1):
        here.queue = queue()
        study_id = await here.create(spec())
        await live(here, study_id, dies_at)
        trials = await start_again(here, study_id, queue)

        assert essence(trials) == expected
        assert {trial.state for trial in trials} == {TrialState.SUCCEEDED}
        assert sum(trial.score_test is not None for trial in trials) == 1


@QUEUES
async def test_it_may_be_killed_again_and_again(
    here: SchedulerWorld, queue: type[MemoryJobQueue]
) -> None:
    here.queue = queue()
    study_id = await here.create(spec())
    for dies_at in range(2, 20, 2):
        await live(here, study_id, dies_at)
        here.turn(LEASE_AND_MORE)
    trials = await start_again(here, study_id, queue)

    alone = await here.create(spec())
    await live(here, alone, NEVER)
    assert essence(trials) == essence(await here.trials(alone))
