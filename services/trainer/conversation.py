"""One training process: what is said to it, what it answers, and why it died."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Final

from layerlab.domain.trial import FailureReason
from services.trainer.executor import JobFailed
from services.trainer.frames import BrokenFrame, encode_frame, receive_frame
from services.trainer.messages import (
    CancelJob,
    Command,
    Done,
    Failed,
    Message,
    Ready,
    Scored,
    ScoreJob,
    StopLanes,
    TrainJob,
    message_from_frame,
    to_frame,
)
from services.trainer.settings import TrainerSettings

_START_SECONDS: Final = 120.0
_DYING_SECONDS: Final = 1.0
_BUFFER_BYTES: Final = 1 << 20
# OpenMP reads this when it is loaded. By default its threads spin for milliseconds while they wait
# for each other, which on cores that others use too makes training ten times slower; asleep at
# once, they take longer to wake than a small product takes. A few dozen microseconds of spinning
# do neither harm. Measured on two cores, 32 lanes of 64-64, ms per lane and epoch: idle, default
# 7.5, asleep at once 32, this 8.1; beside two busy processes, default 170 and more, this 16.
_ENVIRONMENT: Final = {"GOMP_SPINCOUNT": "10000"}


class Conversation:
    """Jobs go down and what happens comes up, both in the jobs' order; places count from 1."""

    def __init__(self, process: Process, ooms: int) -> None:
        self._process, self._ooms = process, ooms
        self._said_ready = False
        self._sent = 0
        self._ended = 0

    @classmethod
    async def begin(cls, settings: TrainerSettings) -> Conversation:
        """With a new process, which is not ready yet."""
        ooms = _oom_kills()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.trainer.child"),
            *("--device", settings.device, "--threads", str(settings.thread_count)),
            *("--memory-bytes", str(settings.memory_bytes)),
            stdin=PIPE,
            stdout=PIPE,
            limit=_BUFFER_BYTES,
            env={**_ENVIRONMENT, **os.environ},
        )
        return cls(process, ooms)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_over(self) -> bool:
        return self._process.returncode is not None

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

    async def send(self, job: TrainJob | ScoreJob) -> int:
        """The job's place. It begins when those before it have ended.

        :raises ConnectionError: the process has closed its pipe.
        """
        self._sent += 1
        place = self._sent
        await self._send(job)
        return place

    async def stop_lanes(self, place: int, numbers: tuple[int, ...]) -> None:
        """:raises ConnectionError: as `send`."""
        await self._send(StopLanes(place, numbers))

    async def cancel(self, place: int) -> None:
        """It ends soon, or at once if it has not begun.

        :raises ConnectionError: as `send`.
        """
        await self._send(CancelJob(place))

    async def receive(self, place: int, seconds: float) -> Message:
        """The next message of that job. What comes of jobs before it, nobody waits for.

        :raises JobFailed: nothing came for `seconds`, or the process has died.
        """
        while True:
            message = await self._receive(seconds)
            running = self._ended + 1
            if isinstance(message, (Done, Scored, Failed)):
                self._ended += 1
            if running == place:
                return message

    async def end(self) -> None:
        await self._kill()
        # Closes the pipe's transport now, not whenever the garbage is collected.
        self._process._transport.close()  # type: ignore[attr-defined]  # asyncio offers no other way.

    async def post_mortem(self) -> JobFailed:
        """Why a process whose pipe has ended is no more."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), _DYING_SECONDS)
        # It may have closed its pipe and live on.
        code = await self._kill()
        if code == -signal.SIGKILL and _oom_kills() > self._ooms:
            detail = "The system has killed the training process, for it was out of memory."
            return JobFailed(FailureReason.OUT_OF_MEMORY, detail)
        if code == -signal.SIGKILL:
            return JobFailed(FailureReason.WORKER_LOST, "The training process was killed.")
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return JobFailed(FailureReason.INTERNAL, f"The training process has died: {how}.")

    async def _send(self, command: Command) -> None:
        assert self._process.stdin
        self._process.stdin.write(encode_frame(to_frame(command)))
        await self._process.stdin.drain()

    async def _receive(self, seconds: float) -> Message:
        """:raises JobFailed: nothing came for `seconds`, or the process has died."""
        assert self._process.stdout
        try:
            async with asyncio.timeout(seconds):
                frame = await receive_frame(self._process.stdout)
        except TimeoutError:
            detail = f"The training process has shown no progress for {seconds:g} s."
            raise JobFailed(FailureReason.TRIAL_TIMEOUT, detail) from None
        except BrokenFrame:
            frame = None
        if frame is None:
            raise await self.post_mortem()
        return message_from_frame(frame)

    async def _kill(self) -> int:
        """Makes sure that it is dead; its exit code."""
        if self._process.returncode is None:
            # Not process.kill(): that polls first, and would take the exit code from asyncio.
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
        return await self._process.wait()


def _oom_kills() -> int:
    """How many processes this machine's kernel has killed for want of memory; 0 if unknown."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0
