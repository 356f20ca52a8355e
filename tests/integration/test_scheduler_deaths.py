"""A scheduler that is killed between any two awaits, and one that starts after it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from layerlab.adapters.memory import MemoryJobQueue
from layerlab.domain.spec import StudySpec, VerdictMode
from layerlab.domain.splitting import SplitSpec
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
from tests.unit.scheduler.builders import a_spec, small_space

LEASE_AND_MORE = 20.0
NEVER = -1
QUEUES = pytest.mark.parametrize("queue", [MemoryJobQueue, DurableQueue])


def spec() -> StudySpec:
    return a_spec(max_trials=12)


def judged_spec() -> StudySpec:
    """Three folds and few changes: a study that has all phases, and ends soon."""
    space = small_space(hidden=[[8], [16], [32]], dropout=[0, 0.1])
    split = SplitSpec(folds=3)
    return replace(a_spec(max_trials=6, space=space), verdict=VerdictMode.AUTO, split=split)


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


async def test_whenever_it_is_killed_in_the_finals_the_verdict_is_the_same(
    here: SchedulerWorld,
) -> None:
    here.queue = DurableQueue()
    undisturbed = await here.create(judged_spec())
    points = await live(here, undisturbed, NEVER)
    expected = (await here.study(undisturbed)).verdict
    assert expected is not None
    assert expected.is_final
    assert expected.ablation
    assert expected.learning_curve

    # The search is another test's: here its points are only sampled.
    for dies_at in (*range(5, 30, 8), *range(30, points.passed + 1, 3)):
        here.queue = DurableQueue()
        study_id = await here.create(judged_spec())
        await live(here, study_id, dies_at)
        await start_again(here, study_id, DurableQueue)

        assert (await here.study(study_id)).verdict == expected, f"killed at {dies_at}"


async def test_two_schedulers_at_once_come_to_one_verdict(here: SchedulerWorld) -> None:
    alone = await here.create(judged_spec())
    await live(here, alone, NEVER)
    both = await here.create(judged_spec())
    schedulers = [here.scheduler().run(), here.scheduler().run()]
    async with running(*schedulers, here.trainer().run()):
        study = await here.end_of(both, turning=0.01)

    assert study.verdict == (await here.study(alone)).verdict
