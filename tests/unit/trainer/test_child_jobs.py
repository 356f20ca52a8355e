"""Jobs that are sent to the training child while it does another one."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from layerlab.domain.study import TrialEnd
from layerlab.domain.trial import TrialState
from services.trainer.child_process import TrainingChild, training_child
from services.trainer.executor import JobFailed
from services.trainer.messages import Progress, TrainJob
from services.trainer.native.processor import kernels_path
from services.trainer.settings import TrainerSettings
from tests.unit.trainer.builders import lane
from tests.unit.trainer.test_child_warmth import a_job

# One child for all tests: it lives in one loop.
pytestmark = pytest.mark.asyncio(loop_scope="module")
ENDLESS = 1_000_000


@pytest_asyncio.fixture(scope="module", loop_scope="module", name="child")
async def shared_child() -> AsyncIterator[TrainingChild]:
    async with training_child(TrainerSettings(device="cpu", threads=1)) as child:
        yield child


@pytest.fixture(name="job")
def any_job(tmp_path: Path) -> TrainJob:
    return a_job(tmp_path)


def of_lane(job: TrainJob, number: int, max_epochs: int = 2) -> TrainJob:
    return replace(job, lanes=(lane(number=number),), max_epochs=max_epochs)


async def drain(happenings: AsyncIterator[Progress]) -> list[TrialEnd]:
    async with asyncio.timeout(100):
        return [end async for progress in happenings for end in progress.ends]


async def train(child: TrainingChild, job: TrainJob) -> list[TrialEnd]:
    return await drain(child.train(job))


async def test_a_job_sent_ahead_follows_the_one_before(child: TrainingChild, job: TrainJob) -> None:
    first, second = of_lane(job, 1, max_epochs=50), of_lane(job, 2)
    ends: list[int] = []
    async for progress in child.train(first):
        if not ends and not child.is_expecting:
            await child.expect(second)
        ends += (end.number for end in progress.ends)
    ends += (end.number for end in await train(child, second))
    assert ends == [1, 2]


async def test_a_job_that_is_dismissed_leaves_no_trace(child: TrainingChild, job: TrainJob) -> None:
    await train(child, job)
    unwanted = of_lane(job, 2, ENDLESS)
    await child.expect(unwanted)
    await child.dismiss(unwanted)
    assert [end.number for end in await train(child, of_lane(job, 3))] == [3]


async def test_lanes_are_stopped_in_the_running_job_and_not_in_the_next(
    child: TrainingChild, job: TrainJob
) -> None:
    running, following = of_lane(job, 1, ENDLESS), of_lane(job, 1, max_epochs=3)
    ends: list[TrialEnd] = []
    async for progress in child.train(running):
        if not child.is_expecting:
            await child.expect(following)
            await child.stop_lanes((1,))
        ends += progress.ends
    ends += await train(child, following)
    assert [end.state for end in ends] == [TrialState.PRUNED, TrialState.SUCCEEDED]


async def test_a_job_that_a_dead_child_had_is_done_by_the_next_child(
    child: TrainingChild, job: TrainJob
) -> None:
    running, following = of_lane(job, 1, ENDLESS), of_lane(job, 2)
    happenings = child.train(running)
    await anext(happenings)
    await child.expect(following)
    assert child.pid
    os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(JobFailed):
        await drain(happenings)
    assert [end.number for end in await train(child, following)] == [2]


async def test_a_cancelled_job_makes_way_for_the_one_sent_ahead(
    child: TrainingChild, job: TrainJob
) -> None:
    running, following = of_lane(job, 1, ENDLESS), of_lane(job, 2)
    happenings = child.train(running)
    await anext(happenings)
    pid = child.pid
    await child.expect(following)
    await happenings.aclose()
    assert [end.number for end in await train(child, following)] == [2]
    assert child.pid == pid


async def test_the_time_of_a_job_runs_while_it_waits(child: TrainingChild, job: TrainJob) -> None:
    await train(child, job)
    hurried = replace(job, seconds_left=0.05, max_epochs=ENDLESS)
    running = child.train(of_lane(job, 1, ENDLESS))
    await anext(running)
    await child.expect(hurried)
    await asyncio.sleep(0.2)
    await running.aclose()
    ends = await train(child, hurried)
    assert [(end.state, end.epochs) for end in ends] == [(TrialState.CANCELLED, 0)]


@pytest.mark.skipif(kernels_path() is None, reason="The native kernels are not compiled here.")
async def test_what_the_native_kernels_train_needs_no_torch(job: TrainJob) -> None:
    async with training_child(TrainerSettings(device="cpu", threads=1)) as child:
        assert await train(child, job)
        assert "libtorch" not in _mapped_files(child)


def _mapped_files(child: TrainingChild) -> str:
    return Path(f"/proc/{child.pid}/maps").read_text()
