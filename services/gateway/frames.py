"""What a reader of a study's events is sent, whether by websocket or as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from layerlab.domain.json_value import JsonValue
from services.gateway.application import Application
from services.gateway.broadcast import Broadcasts, Frame, Reader, encode, event_frame
from services.gateway.streams import closing_stream


def parse_cursor(text: str | None) -> int | None:
    """The number of the last event that a reader has; None when it is no such number."""
    if not text:
        return 0
    # The limit is the store's: SQLite's integers have 64 bits.
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


class Frames:
    """Makes the frames of every reader of this gateway, until `closing`."""

    def __init__(self, app: Application, heartbeat_seconds: float, closing: asyncio.Event) -> None:
        self._app = app
        self._beat_seconds = heartbeat_seconds
        self._closing = closing
        self._broadcasts = Broadcasts(app.follow, closing)

    async def of_study(self, study_id: str, cursor: int | None) -> AsyncGenerator[Frame, None]:
        """Hello, then every event after `cursor` in order and without a gap, until the study's
        end or `closing`.

        Between them a heartbeat from time to time. A cursor that is no number, or beyond the
        log, is answered with a reset, and the events from 1 follow.

        :raises NotFound: `unknown_study`, before the first frame.
        :raises Unavailable: when the log can't be read.
        """
        study = await self._app.get_study(study_id)
        last = study.view.seq
        yield _frame("hello", last, {"study": study.to_json()})
        if cursor is None or cursor > last:
            yield _frame("reset", last)
            cursor = 0
        with self._broadcasts.join(study_id, last, self._beat_seconds) as reader:
            while not self._closing.is_set():
                async for frame in self._news(study_id, cursor, reader):
                    yield frame
                    cursor = frame.seq
                    if self._closing.is_set():
                        return
                if reader.is_beat_due:
                    reader.is_beat_due = False
                    yield _frame("heartbeat", max(cursor, reader.broadcast.seq))
                if reader.broadcast.seq <= cursor:
                    if reader.broadcast.is_over:
                        _raise(reader.broadcast.error)
                        return
                    await reader.wait()

    async def _news(
        self, study_id: str, cursor: int, reader: Reader
    ) -> AsyncGenerator[Frame, None]:
        """What there is after `cursor`: from the log, until that reaches the broadcast."""
        broadcast = reader.broadcast
        if cursor + 1 >= broadcast.first:
            for frame in broadcast.recent(cursor):
                yield frame
            return
        async with closing_stream(self._app.follow(study_id, cursor)) as events:
            async for event in events:
                yield event_frame(event)
                if event.seq + 1 >= broadcast.first:
                    return


def _raise(error: Exception | None) -> None:
    if error is not None:
        raise error


def _frame(kind: str, seq: int, data: JsonValue = None) -> Frame:
    document: dict[str, JsonValue] = {"v": 1, "type": kind, "seq": seq}
    if data is not None:
        document["data"] = data
    return Frame(kind, seq, encode(document))
