"""Clients that follow a study's events through whatever happens: the SDK, and a bare websocket."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import connect

from layerlab.client import Client
from layerlab.client.errors import RequestFailed, ServerUnreachable
from tests.faults.checker import event_body
from tests.faults.history import ClientLog, Connected, Json, Seen

_ENDED: Final = 1000
_MAX_FRAME_BYTES: Final = 16 << 20
_SILENCE_SECONDS: Final = 45.0
"""The server's heartbeat comes every 15 s."""


class Follower(Protocol):
    log: ClientLog

    def run(self, stopped: threading.Event) -> None:
        """Follows until the study has ended or `stopped` is set."""


class SdkFollower:
    """What a user of the Python SDK would write: one loop, which knows of no failures."""

    def __init__(self, name: str, study_id: str, url: str, gateway: str = "") -> None:
        self.log = ClientLog(name, study_id, gateway)
        self._url = url

    def run(self, stopped: threading.Event) -> None:
        while not stopped.is_set() and not self.log.ended:
            # A server that was away for a minute is given up by the SDK; a user would call again.
            with suppress(ServerUnreachable):
                try:
                    self._follow(stopped)
                except RequestFailed as refusal:
                    self.log.refused.append(f"{refusal.status} {refusal.code}")
                    return

    def _follow(self, stopped: threading.Event) -> None:
        after = self.log.seen[-1].seq if self.log.seen else 0
        with Client(self._url) as client:
            for event in client.studies.get(self.log.study_id).events(after):
                body = {"v": 1, "seq": event.seq, "time": event.time, "type": event.type}
                body |= {"subject": event.subject, "data": event.data}
                self.log.seen.append(Seen(time.time(), event.seq, event_body(body)))
                if stopped.is_set():
                    return
            self.log.ended = True


class SocketFollower:
    """A websocket and nothing else: it writes down every event that comes, repeats included."""

    def __init__(self, name: str, study_id: str, url: str, gateway: str = "") -> None:
        self.log = ClientLog(name, study_id, gateway)
        self._url = f"ws{url.removeprefix('http')}/v1/studies/{study_id}/events"
        self._after = 0

    def run(self, stopped: threading.Event) -> None:
        while not stopped.is_set() and not self.log.ended:
            with suppress(OSError, EOFError, TimeoutError, InvalidHandshake):
                self._follow(stopped)
            stopped.wait(random.uniform(0.1, 0.5))

    def _follow(self, stopped: threading.Event) -> None:
        address = f"{self._url}?after={self._after}"
        try:
            with connect(
                address, open_timeout=5, max_size=_MAX_FRAME_BYTES, compression=None, proxy=None
            ) as socket:
                heard = time.monotonic()
                while not stopped.is_set() and time.monotonic() - heard < _SILENCE_SECONDS:
                    with suppress(TimeoutError):
                        self._take(json.loads(socket.recv(timeout=1.0)))
                        heard = time.monotonic()
        except InvalidStatus as refusal:
            if refusal.response.status_code < 500:
                self.log.refused.append(f"{refusal.response.status_code}")
        except ConnectionClosed as closed:
            if closed.rcvd is not None:
                self.log.closed.append(closed.rcvd.code)
                self.log.ended = closed.rcvd.code == _ENDED

    def _take(self, frame: Json) -> None:
        if frame["type"] == "hello":
            self.log.connected.append(Connected(time.time(), frame["seq"]))
        elif frame["type"] == "reset":
            self.log.refused.append(f"{self._after} is beyond the log: {frame['seq']}")
        elif "data" in frame:
            self.log.seen.append(Seen(time.time(), frame["seq"], event_body(frame)))
            self._after = frame["seq"]


class Crowd:
    """Followers, each in a thread of its own."""

    def __init__(self) -> None:
        self.logs: list[ClientLog] = []
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []

    def add(self, follower: Follower) -> None:
        self.logs.append(follower.log)
        thread = threading.Thread(target=follower.run, args=(self._stopped,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def wait(self, seconds: float) -> None:
        """Until all have heard of the end; after `seconds` they are sent home."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self.stop()

    def stop(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()


def follow_everywhere(
    crowd: Crowd, study_id: str, url: str, gateways: dict[str, str], sockets: int = 1
) -> None:
    """Both kinds through `url`, and `sockets` websockets to each of `gateways` (URLs by name)."""
    kinds: tuple[Callable[..., Follower], ...] = (SdkFollower, SocketFollower)
    for kind in kinds:
        crowd.add(kind(f"{kind.__name__} of {study_id}", study_id, url))
    for name, own in gateways.items():
        for number in range(1, sockets + 1):
            client = f"SocketFollower {number} of {study_id} at {name}"
            crowd.add(SocketFollower(client, study_id, own, name))
