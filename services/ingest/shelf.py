"""Prepared repeats are kept for a while: whoever trains on them asks once."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import structlog

from layerlab.domain.matrices import MatricesHeader
from layerlab.domain.problem import Unavailable
from services.ingest.library import Library
from services.ingest.limits import MAX_REPEAT_BYTES, MAX_REPEAT_SECONDS

log = structlog.get_logger()

_LOOK_SECONDS: Final = 600.0


@dataclass(slots=True)
class _Kept:
    used_at: float
    size: int


class Shelf:
    """Removes the repeats that were not used for `max_seconds`, and of more than `max_bytes`
    those unused for longest; never one that this process is sending.

    Other processes may share the store: a reader of theirs is told to ask again, and what nobody
    removed, because its process is gone, is found and counted here.
    """

    def __init__(
        self,
        library: Library,
        max_bytes: int = MAX_REPEAT_BYTES,
        max_seconds: float = MAX_REPEAT_SECONDS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._library, self._now = library, now
        self._max_bytes, self._max_seconds = max_bytes, max_seconds
        self._kept: dict[str, _Kept] = {}
        self._readers: Counter[str] = Counter()
        self._looked_at = float("-inf")
        self._tidying = asyncio.Lock()

    @contextmanager
    def reading(self, name: str) -> Iterator[None]:
        """`name` stays while the context is open."""
        self._readers[name] += 1
        try:
            yield
        finally:
            self._readers[name] -= 1
            self._readers += Counter()  # Forgets those at 0.
            if name in self._kept:
                self._kept[name].used_at = self._now()

    async def tidy(self, new: Iterable[str]) -> None:
        """Counts what was just prepared, and makes room. A store that can't be reached is left
        for the next time."""
        async with self._tidying:
            with suppress(Unavailable):
                await self._count(new)
                if self._now() - self._looked_at > _LOOK_SECONDS:
                    await self._count(await self._library.list_repeats())
                    self._looked_at = self._now()
                for name in self._surplus():
                    await self._library.forget_repeat(name)
                    del self._kept[name]
                    log.info("a repeat's matrices removed", name=name)

    async def _count(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self._kept:
                header = await self._library.find_header(name)
                self._kept[name] = _Kept(self._now(), _size(header) if header else 0)

    def _surplus(self) -> list[str]:
        total, surplus = 0, []
        latest_first = sorted(self._kept.items(), key=lambda item: -item[1].used_at)
        for name, kept in latest_first:
            total += kept.size
            old = self._now() - kept.used_at > self._max_seconds
            if (old or total > self._max_bytes) and not self._readers[name]:
                surplus.append(name)
        return surplus


def _size(header: MatricesHeader) -> int:
    """In bytes: features and targets, and a number as text for each row of the table."""
    learning = header.n_train + header.n_validation
    return learning * (4 * header.n_inputs + 8) + (learning + header.n_test) * 8
