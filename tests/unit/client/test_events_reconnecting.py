"""A stream of events outlives connections that break at the worst moment."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from layerlab.client.errors import ServerUnreachable
from layerlab.client.events import EventStream
from layerlab.client.transport import Transport


@pytest.fixture
def resetting_server() -> Iterator[str]:
    """Takes every connection and breaks it at once, before the handshake."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def reset_all() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                # A linger of 0 seconds sends RST in place of FIN.
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                connection.close()

    thread = threading.Thread(target=reset_all)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_a_server_that_breaks_every_handshake_is_unreachable_and_nothing_else(
    resetting_server: str,
) -> None:
    transport = Transport(resetting_server, timeout=5.0)
    for _ in range(20):
        with EventStream(transport, "s1", patience=0.3) as events, pytest.raises(ServerUnreachable):
            events.receive(timeout=30.0)
    transport.close()
