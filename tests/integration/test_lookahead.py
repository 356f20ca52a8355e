"""While a trainer's cohort ends, its next one is fetched; whatever happens, none is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from layerlab.adapters.memory import MemoryJobQueue
from layerlab.domain.study import CohortRef, Trial
from layerlab.domain.trial import CohortState, TrialState
from layerlab.lifecycle import background
from layerlab.ports import JobQueue
from services.gateway.ledger import StudyVerb
from services.trainer import turns
from services.trainer.child_process import TrainingChild
from services.trainer.messages import Evaluated, EvaluateJob, Progress, ScoreJob, TrainJob
from services.trainer.service import trainer_service
from services.trainer.settings import TrainerSettings
from tests.integration.trainer_world import TrainerWorld, open_trainer_world
from tests.unit.gateway_ledger.world import an_end, epochs
from tests.waiting import until_true


class Stepping:
    """A JobExecutor: a job's first epochs come by themselves, its last one when it is told."""

    device = "steps"

    def __init__(self) -> None:
        self.begun: list[int] = []
        """The first trial of each job, in the order in which they were begun."""
        self.expected: list[int] = []
        self.free: dict[int, asyncio.Event] = {}

    def finish(self, number: int) -> None:
        self.free.setdefault(number, asyncio.Event()).set()

    async def train(self, job: TrainJob) -> AsyncGenerator[Progress, None]:
        numbers = [lane.number for lane in job.lanes]
        self.begun.append(numbers[0])
        for epoch in range(1, job.max_epochs):
            await asyncio.sleep(0.01)
            yield Progress(epochs(numbers, epoch), ())
        await self.free.setdefault(numbers[0], asyncio.Event()).wait()
        ends = tuple(an_end(number, trained=job.max_epochs) for number in numbers)
        yield Progress(epochs(numbers, job.max_epochs), ends)

    async def expect(self, job: TrainJob) -> None:
        self.expected.append(job.lanes[0].number)

    async def dismiss(self, job: TrainJob) -> None:
        self.expected.remove(job.lanes[0].number)

    async def evaluate(self, job: EvaluateJob) -> Evaluated:
        raise AssertionError

    async def score(self, job: ScoreJob) -> float:
        raise AssertionError

    async def stop_lanes(self, numbers: tuple[int, ...]) -> None:
        """They end soon."""


class Trainer:
    """One trainer service, its queue, and a ledger with cohorts of one trial each."""

    def __init__(self, world: TrainerWorld, folder: Path, queue: JobQueue | None = None) -> None:
        """`queue`: in memory unless it is another one."""
        self.world, self.queue, self.steps = world, queue or MemoryJobQueue(), Stepping()
        self._folder = folder

    async def put(self, study_id: str, number: int) -> CohortRef:
        ref = await self.world.world.queued_cohort(study_id, (number,), f"c{number}")
        await self.queue.put(ref)
        return ref

    def serving(self) -> AbstractAsyncContextManager[object]:
        @asynccontextmanager
        async def open_steps(settings: TrainerSettings) -> AsyncIterator[Stepping]:
            yield self.steps

        settings = TrainerSettings(threads=1, worker_id="w1")
        world = self.world
        return background(
            trainer_service(
                settings, self.queue, world.ledger, world.source, self._folder, open_steps
            )
        )

    async def state(self, ref: CohortRef) -> CohortState:
        return (await self.world.world.cohort(ref)).state

    async def becomes(self, ref: CohortRef, state: CohortState) -> None:
        async def holds() -> bool:
            return await self.state(ref) is state

        await until_true(holds)

    async def trial(self, study_id: str, number: int) -> Trial:
        return next(t for t in await self.world.trials(study_id) if t.number == number)


@pytest.fixture
async def trainer(tmp_path: Path) -> AsyncIterator[Trainer]:
    async with open_trainer_world(tmp_path, TrainingChild(TrainerSettings())) as world:
        yield Trainer(world, tmp_path / "matrices")


async def test_the_next_cohort_is_ready_before_the_one_before_has_ended(trainer: Trainer) -> None:
    study_id = await trainer.world.study(max_epochs=3)
    first, second = await trainer.put(study_id, 1), await trainer.put(study_id, 2)

    async def both_leases_are_kept() -> bool:
        known = [w for w in await trainer.world.known_workers() if w.worker_id == "w1"]
        return {h.cohort_id for w in known for h in w.held} == {"c1", "c2"}

    async with trainer.serving():
        await trainer.becomes(second, CohortState.RUNNING)
        await until_true(both_leases_are_kept)
        assert trainer.steps.begun == [1]
        assert trainer.steps.expected == [1, 2]
        trainer.steps.finish(1)
        trainer.steps.finish(2)
        for ref in (first, second):
            await trainer.becomes(ref, CohortState.ENDED)
    assert trainer.steps.begun == [1, 2]
    assert {t.state for t in await trainer.world.trials(study_id)} == {TrialState.SUCCEEDED}
    assert {t.attempt for t in await trainer.world.trials(study_id)} == {1}


