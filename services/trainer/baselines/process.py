"""The process that fits baselines, as a trainer sees it. It is started for one job."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final

from layerlab.domain.trial import FailureReason
from services.trainer.conversation import OPENMP
from services.trainer.executor import JobFailed
from services.trainer.messages import BaselineJob, Failed, Fitted, message_from_frame, to_frame
from services.trainer.watched import WatchedProcess

# Beyond the deadline: what was fitted in time is still to be scored.
_LATE_SECONDS: Final = 0.3


@dataclass(frozen=True, slots=True)
class BaselineProcess:
    """`memory_bytes` of address space, 0 without a limit."""

    threads: int = 1
    memory_bytes: int = 0

    async def fit(self, job: BaselineJob) -> AsyncGenerator[Fitted, None]:
        """Each lane's end, until all have ended or the time is over. Leaving kills the process.

        :raises JobFailed: it has died.
        """
        loop = asyncio.get_running_loop()
        left = job.seconds_left
        until = None if left is None else loop.time() + max(0.0, left) + _LATE_SECONDS
        process = await self._start()
        try:
            await process.send(to_frame(job))
            for _ in job.lanes:
                async with asyncio.timeout_at(until) as limit:
                    fitted = await _receive(process)
                yield fitted
        except ConnectionError as error:
            raise await process.post_mortem() from error
        except TimeoutError:
            if not limit.expired():
                raise
        finally:
            await process.end()

    async def _start(self) -> WatchedProcess:
        # Read by OpenMP, which the trees use, and by the linear algebra.
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(self.threads))
        return await WatchedProcess.start(
            "services.trainer.baselines",
            *("--memory-bytes", str(self.memory_bytes)),
            what="process that fits baselines",
            environment={**OPENMP, **threads},
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
