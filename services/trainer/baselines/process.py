"""The process that fits baselines, as a trainer sees it.

It is started for the first job, and kept for the next ones: scikit-learn takes a second to load.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Final, Self

from layerlab.domain.trial import FailureReason
from services.trainer.executor import JobFailed
from services.trainer.message_frames import message_from_frame, to_frame
from services.trainer.messages import BaselineJob, Failed, Fitted
from services.trainer.watched import WatchedProcess

# Beyond the deadline: what was fitted in time is still to be scored.
_LATE_SECONDS: Final = 0.3


_IDLE_SECONDS: Final = 30.0


class BaselineProcess:
    """`memory_bytes` of address space, 0 without a limit. It ends with the context, and when it
    has had no job for `idle_seconds`: it holds some 150 MB."""

    def __init__(
        self, threads: int = 1, memory_bytes: int = 0, idle_seconds: float = _IDLE_SECONDS
    ) -> None:
        self._threads, self._memory_bytes = threads, memory_bytes
        self._idle_seconds = idle_seconds
        self._idle: WatchedProcess | None = None
        self._farewell: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        process = self._take()
        if process is not None:
            await process.end()

    @property
    def waiting_pid(self) -> int | None:
        """Of the process that waits for a job, if there is one."""
        return self._idle.pid if self._idle else None

    async def fit(self, job: BaselineJob) -> AsyncGenerator[Fitted, None]:
        """Each lane's end, until all have ended or the time is over. Leaving before that kills the
        process.

        :raises JobFailed: it has died.
        """
        loop = asyncio.get_running_loop()
        left = job.seconds_left
        until = None if left is None else loop.time() + max(0.0, left) + _LATE_SECONDS
        process, done = self._take() or await self._start(), False
        try:
            await process.send(to_frame(job))
            for place in range(len(job.lanes)):
                async with asyncio.timeout_at(until) as limit:
                    fitted = await _receive(process)
                # Whoever has the last one may leave.
                done = place == len(job.lanes) - 1
                yield fitted
        except ConnectionError as error:
            raise await process.post_mortem() from error
        except TimeoutError:
            if not limit.expired():
                raise
        finally:
            if done:
                self._keep(process)
            else:
                await process.end()

    def _take(self) -> WatchedProcess | None:
        """The one that waits for a job, if it lives."""
        process, self._idle = self._idle, None
        if self._farewell is not None:
            self._farewell.cancel()
        return None if process is None or process.is_over else process

    def _keep(self, process: WatchedProcess) -> None:
        self._idle = process
        self._farewell = asyncio.create_task(self._end_when_idle(process))

    async def _end_when_idle(self, process: WatchedProcess) -> None:
        await asyncio.sleep(self._idle_seconds)
        self._idle = None
        await process.end()

    async def _start(self) -> WatchedProcess:
        # Read by OpenMP, which the trees use, and by the linear algebra.
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(self._threads))
        return await WatchedProcess.start(
            "services.trainer.baselines",
            *("--memory-bytes", str(self._memory_bytes)),
            what="process that fits baselines",
            # Beside other work, threads that spin for each other take ten times as long.
            environment={**threads, "OMP_WAIT_POLICY": "PASSIVE"},
        )


async def _receive(process: WatchedProcess) -> Fitted:
    """:raises JobFailed: it has died, or could not do the job."""
    frame = await process.receive()
    if frame is None:
        raise await process.post_mortem()
    message = message_from_frame(frame)
    if isinstance(message, Failed):
        raise JobFailed(message.reason, message.detail)
    if not isinstance(message, Fitted):
        raise JobFailed(FailureReason.INTERNAL, "The process that fits baselines is not one.")
    return message
