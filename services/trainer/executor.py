"""What carries out jobs for a trainer: a child process, or whatever else keeps this promise."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeAlias

from layerlab.domain.trial import FailureReason
from services.trainer.messages import Evaluated, EvaluateJob, Progress, ScoreJob, TrainJob
from services.trainer.settings import TrainerSettings


class JobFailed(Exception):
    """The job could not be done: the reason and the detail are for the ledger."""

    def __init__(self, reason: FailureReason, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


class JobExecutor(Protocol):
    """Does one job at a time."""

    @property
    def device(self) -> str:
        """What it trains on, for people to read."""

    def train(self, job: TrainJob) -> AsyncGenerator[Progress, None]:
        """What happens, until all lanes have ended. Closing it early cancels the job.

        :raises JobFailed: the executor itself is ready for the next job.
        """

    async def expect(self, job: TrainJob) -> None:
        """`job` will be trained next: it may be made ready, or begin as soon as there is room.

        Time that passes from now on is time of the job. `train` it, or `dismiss` it.
        """

    async def dismiss(self, job: TrainJob) -> None:
        """It won't be trained, if it was not already."""

    async def score(self, job: ScoreJob) -> float:
        """Accuracy or R² of trained weights.

        :raises JobFailed: as `train`.
        """

    async def evaluate(self, job: EvaluateJob) -> Evaluated:
        """Where trained weights are right and where they are wrong.

        :raises JobFailed: as `train`.
        """

    async def stop_lanes(self, numbers: tuple[int, ...]) -> None:
        """Of the running job, after the epoch that they are in."""


OpenExecutor: TypeAlias = Callable[[TrainerSettings], AbstractAsyncContextManager[JobExecutor]]
"""Closing it stops whatever runs."""
