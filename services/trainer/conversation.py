"""One training process: what is said to it, and what it answers."""

from __future__ import annotations

import asyncio
from typing import Final

from layerlab.domain.trial import FailureReason
from services.trainer.executor import JobFailed
from services.trainer.message_frames import message_from_frame, to_frame
from services.trainer.messages import (
    CancelJob,
    Done,
    Evaluated,
    Failed,
    Job,
    Message,
    Ready,
    Scored,
    StopLanes,
)
from services.trainer.settings import TrainerSettings
from services.trainer.watched import WatchedProcess

_START_SECONDS: Final = 120.0
# OpenMP reads this when it is loaded. By default its threads spin for milliseconds while they wait
# for each other, which on cores that others use too makes training ten times slower; asleep at
# once, they take longer to wake than a small product takes. A few dozen microseconds of spinning
# do neither harm. Measured on two cores, 32 lanes of 64-64, ms per lane and epoch: idle, default
# 7.5, asleep at once 32, this 8.1; beside two busy processes, default 170 and more, this 16.
OPENMP: Final = {"GOMP_SPINCOUNT": "10000"}


class Conversation:
    """Jobs go down and what happens comes up, both in the jobs' order; places count from 1."""

    def __init__(self, process: WatchedProcess) -> None:
        self._process = process
        self._said_ready = False
        self._sent = 0
        self._ended = 0

    @classmethod
    async def begin(cls, settings: TrainerSettings) -> Conversation:
        """With a new process, which is not ready yet."""
        process = await WatchedProcess.start(
            "services.trainer.child",
            *("--device", settings.device, "--threads", str(settings.thread_count)),
            *("--memory-bytes", str(settings.memory_bytes)),
            what="training process",
            environment=OPENMP,
        )
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_over(self) -> bool:
        return self._process.is_over

    @property
    def is_ready(self) -> bool:
        return self._said_ready and not self.is_over

    async def until_ready(self) -> Ready:
        """:raises JobFailed: it has died, or is no training process."""
        message = await self._receive(_START_SECONDS)
        if not isinstance(message, Ready):
            raise JobFailed(FailureReason.INTERNAL, "The training process is not one.")
        self._said_ready = True
        return message

    async def send(self, job: Job) -> int:
        """The job's place. It begins when those before it have ended.

        :raises ConnectionError: the process has closed its pipe.
        """
        self._sent += 1
        place = self._sent
        await self._process.send(to_frame(job))
        return place

    async def stop_lanes(self, place: int, numbers: tuple[int, ...]) -> None:
        """:raises ConnectionError: as `send`."""
        await self._process.send(to_frame(StopLanes(place, numbers)))

    async def cancel(self, place: int) -> None:
        """It ends soon, or at once if it has not begun.

        :raises ConnectionError: as `send`.
        """
        await self._process.send(to_frame(CancelJob(place)))

    async def receive(self, place: int, seconds: float) -> Message:
        """The next message of that job. What comes of jobs before it, nobody waits for.

        :raises JobFailed: nothing came for `seconds`, or the process has died.
        """
        while True:
            message = await self._receive(seconds)
            running = self._ended + 1
            if isinstance(message, (Done, Scored, Evaluated, Failed)):
                self._ended += 1
            if running == place:
                return message

    async def end(self) -> None:
        await self._process.end()

    async def post_mortem(self) -> JobFailed:
        """Why a process whose pipe has ended is no more."""
        return await self._process.post_mortem()

    async def _receive(self, seconds: float) -> Message:
        """:raises JobFailed: nothing came for `seconds`, or the process has died."""
        try:
            async with asyncio.timeout(seconds):
                frame = await self._process.receive()
        except TimeoutError:
            detail = f"The training process has shown no progress for {seconds:g} s."
            raise JobFailed(FailureReason.TRIAL_TIMEOUT, detail) from None
        if frame is None:
            raise await self.post_mortem()
        return message_from_frame(frame)