async def test_a_trainer_with_long_to_go_leaves_the_next_cohort_to_others(trainer: Trainer) -> None:
    study_id = await trainer.world.study(max_epochs=1_000_000)
    await trainer.put(study_id, 1)
    second = await trainer.put(study_id, 2)
    async with trainer.serving():
        await trainer.world.epochs_reported(study_id, 20)
        assert await trainer.state(second) is CohortState.QUEUED
        assert (await trainer.queue.depth()).ready == 1


async def test_a_trainer_that_is_stopped_hands_its_next_cohort_back_too(trainer: Trainer) -> None:
    study_id = await trainer.world.study(max_epochs=3)
    first, second = await trainer.put(study_id, 1), await trainer.put(study_id, 2)

    async def both_are_held() -> bool:
        known = [w for w in await trainer.world.known_workers() if w.worker_id == "w1"]
        return {h.cohort_id for w in known for h in w.held} == {"c1", "c2"}

    async with trainer.serving():
        await trainer.becomes(second, CohortState.RUNNING)
        # Its claim may be recorded before the trainer has the answer.
        await until_true(both_are_held)
    for ref in (first, second):
        await trainer.becomes(ref, CohortState.QUEUED)
    assert (await trainer.queue.depth()).ready == 2


async def test_a_next_cohort_that_came_too_early_goes_back_and_is_not_asked_for_again(
    trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "_PATIENCE_SECONDS", 0.1)
    study_id = await trainer.world.study(max_epochs=3)
    first, second = await trainer.put(study_id, 1), await trainer.put(study_id, 2)
    async with trainer.serving():
        await trainer.becomes(second, CohortState.RUNNING)
        await trainer.becomes(second, CohortState.QUEUED)
        # A third would be taken now, were one wanted.
        third = await trainer.put(study_id, 3)
        await asyncio.sleep(0.3)
        assert await trainer.state(third) is CohortState.QUEUED
        for number in (1, 2, 3):
            trainer.steps.finish(number)
        for ref in (first, second, third):
            await trainer.becomes(ref, CohortState.ENDED)
    assert (await trainer.trial(study_id, 2)).attempt == 2
    assert {t.state for t in await trainer.world.trials(study_id)} == {TrialState.SUCCEEDED}


async def test_reports_that_are_not_acknowledged_yet_keep_no_cohort_waiting(
    trainer: Trainer,
) -> None:
    study_id = await trainer.world.study(max_epochs=3)
    first, second = await trainer.put(study_id, 1), await trainer.put(study_id, 2)

    async def second_has_begun() -> bool:
        return trainer.steps.begun == [1, 2]

    async def second_is_ready() -> bool:
        return trainer.steps.expected == [1, 2]

    async with trainer.serving():
        await until_true(second_is_ready)
        await trainer.world.stop_server()
        trainer.steps.finish(1)
        await until_true(second_has_begun)
        assert await trainer.state(first) is CohortState.RUNNING
        await trainer.world.start_server()
        trainer.steps.finish(2)
        for ref in (first, second):
            await trainer.becomes(ref, CohortState.ENDED)
    assert {t.attempt for t in await trainer.world.trials(study_id)} == {1}


async def test_a_study_cancelled_while_its_cohort_waits_for_its_turn_costs_no_training(
    trainer: Trainer,
) -> None:
    study_id = await trainer.world.study(max_epochs=3)
    other_id = await trainer.world.study(max_epochs=3)
    first, second = await trainer.put(study_id, 1), await trainer.put(other_id, 2)
    async with trainer.serving():
        await trainer.becomes(second, CohortState.RUNNING)
        await trainer.world.world.ledger.move_by_user(other_id, StudyVerb.CANCEL)
        trainer.steps.finish(1)
        # Nobody finishes the second: its first report is answered that nobody wants it.
        await trainer.becomes(first, CohortState.ENDED)
        third = await trainer.put(study_id, 3)
        trainer.steps.finish(3)
        await trainer.becomes(third, CohortState.ENDED)
    assert (await trainer.trial(other_id, 2)).state is TrialState.CANCELLED
    assert {t.state for t in await trainer.world.trials(study_id)} == {TrialState.SUCCEEDED}


async def test_a_second_message_for_a_cohort_that_is_held_here_changes_nothing(
    trainer: Trainer,
) -> None:
    study_id = await trainer.world.study(max_epochs=3)
    first = await trainer.put(study_id, 1)
    for _ in range(5):
        await trainer.queue.put(first)
    second = await trainer.put(study_id, 2)

    async def all_are_settled() -> bool:
        depth = await trainer.queue.depth()
        return (depth.ready, depth.unacknowledged, depth.dead) == (0, 0, 0)

    async with trainer.serving():
        await trainer.becomes(second, CohortState.RUNNING)
        trainer.steps.finish(1)
        trainer.steps.finish(2)
        for ref in (first, second):
            await trainer.becomes(ref, CohortState.ENDED)
        await until_true(all_are_settled)
    assert trainer.steps.begun == [1, 2]
    assert {t.attempt for t in await trainer.world.trials(study_id)} == {1}
