"""A real `layerlab up`, as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from layerlab.client import Client
from services.local.lock import read_lock
from tests.servers import ServerProcess

LAYERLAB = Path(sys.executable).with_name("layerlab")


class Server(ServerProcess):
    """Started on construction; `url` and `grpc` are where it listens.

    `port` 0 is any free one; None leaves it to the settings.
    """

    def __init__(
        self, data_dir: Path, settings: Mapping[str, str] | None = None, port: int | None = 0
    ) -> None:
        self.data_dir = data_dir
        chosen_port = [] if port is None else ["--port", str(port)]
        super().__init__(
            data_dir.with_name(f"{data_dir.name}-process"),
            [str(LAYERLAB), "up", *chosen_port, "--data-dir", str(data_dir)],
            {
                "LAYERLAB_GATEWAY__GRPC": "127.0.0.1:0",
                "LAYERLAB_INGEST__GRPC": "127.0.0.1:0",
                **(settings or {}),
            },
        )
        try:
            self.start()
        except AssertionError:
            self.kill()
            raise
        holder = read_lock(data_dir)
        assert holder is not None
        self.url, self.grpc = holder.url, holder.grpc

    def client(self) -> Client:
        return Client(self.url)

    def is_ready(self) -> bool:
        holder = read_lock(self.data_dir)
        return holder is not None and holder.pid == self.pid and bool(holder.url)

    def stop(self) -> int:
        """The exit code after SIGTERM; idempotent."""
        try:
            return self.terminate()
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"The server did not stop:\n{self.output}") from None
