"""Runs the child process, with limits, and says what became of it.

The parent never loads pandas, pyarrow or numpy: it idles in little memory, and outlives whatever
a file does to a parser.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import structlog

from layerlab.domain.json_value import JsonValue
from layerlab.domain.problem import InvalidInput
from services.ingest.documents import problem_from_json

log = structlog.get_logger()

CHILD: Final = (sys.executable, "-m", "services.ingest.child")
_SHOWN_BYTES: Final = 4000
_USUAL_BYTES: Final = 500_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one child. Memory counts addresses, of which about 1 GB are never touched."""

    memory_bytes: int = 4 * 1024**3
    seconds: float = 300.0
    """Of a table of half a GB or less. A larger one has as many times as long."""

    def seconds_for(self, table_bytes: int) -> float:
        return self.seconds * max(1.0, table_bytes / _USUAL_BYTES)


class Sandbox:
    """Runs at most `parallel` children at a time; the others wait."""

    def __init__(self, limits: Limits, parallel: int = 2, command: Sequence[str] = CHILD) -> None:
        self._limits = limits
        self._places = asyncio.Semaphore(parallel)
        self._command = tuple(command)

    async def run(
        self, request: dict[str, JsonValue], failure_code: str, table_bytes: int = 0
    ) -> None:
        """Returns when the child has written its results into the folder that `request` names.

        `table_bytes`: the size of the upload that it works on.

        :raises Problem: what the child raised.
        :raises InvalidInput: `failure_code`, when it crashed, or reached a limit.
        """
        async with self._places:
            document = json.dumps({**request, "memory_bytes": self._limits.memory_bytes})
            seconds = self._limits.seconds_for(table_bytes)
            answer = await self._converse(document.encode() + b"\n", failure_code, seconds)
        if "problem" in answer:
            raise problem_from_json(answer["problem"])

    async def _converse(self, request: bytes, failure_code: str, seconds: float) -> dict[str, Any]:
        pipe = asyncio.subprocess.PIPE
        child = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            # Ctrl-C at a terminal is for the parent, which ends its children in order.
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(seconds):
                answer, said = await _exchange(child, request)
        except TimeoutError:
            raise InvalidInput(
                failure_code,
                f"Reading the table took longer than {seconds:g} seconds.",
                hint="Upload a sample of its rows.",
            ) from None
        finally:
            # Also when the caller was cancelled: nobody waits for this child any more.
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    child.kill()
                await child.wait()
        if child.returncode == 0:
            parsed: dict[str, Any] = json.loads(answer)
            return parsed
        text = said.decode(errors="replace")[-_SHOWN_BYTES:]
        log.warning("the child died", exit_code=child.returncode, stderr=text)
        raise self._death(failure_code, child.returncode, text)

    def _death(self, failure_code: str, exit_code: int | None, said: str) -> InvalidInput:
        if "MemoryError" in said or "bad_alloc" in said or "ArrowMemoryError" in said:
            limit = self._limits.memory_bytes
            return InvalidInput(
                failure_code,
                f"Reading the table takes more than {limit:,} bytes of memory.",
                hint="Upload a sample of its rows.",
                extra={"limit": limit},
            )
        return InvalidInput(
            failure_code,
            "The process that read the table crashed"
            + (f" with signal {-exit_code}." if exit_code and exit_code < 0 else "."),
            hint="Open the table in a spreadsheet program, and export it again as CSV.",
        )


async def _exchange(child: asyncio.subprocess.Process, request: bytes) -> tuple[bytes, bytes]:
    """As `communicate`, but stdin stays open until the child has ended: by it, it lives."""
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdin.write(request)
    # A child that dies early is noticed by its exit code.
    with suppress(ConnectionError):
        await child.stdin.drain()
    answer, said = await asyncio.gather(child.stdout.read(), child.stderr.read())
    await child.wait()
    child.stdin.close()
    return answer, said
