"""A server as a child process, with the faults that an operator's worst day has."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from tests.servers.sessions import cpu_seconds, members, resident_bytes

_Text = TypeVar("_Text", str, bytes)

_READY_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.02
# Of test processes side by side (gw0, gw1, …) each has ports of its own.
_SIDE_BY_SIDE: Final = 8
_NUMBER: Final = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
# Below those are the ports of well-known servers.
_UNCLAIMED: Final = range(20000 + _NUMBER % _SIDE_BY_SIDE, 32768, _SIDE_BY_SIDE)
_given: set[int] = set()


class ServerProcess:
    """Starts `command` in a session of its own, so that whatever it leaves behind can be found.

    `environment` is added to ours, from which LayerLab's settings are taken out. A subclass says
    what to run, and when it is ready.
    """

    def __init__(
        self, folder: Path, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.log = folder / "output.log"
        self._command = list(command)
        self._environment = {**clean_environment(), **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._written_before = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # What a test started for itself holds nothing worth closing in order.
        self.kill()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    @property
    def output_since_start(self) -> str:
        """Of the process that runs now, or ran last."""
        if not self.log.exists():
            return ""
        return self.log.read_bytes()[self._written_before :].decode(errors="replace")

    def start(self, wait: bool = True) -> None:
        """Idempotent while it runs."""
        if not self.is_running:
            with self.log.open("ab") as output:
                self._written_before = output.tell()
                self._process = subprocess.Popen(
                    self._command,
                    env=self._environment,
                    cwd=self.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        if wait:
            self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """:raises AssertionError: with its output, when it does not get ready."""
        deadline = time.monotonic() + _READY_SECONDS
        while not self.is_ready():
            if not self.is_running or time.monotonic() > deadline:
                raise AssertionError(
                    f"{self._command[0]} did not get ready:\n{self.output[-4000:]}"
                )
            time.sleep(_POLL_SECONDS)

    def is_ready(self) -> bool:
        raise NotImplementedError

    def terminate(self, number: signal.Signals = signal.SIGTERM) -> int:
        """The exit code after a signal that asks it to end; idempotent.

        :raises subprocess.TimeoutExpired: when it does not heed it.
        """
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(_STOP_SECONDS)

    def kill(self) -> None:
        """kill -9 of it and of whatever it has started, as a power cut does it; idempotent."""
        if self._process is None:
            return
        self._signal(signal.SIGKILL)
        self._process.wait(_STOP_SECONDS)
        # Those who have left the process group that was signalled.
        for pid in members(self.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def kill_alone(self) -> None:
        """kill -9 of the process itself: what it has started must end by itself; idempotent."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(_STOP_SECONDS)

    def pause(self) -> None:
        """SIGSTOP: it hangs, and its connections stay open."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def family(self) -> list[int]:
        """The ids of its processes, itself among them; those that outlive it, once it is dead."""
        return members(self.pid)

    def children(self) -> list[int]:
        """Processes that it has started and that still run, here or after its death."""
        return [] if self._process is None else [pid for pid in self.family() if pid != self.pid]

    def cpu_seconds(self) -> float:
        """Of it and those of its children that still run."""
        return cpu_seconds(self.pid)

    def memory_bytes(self) -> int:
        """Resident memory of the process itself."""
        return resident_bytes(self.pid)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)


@contextmanager
def killed_at_last(process: subprocess.Popen[_Text]) -> Iterator[subprocess.Popen[_Text]]:
    """However its test ends: what is left running would be found, and blamed on a later test."""
    with process:  # Waits for it, and closes its pipes.
        try:
            yield process
        finally:
            process.kill()


def clean_environment() -> dict[str, str]:
    """Ours without LayerLab's settings, which would be those of whoever runs this."""
    return {name: value for name, value in os.environ.items() if "LAYERLAB" not in name}


def free_port() -> int:
    """A port that nobody listens on now, and that nobody is given by chance.

    A server that is away for a moment finds it free again: the system gives ephemeral ports, from
    32768 on, to every client and to every listener that takes any.
    """
    while True:
        port = secrets.choice(_UNCLAIMED)
        with socket.socket() as listener, suppress(OSError):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", port))
            if port not in _given:
                _given.add(port)
                return port


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0
