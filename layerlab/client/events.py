"""A study's event log, followed over a websocket that may break and comes back."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Final

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from layerlab.client.documents import Event, read_event
from layerlab.client.errors import RequestFailed, ServerUnreachable
from layerlab.client.transport import Transport

RECONNECT_SECONDS: Final = 60.0
"""How long a server may be away before following gives up."""

# The server sends a heartbeat every 15 s: after three that are missing the connection is dead,
# whatever TCP believes.
_SILENCE_SECONDS: Final = 45.0
_ENDED: Final = 1000
# All has been said: nobody has to wait for a server that is slow to hang up.
_CLOSE_SECONDS: Final = 0.5
_MAX_FRAME_BYTES: Final = 16 * 2**20
_MAX_PAUSE_SECONDS: Final = 2.0


class EventStream:
    """Every event after `after`, once each and in order, across any number of connections.

    `after` is the number of the last event that was given out. `ended` is set once the server has
    closed the log of a study that is over.
    """

    def __init__(
        self,
        transport: Transport,
        study_id: str,
        after: int = 0,
        patience: float = RECONNECT_SECONDS,
    ) -> None:
        self.after = after
        self.ended = False
        self._transport = transport
        self._path = f"/v1/studies/{study_id}/events"
        self._patience = patience
        self._socket: ClientConnection | None = None
        self._connection = ExitStack()
        self._heard = time.monotonic()

    def __enter__(self) -> EventStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Event]:
        while not self.ended:
            event = self.receive(_SILENCE_SECONDS)
            if event is not None:
                yield event

    def close(self) -> None:
        self._socket = None
        self._connection.close()

    def receive(self, timeout: float) -> Event | None:
        """The next event; None when none has come within `timeout` seconds, or none will.

        :raises ServerUnreachable: when the server stays away for longer than the patience.
        :raises RequestFailed: when the server refuses, for example an unknown study.
        """
        deadline = time.monotonic() + timeout
        while not self.ended:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            if self._socket is None and not self._open(min(left, 10.0)):
                continue
            event = self._read(left)
            if event is not None:
                return event
        return None

    def _open(self, timeout: float) -> bool:
        """Whether there is a connection now. A server that is away is given time to come back."""
        try:
            self._socket = self._connection.enter_context(
                connect(
                    f"{self._transport.websocket_url}{self._path}?after={self.after}",
                    open_timeout=max(timeout, 1.0),
                    close_timeout=_CLOSE_SECONDS,
                    max_size=_MAX_FRAME_BYTES,
                    compression=None,
                    proxy=None,
                )
            )
        except InvalidStatus as error:
            if error.response.status_code < 500:
                raise _refusal(error) from error
            self._pause(error)
        except (OSError, InvalidHandshake, ConnectionClosed, TimeoutError, EOFError) as error:
            self._pause(error)
        else:
            self._heard = time.monotonic()
        return self._socket is not None

    def _pause(self, error: Exception) -> None:
        away = time.monotonic() - self._heard
        if away > self._patience:
            raise ServerUnreachable(f"No answer from {self._transport.url}: {error}") from error
        # Clients that lost one server must not come back in step.
        time.sleep(min(0.1 + away / 4, _MAX_PAUSE_SECONDS) * random.uniform(0.5, 1.0))

    def _read(self, timeout: float) -> Event | None:
        assert self._socket is not None
        try:
            frame = self._socket.recv(timeout=min(timeout, _SILENCE_SECONDS))
        except TimeoutError:
            if time.monotonic() - self._heard > _SILENCE_SECONDS:
                self.close()
            return None
        except ConnectionClosed as closed:
            self.close()
            self.ended = closed.rcvd is not None and closed.rcvd.code == _ENDED
            return None
        self._heard = time.monotonic()
        return self._sift(json.loads(frame))

    def _sift(self, frame: dict[str, Any]) -> Event | None:
        if frame["type"] == "reset":
            # The log is shorter than our cursor: it is another log, which follows from its start.
            self.after = 0
            return None
        if "data" not in frame or frame["type"] == "hello" or frame["seq"] <= self.after:
            return None
        self.after = frame["seq"]
        return read_event(frame)


def _refusal(error: InvalidStatus) -> RequestFailed:
    try:
        problem = json.loads(error.response.body or b"")
    except ValueError:
        problem = {}
    code = error.response.status_code
    return RequestFailed(
        code, {"code": f"http_{code}", "detail": "The events are refused.", **problem}
    )
