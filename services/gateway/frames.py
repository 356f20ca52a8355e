"""What a reader of a study's events is sent, whether by websocket or as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from time import monotonic
from typing import Final

from layerlab.domain.event import Event
from layerlab.domain.json_value import JsonValue
from services.gateway.application import Application
from services.gateway.ledger.documents import event_to_json
from services.gateway.streams import closing_stream

# Events that a reader's own queue holds: enough to send without waiting for each.
_READ_AHEAD: Final = 64


@dataclass(frozen=True, slots=True)
class Frame:
    """`seq` is the event's number in an event; in every other frame, that of the last event."""

    kind: str
    seq: int
    text: str

    @property
    def is_event(self) -> bool:
        return self.kind == "event"


def parse_cursor(text: str | None) -> int | None:
    """The number of the last event that a reader has; None when it is no such number."""
    if not text:
        return 0
    # The limit is the store's: SQLite's integers have 64 bits.
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


async def study_frames(
    app: Application,
    study_id: str,
    cursor: int | None,
    heartbeat_seconds: float,
    closing: asyncio.Event,
) -> AsyncGenerator[Frame, None]:
    """Hello, then every event after `cursor` in order and without a gap, until the study's end
    or `closing`.

    Between them a heartbeat every `heartbeat_seconds`. A cursor that is no number, or beyond the
    log, is answered with a reset, and the events from 1 follow.

    :raises NotFound: `unknown_study`, before the first frame.
    """
    study = await app.get_study(study_id)
    last = study.view.seq
    yield _frame("hello", last, {"study": study.to_json()})
    if cursor is None or cursor > last:
        yield _frame("reset", last)
        cursor = 0
    async with (
        closing_stream(app.follow(study_id, cursor)) as events,
        aclosing(_with_beats(events, heartbeat_seconds, closing)) as beating,
    ):
        async for event in beating:
            if event is None:
                yield _frame("heartbeat", await app.last_seq(study_id))
            else:
                yield Frame("event", event.seq, _text(event_to_json(event)))


async def _with_beats(
    events: AsyncIterator[Event], seconds: float, closing: asyncio.Event
) -> AsyncGenerator[Event | None, None]:
    """The same events, and None every `seconds`; ends when `closing` is set."""
    # Read ahead by a task of its own: a wait for the next event that is given up for a heartbeat
    # would end the generator of events.
    queue: asyncio.Queue[Event | Exception | None] = asyncio.Queue(_READ_AHEAD)
    pump = asyncio.create_task(_pump(events, queue))
    stop = asyncio.create_task(_stop(closing, queue))
    beat = monotonic() + seconds
    try:
        while not closing.is_set():
            if monotonic() >= beat:
                beat = monotonic() + seconds
                yield None
            try:
                async with asyncio.timeout(max(0.0, beat - monotonic())):
                    item = await queue.get()
            except TimeoutError:
                continue
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        pump.cancel()
        stop.cancel()
        await asyncio.gather(pump, stop, return_exceptions=True)


async def _pump(
    events: AsyncIterator[Event], queue: asyncio.Queue[Event | Exception | None]
) -> None:
    try:
        async for event in events:
            await queue.put(event)
    except Exception as error:
        await queue.put(error)
    else:
        await queue.put(None)


async def _stop(closing: asyncio.Event, queue: asyncio.Queue[Event | Exception | None]) -> None:
    await closing.wait()
    await queue.put(None)


def _frame(kind: str, seq: int, data: JsonValue = None) -> Frame:
    document: dict[str, JsonValue] = {"v": 1, "type": kind, "seq": seq}
    if data is not None:
        document["data"] = data
    return Frame(kind, seq, _text(document))


def _text(document: JsonValue) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
