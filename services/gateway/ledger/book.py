"""The actors of the studies that are in memory."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from layerlab.ports import EventFeed, RunStore
from services.gateway.ledger.actor import StudyActor

_KEPT: Final = 32
_PAGE: Final = 100
TICK: Final = timedelta(milliseconds=1)
"""What the ledger's times are apart at least."""


class Book:
    """Studies that have not ended stay in memory, and the last few of the others."""

    def __init__(self, store: RunStore, feed: EventFeed, kept: int = _KEPT) -> None:
        self._store = store
        self._feed = feed
        self._kept = kept
        self._actors: OrderedDict[str, StudyActor] = OrderedDict()

    def actor(self, study_id: str) -> StudyActor:
        """The study's actor, whether or not there is such a study: it will say."""
        if study_id not in self._actors:
            self._evict()
            self._actors[study_id] = StudyActor(study_id, self._store, self._feed)
        self._actors.move_to_end(study_id)
        return self._actors[study_id]

    async def active(self) -> list[str]:
        """The ids of the studies that have not ended, newest first."""
        found: dict[str, None] = {}
        before: datetime | None = None
        while True:
            page = await self._store.list_studies(active_only=True, limit=_PAGE, before=before)
            fresh = [each.study_id for each in page if each.study_id not in found]
            found |= dict.fromkeys(fresh)
            if len(page) < _PAGE or not fresh:
                return list(found)
            # One tick later, lest studies of the same tick fall between two pages.
            before = page[-1].created_at + TICK

    async def finish(self) -> None:
        await asyncio.gather(*(actor.finish() for actor in self._actors.values()))

    def _evict(self) -> None:
        # Two actors of one study would only be slow: each append is a compare-and-set.
        spare = [
            study_id
            for study_id, actor in self._actors.items()
            if actor.is_idle and not actor.is_active
        ]
        for study_id in spare[: max(0, len(spare) - self._kept + 1)]:
            del self._actors[study_id]
