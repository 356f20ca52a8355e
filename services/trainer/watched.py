"""A process of Python's that a trainer has started: its pipes, its end, and why it died."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from layerlab.domain.trial import FailureReason
from services.trainer.executor import JobFailed
from services.trainer.frames import BrokenFrame, Frame, encode_frame, receive_frame

_DYING_SECONDS: Final = 1.0
_BUFFER_BYTES: Final = 1 << 20


class WatchedProcess:
    """`what` it is called where its failures are told, such as "training process"."""

    def __init__(self, process: Process, what: str, ooms: int) -> None:
        self._process, self._what, self._ooms = process, what, ooms

    @classmethod
    async def start(
        cls, module: str, *arguments: str, what: str, environment: Mapping[str, str]
    ) -> WatchedProcess:
        """`python -m module`, with what is set in `environment` unless this process has it."""
        ooms = _oom_kills()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, *arguments),
            stdin=PIPE,
            stdout=PIPE,
            limit=_BUFFER_BYTES,
            env={**environment, **os.environ},
        )
        return cls(process, what, ooms)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_over(self) -> bool:
        return self._process.returncode is not None

    async def send(self, frame: Frame) -> None:
        """:raises ConnectionError: the process has closed its pipe."""
        assert self._process.stdin
        self._process.stdin.write(encode_frame(frame))
        await self._process.stdin.drain()

    async def receive(self) -> Frame | None:
        """None: it says no more, or makes no sense."""
        assert self._process.stdout
        try:
            return await receive_frame(self._process.stdout)
        except BrokenFrame:
            return None

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
            detail = f"The system has killed the {self._what}, for it was out of memory."
            return JobFailed(FailureReason.OUT_OF_MEMORY, detail)
        if code == -signal.SIGKILL:
            return JobFailed(FailureReason.WORKER_LOST, f"The {self._what} was killed.")
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return JobFailed(FailureReason.INTERNAL, f"The {self._what} has died: {how}.")

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
