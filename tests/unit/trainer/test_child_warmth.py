"""A training child that is not kept warm is there for its jobs, and no longer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import numpy as np

from layerlab.domain.dataset import Task
from layerlab.domain.spec import Engine
from layerlab.domain.trial import TrialState
from services.trainer.child_process import TrainingChild, training_child
from services.trainer.messages import ArrayFiles, TrainJob
from services.trainer.settings import TrainerSettings
from tests.unit.trainer.builders import classes, lane


def a_job(folder: Path) -> TrainJob:
    rows = classes().train
    np.save(folder / "x.npy", rows.features)
    np.save(folder / "y.npy", rows.targets)
    files = ArrayFiles(str(folder / "x.npy"), str(folder / "y.npy"))
    return TrainJob((lane(),), Engine.FUSED, Task.CLASSIFICATION, 3, files, files, 2, None, None)


async def train(child: TrainingChild, job: TrainJob) -> int | None:
    """Trains the job to its end; the process that did it."""
    assert [progress async for progress in child.train(job)]
    return child.pid


async def gone(child: TrainingChild) -> None:
    async with asyncio.timeout(30):
        while child.pid is not None:  # noqa: ASYNC110  # Nobody tells when a process is gone.
            await asyncio.sleep(0.02)


async def test_it_starts_with_its_first_job_and_ends_when_none_follows(tmp_path: Path) -> None:
    settings = TrainerSettings(device="cpu", threads=1, warm=False, idle_seconds=0.2)
    async with training_child(settings) as child:
        assert child.pid is None
        first = await train(child, a_job(tmp_path))
        await gone(child)
        assert await train(child, a_job(tmp_path)) not in (None, first)


async def test_jobs_that_follow_soon_share_it(tmp_path: Path) -> None:
    settings = TrainerSettings(device="cpu", threads=1, warm=False, idle_seconds=30)
    async with training_child(settings) as child:
        pids = {await train(child, a_job(tmp_path)) for _ in range(3)}
    assert len(pids) == 1


async def test_one_that_is_kept_warm_stays(tmp_path: Path) -> None:
    settings = TrainerSettings(device="cpu", threads=1, warm=True, idle_seconds=0.05)
    async with training_child(settings) as child:
        first = await train(child, a_job(tmp_path))
        await asyncio.sleep(0.3)
        assert child.pid == first


async def test_the_time_that_a_start_takes_is_taken_from_the_jobs_time(tmp_path: Path) -> None:
    settings = TrainerSettings(device="cpu", threads=1, warm=False, idle_seconds=30)
    async with training_child(settings) as child:
        # Far less than it takes to start a process that loads torch.
        job = replace(a_job(tmp_path), seconds_left=0.05)
        ends = [end async for progress in child.train(job) for end in progress.ends]
    assert [(end.state, end.epochs) for end in ends] == [(TrialState.CANCELLED, 0)]
