"""Whether a process has what it needs, and what it lacks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import structlog

log = structlog.get_logger()

Check: TypeAlias = Callable[[], Awaitable[object]]
"""Raises, or takes too long, when a part can't be reached."""

_CHECK_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Report:
    """`unavailable` has the names of the parts that can't be reached."""

    status: Literal["ready", "unavailable", "closing"]
    unavailable: tuple[str, ...] = ()

    @property
    def is_ready(self) -> bool:
        return self.status == "ready"

    def to_json(self) -> dict[str, str | list[str]]:
        return {"status": self.status, "unavailable": list(self.unavailable)}


class Readiness:
    """Tries what a process depends on; not ready from the moment that it closes."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        """`checks` by the name of the part that they try."""
        self._checks = checks
        self._missed: set[str] = set()
        self._is_closing = False

    def close(self) -> None:
        """Says to whoever sends work here: no more of it."""
        self._is_closing = True

    async def report(self, exclude: Collection[str] = ()) -> Report:
        """`exclude`: names of parts that don't matter to who asks."""
        names = [name for name in self._checks if name not in exclude]
        reached = await asyncio.gather(*map(self._is_reached, names))
        missing = tuple(name for name, there in zip(names, reached, strict=True) if not there)
        if self._is_closing:
            return Report("closing", missing)
        return Report("unavailable" if missing else "ready", missing)

    async def _is_reached(self, name: str) -> bool:
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                await self._checks[name]()
        except Exception as error:
            if name not in self._missed:
                self._missed.add(name)
                log.warning("a part is unavailable", part=name, error=_in_words(error))
            return False
        if name in self._missed:
            self._missed.discard(name)
            log.info("a part is available again", part=name)
        return True


def _in_words(error: Exception) -> str:
    return "; ".join([str(error) or type(error).__name__, *getattr(error, "__notes__", ())])
