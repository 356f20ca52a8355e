"""Many websockets in one process, which cost it as little as possible.

    python -m benchmarks.support.listeners HOST PORT COUNT STUDY_ID…

Connects COUNT websockets, spread over the studies, prints `open`, and keeps the age of each event
at its receipt: now, less the event's own time, which the ledger gives it before it is written. Of
epochs whose `elapsed_seconds` is a wall clock's time, the age counts from that: from their
trainer's report. A line on its input resets what was kept; at the end of its input it prints it as
JSON.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import resource
import sys
import time
from datetime import datetime
from typing import Any, Final

_AT_ONCE: Final = 32
_A_WALL_CLOCK: Final = 1e9


class Tally:
    def __init__(self) -> None:
        self.ages: list[float] = []
        self.gaps = 0
        self.closed: list[int] = []

    def reset(self) -> None:
        self.ages.clear()


class Listener(asyncio.Protocol):
    """Speaks just enough of RFC 6455 to read what a server sends."""

    def __init__(self, host: str, study_id: str, tally: Tally) -> None:
        self.greeted = asyncio.get_running_loop().create_future()
        self._host, self._study_id, self._tally = host, study_id, tally
        self._buffer = bytearray()
        self._is_open = False
        self._seq = 0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        path = f"/v1/studies/{self._study_id}/events"
        transport.write(
            (
                f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
                "Sec-WebSocket-Version: 13\r\n\r\n"
            ).encode()
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_open:
            head, end, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 101"), head[:200]
            self._is_open, self._buffer = True, bytearray(rest)
        while (frame := self._take()) is not None:
            self._read(*frame)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.greeted.done():
            self.greeted.set_exception(ConnectionError("closed before its first frame"))

    def _take(self) -> tuple[int, bytes] | None:
        """Opcode and payload of the next frame, if it is here whole."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        size, start = buffer[1] & 0x7F, 2
        if size >= 126:
            start = 4 if size == 126 else 10
            if len(buffer) < start:
                return None
            size = int.from_bytes(buffer[2:start], "big")
        if len(buffer) < start + size:
            return None
        opcode, payload = buffer[0] & 0x0F, bytes(buffer[start : start + size])
        del buffer[: start + size]
        return opcode, payload

    def _read(self, opcode: int, payload: bytes) -> None:
        now = time.time()
        if opcode == 9:
            # A pong, masked with zeros.
            self._transport.write(bytes((0x8A, 0x80 | len(payload))) + bytes(4) + payload)
        elif opcode == 8:
            self._tally.closed.append(int.from_bytes(payload[:2], "big"))
        elif opcode == 1:
            frame = json.loads(payload)
            if frame["type"] == "hello":
                self.greeted.set_result(None)
            elif "time" in frame:
                self._tally.gaps += frame["seq"] != self._seq + 1
                self._seq = frame["seq"]
                self._tally.ages.append(now - _sent_at(frame))


def _sent_at(frame: dict[str, Any]) -> float:
    reports = frame["data"].get("reports", ())
    if reports and reports[0]["elapsed_seconds"] > _A_WALL_CLOCK:
        return float(reports[0]["elapsed_seconds"])
    return datetime.fromisoformat(frame["time"]).timestamp()


async def main(host: str, port: int, count: int, studies: list[str]) -> None:
    tally, gate = Tally(), asyncio.Semaphore(_AT_ONCE)
    loop = asyncio.get_running_loop()
    kept: list[Listener] = []

    async def connect(study_id: str) -> None:
        async with gate:
            listener = Listener(f"{host}:{port}", study_id, tally)
            await loop.create_connection(lambda: listener, host, port)
            kept.append(listener)
            await listener.greeted

    await asyncio.gather(*(connect(studies[index % len(studies)]) for index in range(count)))
    print("open", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        tally.reset()
    print(json.dumps({"ages": tally.ages, "gaps": tally.gaps, "closed": tally.closed}))


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]))
