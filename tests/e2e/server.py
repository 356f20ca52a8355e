"""A real `layerlab up`, as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from layerlab.client import Client
from services.local.lock import read_lock

LAYERLAB = Path(sys.executable).with_name("layerlab")
_READY_SECONDS = 60.0
_STOP_SECONDS = 20.0


class Server:
    """Started on construction; `url` and `grpc` are where it listens.

    `port` 0 is any free one; None leaves it to the settings.
    """

    def __init__(
        self, data_dir: Path, settings: Mapping[str, str] | None = None, port: int | None = 0
    ) -> None:
        self.data_dir = data_dir
        self.log = data_dir.parent / f"{data_dir.name}.log"
        environment = {
            **os.environ,
            "LAYERLAB_GATEWAY__GRPC": "127.0.0.1:0",
            "LAYERLAB_INGEST__GRPC": "127.0.0.1:0",
            **(settings or {}),
        }
        chosen_port = [] if port is None else ["--port", str(port)]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [LAYERLAB, "up", *chosen_port, "--data-dir", str(data_dir)],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A session of its own, so that whatever it leaves behind can be found.
                start_new_session=True,
            )
        self.url, self.grpc = self._wait_until_ready()

    def client(self) -> Client:
        return Client(self.url)

    def kill(self) -> None:
        """As a power cut does it: nothing is closed. Its children must end by themselves."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(_STOP_SECONDS)

    def stop(self) -> int:
        """The exit code after SIGTERM; idempotent."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise AssertionError(f"The server did not stop:\n{self.output}") from None

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def family(self) -> list[int]:
        """Itself and all of its descendants."""
        return members(self.process.pid)

    def _wait_until_ready(self) -> tuple[str, str]:
        deadline = time.monotonic() + _READY_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            holder = read_lock(self.data_dir)
            if holder is not None and holder.pid == self.process.pid and holder.url:
                return holder.url, holder.grpc
            time.sleep(0.02)
        raise AssertionError(f"The server did not get ready:\n{self.output}")


def members(session: int) -> list[int]:
    """The living processes of a session, by its leader's id."""
    pids = [int(entry) for entry in os.listdir("/proc") if entry.isdecimal()]
    return [pid for pid in pids if _session(pid) == session]


def wait_until_gone(session: int) -> list[int]:
    """Who of a session is left after a patient wait."""
    deadline = time.monotonic() + _STOP_SECONDS
    while (left := members(session)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def _session(pid: int) -> int | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None  # It has ended meanwhile.
    state, session = fields[0], int(fields[3])
    return None if state == "Z" else session
