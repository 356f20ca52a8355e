"""The thinking child as its scheduler sees it: started when needed, replaced when it fails."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import structlog

from layerlab.domain.design import Design
from layerlab.domain.problem import Unavailable
from layerlab.domain.study import Study, Trial
from layerlab.domain.verdict import Verdict
from services.scheduler.search import Wish
from services.scheduler.thinking.messages import (
    FAILED,
    Judge,
    Propose,
    Question,
    decode_answer,
    encode_question,
)

log = structlog.get_logger()

_MODULE: Final = "services.scheduler.thinking.child"
# A question takes a second or two; a machine that trains on every core makes it several times that.
_PATIENCE_SECONDS: Final = 60.0
_IDLE_SECONDS: Final = 60.0
_MAX_ANSWER_BYTES: Final = 64 << 20
# One core is enough, the others train; and sums that are split over threads would depend on how
# many there are. Answers may not depend on the order of sets of texts either.
_ENVIRONMENT: Final = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}


class ThinkingChild:
    """A Thinker: one child at a time, which answers one question at a time.

    A child that died, or that thought too long about a question, is replaced when the next one
    comes; one that nobody has asked for a while gives its memory back.
    """

    def __init__(
        self,
        patience_seconds: float = _PATIENCE_SECONDS,
        idle_seconds: float = _IDLE_SECONDS,
        module: str = _MODULE,
    ) -> None:
        self._patience, self._idle, self._module = patience_seconds, idle_seconds, module
        self._process: Process | None = None
        self._turn = asyncio.Lock()
        self._retirement: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def prepare(self) -> None:
        """Starts a child, if there is none."""
        if self._process is None and not self._turn.locked():
            self._spawn(self._warm_up())

    async def propose(self, study: Study, wish: Wish) -> list[Design]:
        answer = await self._ask(Propose(study, wish))
        if isinstance(answer, Verdict):
            raise Unavailable(FAILED, "The thinking process has answered something else.")
        return list(answer)

    async def judge(
        self, study: Study, trials: Sequence[Trial], is_final: bool, limits: Sequence[str]
    ) -> Verdict:
        answer = await self._ask(Judge(study, trials, is_final, limits))
        if not isinstance(answer, Verdict):
            raise Unavailable(FAILED, "The thinking process has answered something else.")
        return answer

    async def close(self) -> None:
        if self._retirement:
            self._retirement.cancel()
        for task in tuple(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self._end()

    async def _ask(self, question: Question) -> Sequence[Design] | Verdict:
        """:raises Unavailable: the child has died over it, or has not answered in time."""
        async with self._turn:
            if self._retirement:
                self._retirement.cancel()
            # A thread, because thousands of trials take long to encode.
            line = await asyncio.to_thread(encode_question, question)
            try:
                async with asyncio.timeout(self._patience):
                    return decode_answer(await self._exchange(line))
            except (TimeoutError, ConnectionError, ValueError) as error:
                why = "took too long" if isinstance(error, TimeoutError) else "has died"
                log.warning("the thinking process is replaced", why=why, child_pid=self.pid)
                await self._end()
                raise Unavailable(FAILED, f"The thinking process {why}.") from error
            except asyncio.CancelledError:
                # The answer would be taken for that to the next question.
                await self._end()
                raise
            finally:
                loop = asyncio.get_running_loop()
                self._retirement = loop.call_later(self._idle, self._retire)

    async def _exchange(self, line: bytes) -> bytes:
        process = await self._running()
        assert process.stdin
        assert process.stdout
        process.stdin.write(line)
        await process.stdin.drain()
        answer = await process.stdout.readline()
        if not answer.endswith(b"\n"):
            raise ConnectionError("the thinking process has ended amid an answer")
        return answer

    async def _warm_up(self) -> None:
        async with self._turn:
            await self._running()

    async def _running(self) -> Process:
        if self._process is not None and self._process.returncode is not None:
            await self._end()
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", self._module),
                stdin=PIPE,
                stdout=PIPE,
                limit=_MAX_ANSWER_BYTES,
                env={**os.environ, **_ENVIRONMENT},
            )
            log.info("thinking process started", child_pid=self.pid)
        return self._process

    def _retire(self) -> None:
        if not self._turn.locked():
            self._spawn(self._leave())

    async def _leave(self) -> None:
        async with self._turn:
            await self._end()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            # Not process.kill(): that polls first, and would take the exit code from asyncio.
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        # Closes the pipe's transport now, not whenever the garbage is collected.
        process._transport.close()  # type: ignore[attr-defined]  # asyncio offers no other way.


@asynccontextmanager
async def thinking_child() -> AsyncIterator[ThinkingChild]:
    """Starts nothing yet; what was started has ended on exit."""
    child = ThinkingChild()
    try:
        yield child
    finally:
        await child.close()
