"""A study's newest events as text: read and encoded once, whoever many follow it."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

from layerlab.domain.event import Event
from layerlab.domain.json_value import JsonValue
from services.gateway.ledger.documents import event_to_json
from services.gateway.streams import closing_stream

# Of each study that somebody reads; who has fallen further behind reads the log.
_KEPT_CHARACTERS: Final = 2 << 20
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)

Follow: TypeAlias = Callable[[str, int], AsyncIterator[Event]]
"""Every event of a study after a number, until the study has ended."""


@dataclass(frozen=True, slots=True)
class Frame:
    """`seq` is the event's number in an event; in every other frame, that of the last event."""

    kind: str
    seq: int
    text: str

    @property
    def is_event(self) -> bool:
        return self.kind == "event"


def encode(document: JsonValue) -> str:
    return _ENCODER.encode(document)


def event_frame(event: Event) -> Frame:
    return Frame("event", event.seq, encode(event_to_json(event)))


class Broadcasts:
    """One broadcast for each study that has readers."""

    def __init__(self, follow: Follow, closing: asyncio.Event) -> None:
        self._follow = follow
        self._closing = closing
        self._current: dict[str, Broadcast] = {}

    @contextmanager
    def join(self, study_id: str, last: int, beat_seconds: float) -> Iterator[Reader]:
        """`last`: a number that the study's log has reached."""
        broadcast = self._current.get(study_id)
        if broadcast is None or broadcast.is_over:
            broadcast = Broadcast(self._follow(study_id, last), last, self._closing)
            self._current[study_id] = broadcast
        reader = Reader(broadcast, beat_seconds)
        broadcast.readers.add(reader)
        try:
            yield reader
        finally:
            reader.leave()
            if not broadcast.readers:
                broadcast.stop()
                if self._current.get(study_id) is broadcast:
                    del self._current[study_id]


class Broadcast:
    """The events after `after`, as they come, until the study's end, `closing` or an error."""

    def __init__(self, events: AsyncIterator[Event], after: int, closing: asyncio.Event) -> None:
        self.readers: set[Reader] = set()
        self.seq = after
        self.is_over = False
        self.error: Exception | None = None
        self._frames: deque[Frame] = deque()
        self._characters = 0
        self._pumping = asyncio.create_task(self._pump(events))
        self._closing = asyncio.create_task(self._close(closing))

    @property
    def first(self) -> int:
        """The number of the oldest event that is kept, or of the next one."""
        return self._frames[0].seq if self._frames else self.seq + 1

    def recent(self, after: int) -> list[Frame]:
        """What there is after `after`, which must not be before what is kept."""
        count = max(0, self.seq - after)
        return [self._frames[-index] for index in range(count, 0, -1)]

    def stop(self) -> None:
        self._pumping.cancel()
        self._closing.cancel()

    async def _pump(self, events: AsyncIterator[Event]) -> None:
        try:
            async with closing_stream(events) as stream:
                async for event in stream:
                    self._take(event_frame(event))
        except Exception as error:
            self.error = error
        self._end()

    async def _close(self, closing: asyncio.Event) -> None:
        await closing.wait()
        self._end()

    def _take(self, frame: Frame) -> None:
        self._frames.append(frame)
        self.seq = frame.seq
        self._characters += len(frame.text)
        while self._characters > _KEPT_CHARACTERS and len(self._frames) > 1:
            self._characters -= len(self._frames.popleft().text)
        self._wake()

    def _end(self) -> None:
        self.is_over = True
        self._wake()

    def _wake(self) -> None:
        for reader in self.readers:
            reader.wake()


class Reader:
    """One who reads a broadcast; `is_beat_due` every `beat_seconds`."""

    __slots__ = ("_beat", "_seconds", "_waiting", "broadcast", "is_beat_due")

    def __init__(self, broadcast: Broadcast, beat_seconds: float) -> None:
        self.broadcast = broadcast
        self.is_beat_due = False
        self._seconds = beat_seconds
        self._waiting: asyncio.Future[None] | None = None
        self._beat = asyncio.get_running_loop().call_later(beat_seconds, self._be_due)

    async def wait(self) -> None:
        """Until there is something new, or a beat is due."""
        self._waiting = asyncio.get_running_loop().create_future()
        await self._waiting

    def wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def leave(self) -> None:
        self.broadcast.readers.discard(self)
        self._beat.cancel()

    def _be_due(self) -> None:
        self.is_beat_due = True
        # One timer a beat, not one an event: events are many, and so are readers.
        self._beat = asyncio.get_running_loop().call_later(self._seconds, self._be_due)
        self.wake()
