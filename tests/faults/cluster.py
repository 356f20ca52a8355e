"""LayerLab on many processes, as an operator runs it: each one started by hand and watched over.

Every link goes through a proxy of its own, so that each can fail alone. What dies is started anew
after a moment, as a container engine does it; nobody else helps.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from layerlab.client import Client
from tests.faults.layout import ADDRESS, Topology, lay_out
from tests.faults.messages import QUEUE
from tests.servers import ServerProcess, Service

_RESTART_SECONDS: Final = 0.5
_POLL_SECONDS: Final = 0.05
_READY_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class QueueState:
    """Of the queue that trainers consume; `dead` are the messages in every other queue."""

    ready: int
    unacknowledged: int
    consumers: int
    dead: int

    @property
    def is_empty(self) -> bool:
        return self.ready == self.unacknowledged == 0


@dataclass(frozen=True, slots=True)
class Came:
    """A process that could be reached, again or for the first time; `at` by the wall clock."""

    name: str
    pid: int
    at: float


@dataclass(slots=True)
class _Watch:
    """What the supervisor knows of one process."""

    down_since: float | None = None
    ready_pid: int | None = None


class Cluster:
    """Open it with `with`: on exit everything that it has started is gone."""

    def __init__(
        self,
        folder: Path,
        topology: Topology | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """`settings` are for every service, by their names in the environment."""
        self.topology = topology or Topology()
        self.folder = folder
        layout = lay_out(folder, self.topology, settings or {})
        self.broker, self.store = layout.broker, layout.store
        self.servers, self.links = layout.servers, layout.links
        self.gateway_urls = {
            name: f"http://127.0.0.1:{port}" for name, port in layout.gateway_ports.items()
        }
        self.ingest_port = layout.ingest_port
        self.came: list[Came] = []
        self._watches = {name: _Watch() for name in self.servers}
        self._held: set[str] = set()
        # Between a process's death and its successor's start nobody else may look.
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)

    def __enter__(self) -> Cluster:
        try:
            # All at once: services wait for each other.
            for server in self.servers.values():
                server.start(wait=False)
            self._supervisor.start()
            self.wait_until_ready()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    @property
    def url(self) -> str:
        """Of whichever gateway's turn it is."""
        return self.links[ADDRESS].url

    def client(self) -> Client:
        return Client(self.url)

    def names(self, kind: str) -> list[str]:
        """Of the services of one kind: gateway, scheduler, trainer."""
        return [name for name in self.servers if name.startswith(f"{kind}-")]

    def services(self) -> list[Service]:
        return [server for server in self.servers.values() if isinstance(server, Service)]

    def children_of(self, name: str) -> list[int]:
        """Processes that a service has started."""
        return self.servers[name].children()

    def kill(self, name: str) -> int:
        """kill -9; the id that the process had. It is started again after a moment.

        What a service has started must end by itself.
        """
        with self._lock:
            server = self.servers[name]
            pid = server.pid
            if isinstance(server, Service):
                server.kill_alone()
            else:
                server.kill()
        return pid

    @contextmanager
    def held(self, *names: str) -> Iterator[None]:
        """What dies within stays dead until the context is left."""
        self._held.update(names)
        try:
            yield
        finally:
            self._held.difference_update(names)

    def is_up(self, name: str) -> bool:
        with self._lock:
            server = self.servers[name]
            return server.is_running and self._watches[name].ready_pid == server.pid

    def wait_until_up(self, name: str, seconds: float = _READY_SECONDS) -> None:
        """:raises AssertionError: with its output, when it does not come."""
        deadline = time.monotonic() + seconds
        while not self.is_up(name):
            if time.monotonic() > deadline:
                raise AssertionError(f"{name} is not up:\n{self.servers[name].output[-4000:]}")
            time.sleep(_POLL_SECONDS)

    def wait_until_ready(self) -> None:
        """Everything is up, and as many consume as there are trainers."""
        for name in self.servers:
            self.wait_until_up(name)
        deadline = time.monotonic() + _READY_SECONDS
        while (state := self.queue()).consumers != self.topology.trainers:
            assert time.monotonic() < deadline, f"not every trainer consumes: {state}"
            time.sleep(0.5)

    def queue(self) -> QueueState:
        """As the broker says; takes a second or more."""
        columns = ("messages_ready", "messages_unacknowledged", "consumers", "name")
        listed = self.broker.control("list_queues", *columns).splitlines()
        rows = [line.split("\t") for line in listed if line[:1].isdecimal()]
        counts = {row[3]: (int(row[0]), int(row[1]), int(row[2])) for row in rows}
        ready, unacknowledged, consumers = counts.pop(QUEUE, (0, 0, 0))
        dead = sum(ready + held for ready, held, _ in counts.values())
        return QueueState(ready, unacknowledged, consumers, dead)

    def trainer_of(self, pid: int) -> str | None:
        """Which trainer has this process id now."""
        for name in self.names("trainer"):
            if self.servers[name].is_running and self.servers[name].pid == pid:
                return name
        return None

    def _supervise(self) -> None:
        while not self._closing.wait(_POLL_SECONDS):
            for name, watch in self._watches.items():
                self._look_after(name, watch)

    def _look_after(self, name: str, watch: _Watch) -> None:
        server = self.servers[name]
        with self._lock:
            if not server.is_running:
                self._revive(name, server, watch)
                return
            watch.down_since, pid = None, server.pid
        if watch.ready_pid != pid and server.is_ready():
            watch.ready_pid = pid
            self.came.append(Came(name, pid, time.time()))

    def _revive(self, name: str, server: ServerProcess, watch: _Watch) -> None:
        now = time.monotonic()
        if watch.down_since is None:
            watch.down_since = now
        if name not in self._held and now - watch.down_since >= _RESTART_SECONDS:
            server.start(wait=False)
            watch.down_since = None

    def _close(self) -> None:
        self._closing.set()
        if self._supervisor.is_alive():
            self._supervisor.join()
        for server in self.servers.values():
            server.kill()
        for link in self.links.values():
            link.close()
