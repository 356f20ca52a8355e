"""A service as its own process, started by hand, as `python -m services.X`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.e2e.server import members
from tests.servers.process import ServerProcess, is_listening

REPOSITORY: Final = Path(__file__).parents[2]


class Service(ServerProcess):
    """`python -m services.KIND`, with these settings and no others.

    `port` is what it listens on once it is ready; a service that serves nobody is ready at once.
    """

    def __init__(
        self, name: str, kind: str, folder: Path, settings: Mapping[str, str], port: int | None
    ) -> None:
        self.name = name
        self.port = port
        super().__init__(
            folder / name,
            [sys.executable, "-m", f"services.{kind}"],
            {"PYTHONPATH": str(REPOSITORY), **settings},
        )

    def is_ready(self) -> bool:
        return self.port is None or is_listening(self.port)

    def kill(self) -> None:
        """kill -9 of the service alone: what it has started must end by itself."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self._process.wait()

    def children(self) -> list[int]:
        """Processes that it has started and that still run, here or after its death."""
        return [] if self._process is None else [p for p in members(self.pid) if p != self.pid]

    def sweep(self) -> None:
        """Ends it and whatever it has left behind."""
        self.kill()
        for pid in self.children():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
