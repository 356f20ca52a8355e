"""When a study's snapshot is taken, and how: beside its commands, which go on meanwhile."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from layerlab.domain.problem import Unavailable
from layerlab.ports import RunStore
from services.gateway.ledger.fold import Record
from services.gateway.ledger.snapshot import take_snapshot

log = structlog.get_logger()

_EVENTS: Final = 2000
# A snapshot costs as much as its record is long. Since each is so much longer than the one
# before, all of them together cost a multiple of the last, however long the study gets; and to
# open a study, no more than this part of its events is folded again.
_GROWTH: Final = 0.5


class Snapshots:
    """Saves the snapshots of one study."""

    def __init__(self, study_id: str, store: RunStore) -> None:
        self._study_id = study_id
        self._store = store
        self._seq = 0
        self._next: Record | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def is_idle(self) -> bool:
        return self._task is None

    def start_from(self, seq: int) -> None:
        """There is a snapshot up to `seq`, or none when that is 0."""
        self._seq = seq

    def offer(self, record: Record) -> None:
        """Saves `record` as it is now, if that is due: an ended one always is."""
        ended = record.study.state.is_terminal
        if not ended and record.seq - self._seq < max(_EVENTS, _GROWTH * self._seq):
            return
        self._seq = record.seq
        self._next = record.copy()
        if self._task is None:
            self._task = asyncio.create_task(self._save(), name=f"snapshots {self._study_id}")

    async def finish(self) -> None:
        """Returns when what was due is saved, or could not be."""
        while self._task is not None:
            await asyncio.wait([self._task])

    async def _save(self) -> None:
        try:
            while self._next is not None:
                record, self._next = self._next, None
                # In a thread, for the sake of everything else.
                snapshot = await asyncio.to_thread(take_snapshot, record)
                await self._store.save_snapshot(self._study_id, snapshot)
        except Unavailable as problem:
            # The events are durable; a later snapshot, or folding them all, makes up for this.
            log.warning("a snapshot was not saved", study_id=self._study_id, why=problem)
        except Exception:
            log.exception("a snapshot was not saved", study_id=self._study_id)
        finally:
            self._task = None
