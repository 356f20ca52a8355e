"""A study's events, live: by websocket, and on the same path as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from time import monotonic
from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter, Header, Query, WebSocket
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.websockets import WebSocketDisconnect

from layerlab.domain.problem import Problem, Unavailable
from services.gateway.application import Application
from services.gateway.broadcast import Frame
from services.gateway.frames import Frames, parse_cursor
from services.gateway.models import EventDocument, HeartbeatFrame, HelloFrame, ResetFrame
from services.gateway.problems import problem_response
from services.gateway.routes.answers import failures
from services.gateway.security import is_same_origin

log = structlog.get_logger()

DONE, JUNK, FOREIGN_OR_FLOOD, OUR_FAULT, RESTART, TOO_SLOW = 1000, 1007, 1008, 1011, 1012, 1013
# A reader has nothing to say; what it says is read, so that its goodbye is noticed.
_FLOOD_MESSAGES: Final = 30
_FLOOD_SECONDS: Final = 10.0
_FRAMES: Final = (EventDocument, HelloFrame, HeartbeatFrame, ResetFrame)


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """`slow_client_seconds`: how long a client may leave what was sent to it unread."""

    heartbeat_seconds: float = 15.0
    slow_client_seconds: float = 10.0


def build_router(app: Application, settings: StreamSettings, closing: asyncio.Event) -> APIRouter:
    """`closing` is set when the service is about to stop: streams end, to be taken up again."""
    router = APIRouter(prefix="/v1/studies/{study_id}", tags=["events"])
    frames = Frames(app, settings.heartbeat_seconds, closing)

    @router.websocket("/events")
    async def stream_websocket(socket: WebSocket, study_id: str) -> None:
        """Hello, every event after `after` in order and without a gap, heartbeats between."""
        cursor = parse_cursor(socket.query_params.get("after"))
        async with aclosing(frames.of_study(study_id, cursor)) as stream:
            await _serve_socket(socket, stream, settings, closing)

    @router.get("/events", response_class=Response, responses=_sse_responses())
    async def stream_events(
        request: Request,
        study_id: str,
        after: Annotated[str, Query(description="The last event that the reader has.")] = "",
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> Response:
        """The websocket's frames as server-sent events; `id` is the event's number, so that a
        browser that reconnects goes on where it was.
        """
        cursor = parse_cursor(last_event_id if last_event_id is not None else after)
        if last_event_id is not None and await _has_everything(app, study_id, cursor):
            # Anything but 204 would make the browser come back, for ever.
            return Response(status_code=204)
        stream = frames.of_study(study_id, cursor)
        # The first frame is made before the answer starts, so that a 404 can still be said.
        hello = await anext(stream)
        return StreamingResponse(
            _sse(hello, stream),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return router


async def _has_everything(app: Application, study_id: str, cursor: int | None) -> bool:
    view = (await app.get_study(study_id)).view
    return view.study.state.is_terminal and cursor == view.seq


async def _serve_socket(
    socket: WebSocket,
    frames: AsyncIterator[Frame],
    settings: StreamSettings,
    closing: asyncio.Event,
) -> None:
    if not is_same_origin(socket):
        await socket.accept()
        await socket.close(FOREIGN_OR_FLOOD, "foreign origin")
        return
    try:
        hello = await anext(frames)
    except Problem as problem:
        await socket.send_denial_response(problem_response(problem))
        return
    await socket.accept()
    sending = asyncio.create_task(_send(socket, hello, frames, settings, closing))
    try:
        code = await _read(socket)
    finally:
        # When sending has come to an end, it has closed the socket, and so ended reading.
        sending.cancel()
        await asyncio.wait({sending})
    if code is not None:
        await _say_goodbye(socket, code)


async def _send(
    socket: WebSocket,
    hello: Frame,
    frames: AsyncIterator[Frame],
    settings: StreamSettings,
    closing: asyncio.Event,
) -> None:
    """Sends frames to the end, and closes."""
    code = OUR_FAULT
    try:
        await _send_in_time(socket, hello, settings)
        async for frame in frames:
            await _send_in_time(socket, frame, settings)
        code = RESTART if closing.is_set() else DONE
    except TimeoutError:
        code = TOO_SLOW
    except Unavailable:
        # The store is away. The client comes back with `after`, as after a restart.
        code = RESTART
    except WebSocketDisconnect:
        return
    except Exception:
        log.exception("a stream of events failed")
    await _say_goodbye(socket, code)


async def _send_in_time(socket: WebSocket, frame: Frame, settings: StreamSettings) -> None:
    # What the client leaves unread fills its buffers and ours; then this waits.
    async with asyncio.timeout(settings.slow_client_seconds):
        await socket.send_text(frame.text)


async def _read(socket: WebSocket) -> int | None:
    """Reads until the client misbehaves: the code for that; None: it has left, or we have."""
    times: deque[float] = deque(maxlen=_FLOOD_MESSAGES)
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return None
        if not _is_json_object(message.get("text")):
            return JUNK
        if len(times) == _FLOOD_MESSAGES and monotonic() - times[0] < _FLOOD_SECONDS:
            return FOREIGN_OR_FLOOD
        times.append(monotonic())


def _is_json_object(text: str | None) -> bool:
    try:
        return text is not None and isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


async def _say_goodbye(socket: WebSocket, code: int) -> None:
    try:
        await socket.close(code)
    except (RuntimeError, WebSocketDisconnect):
        # It has gone in the meantime, or the server has closed it to restart.
        log.debug("a websocket was closed already", code=code)


async def _sse(hello: Frame, frames: AsyncIterator[Frame]) -> AsyncIterator[str]:
    yield _sse_text(hello)
    try:
        async for frame in frames:
            yield _sse_text(frame)
    except Unavailable:
        # The browser reconnects by itself, with Last-Event-ID.
        return


def _sse_text(frame: Frame) -> str:
    number = f"id: {frame.seq}\n" if frame.is_event else ""
    return f"{number}data: {frame.text}\n\n"


def _sse_responses() -> dict[int | str, dict[str, Any]]:
    schemas = [{"$ref": f"#/components/schemas/{each.__name__}"} for each in _FRAMES]
    content = {"text/event-stream": {"schema": {"oneOf": schemas}}}
    return {200: {"description": "Frames, one an event.", "content": content}, **failures(404)}
