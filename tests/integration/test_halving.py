"""Halving, from a registered cohort's rungs to what the ledger says of its trials."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from layerlab.domain.design import Design, Optimizer
from layerlab.domain.event import EventType
from layerlab.domain.halving import Rung
from layerlab.domain.study import CohortRef, Trial
from layerlab.domain.trial import StopReason, TrialState
from layerlab.ports import Requeue
from services.trainer.child_process import TrainingChild, training_child
from services.trainer.settings import TrainerSettings
from tests.integration.trainer_world import WAIT_SECONDS, TrainerWorld, open_trainer_world

# One child for all tests: it lives in one loop.
pytestmark = pytest.mark.asyncio(loop_scope="module")

EPOCHS = 400
RUNGS = (Rung(2, 5), Rung(40, 3))
# Many steps, and wide layers: they are still at it when somebody has heard of the first rung.
LEARNERS = [Design((256, 256), batch_size=2, learning_rate=rate) for rate in (3e-4, 6e-4, 1e-3)]
# Too low a rate to change a float32. They would stop early, but not before the last rung.
STUCK = [
    Design((8 * i,), batch_size=32, learning_rate=1e-30, optimizer=Optimizer.SGD)
    for i in (1, 2, 3, 4, 5)
]


@pytest_asyncio.fixture(scope="module", loop_scope="module", name="child")
async def shared_child() -> AsyncIterator[TrainingChild]:
    async with training_child(TrainerSettings(threads=1, hang_seconds=20)) as child:
        yield child


@pytest_asyncio.fixture(loop_scope="module")
async def world(tmp_path: Path, child: TrainingChild) -> AsyncIterator[TrainerWorld]:
    async with open_trainer_world(tmp_path, child) as world:
        yield world


async def run(world: TrainerWorld, ref: CohortRef) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        await world.runner().run(ref)


async def halved(world: TrainerWorld) -> CohortRef:
    return await world.cohort(await world.study(EPOCHS), [*STUCK, *LEARNERS], RUNGS)


async def until_one_is_dropped(world: TrainerWorld, study_id: str) -> None:
    async with asyncio.timeout(WAIT_SECONDS), world.world.feed.subscribe(study_id) as grown:
        while TrialState.PRUNED not in (await world.world.states(study_id)).values():
            await anext(grown)


async def assert_each_ended_once(world: TrainerWorld, study_id: str) -> list[Trial]:
    """And with the epochs of its last attempt, without a gap."""
    trials = await world.trials(study_id)
    moves = await world.events(study_id, EventType.TRIAL_STATE_CHANGED)
    ends = Counter(e.data["number"] for e in moves if TrialState(str(e.data["to"])).is_terminal)
    assert ends == Counter(trial.number for trial in trials)
    for trial in trials:
        _, curve = await world.world.ledger.get_trial(study_id, trial.number)
        assert [point.epoch for point in curve] == list(range(1, trial.epochs + 1))
    return trials


def outcome(trials: list[Trial]) -> list[tuple[TrialState, StopReason | None, str]]:
    return [
        (trial.state, trial.stop_reason, trial.detail if trial.state is TrialState.PRUNED else "")
        for trial in trials
    ]


async def test_the_weaker_lanes_end_at_the_rungs_and_the_best_succeeds(
    world: TrainerWorld,
) -> None:
    ref = await halved(world)
    await run(world, ref)

    trials = await assert_each_ended_once(world, ref.study_id)
    stuck, learners = trials[: len(STUCK)], trials[len(STUCK) :]
    assert {trial.state for trial in learners} == {TrialState.SUCCEEDED}
    assert {(trial.state, trial.stop_reason) for trial in stuck} == {
        (TrialState.PRUNED, StopReason.RUNG)
    }
    assert sorted(trial.epochs for trial in stuck) == [2, 2, 2, 40, 40]
    assert all(trial.score_val is not None for trial in trials)
    best = (await world.world.ledger.get_study(ref.study_id)).best
    assert best is not None
    assert best.score_val == max(trial.score_val or 0.0 for trial in trials)
    assert best.has_model


async def test_a_cohort_whose_trainer_died_half_way_ends_as_if_it_had_not(
    world: TrainerWorld,
) -> None:
    undisturbed = await halved(world)
    await run(world, undisturbed)
    disturbed = await halved(world)
    running = asyncio.create_task(run(world, disturbed))
    await until_one_is_dropped(world, disturbed.study_id)
    os.kill(world.child_pid(), signal.SIGKILL)
    with pytest.raises(Requeue):
        await running
    await run(world, disturbed)

    trials = await assert_each_ended_once(world, disturbed.study_id)
    assert {trial.attempt for trial in trials} == {1, 2}
    assert outcome(trials) == outcome(await world.trials(undisturbed.study_id))
