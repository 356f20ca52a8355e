"""A TCP proxy with a network's bad days: it cuts, refuses, swallows and delays when told to."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from itertools import count

_BYTES = 65536


class CuttingProxy:
    """Listens on a port of its own and passes everything on to `ports` on this machine.

    With several ports it is the one address before several servers: connections go to one after
    the other, past those that refuse.
    """

    def __init__(self, *ports: int) -> None:
        self._targets = ports
        self._turn = count()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._flowing = threading.Event()
        self._flowing.set()
        self._refusing = False
        self.delay_seconds = 0.0
        """How much later each piece arrives, either way."""
        self.bytes_more: int | None = None
        """The nth connection breaks after n times so many bytes from the server: sooner or later,
        each message comes through."""
        self.connections = 0
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Breaks every connection that is open; new ones are taken."""
        with self._lock:
            cut, self._open = self._open, set()
        for each in cut:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def part(self) -> None:
        """Breaks every connection and takes no new one, until `heal`."""
        self._refusing = True
        self.cut()

    def blackhole(self) -> None:
        """Connections stay open, or are taken, and nothing arrives until `heal`: then all of it
        does, as TCP sends again what was lost.
        """
        self._flowing.clear()

    def heal(self) -> None:
        """As if nothing had been."""
        self._refusing = False
        self.delay_seconds = 0.0
        self._flowing.set()

    def close(self) -> None:
        # shutdown wakes the thread that waits in accept; close alone would not.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self._flowing.set()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                # A target that hangs must not keep others from connecting.
                threading.Thread(target=self._connect, args=(here,), daemon=True).start()

    def _connect(self, here: socket.socket) -> None:
        there = None if self._refusing else self._reach()
        if there is None:
            here.close()
            return
        with self._lock:
            self.connections += 1
            limit = self.bytes_more and self.bytes_more * self.connections
            self._open |= {here, there}
        back = threading.Thread(target=self._pass_on, args=(there, here, limit), daemon=True)
        back.start()
        self._pass_on(here, there)
        back.join()
        with self._lock:
            self._open -= {here, there}
        here.close()
        there.close()

    def _reach(self) -> socket.socket | None:
        first = next(self._turn)
        for number in range(len(self._targets)):
            port = self._targets[(first + number) % len(self._targets)]
            with suppress(OSError):
                return socket.create_connection(("127.0.0.1", port))
        return None

    def _pass_on(
        self, source: socket.socket, sink: socket.socket, limit: int | None = None
    ) -> None:
        left = limit
        with suppress(OSError):
            while left != 0 and (data := source.recv(min(_BYTES, left or _BYTES))):
                time.sleep(self.delay_seconds)
                self._flowing.wait()
                sink.sendall(data)
                left = left and left - len(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR if left != 0 else socket.SHUT_RDWR)
