"""Real servers for end-to-end tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from layerlab.client import Client
from tests.e2e.server import Server

StartServer = Callable[..., Server]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for every test that leaves it as it was."""
    server = Server(tmp_path_factory.mktemp("server") / "data")
    yield server
    assert server.stop() == 0, server.output


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with server.client() as client:
        yield client
        # What a test leaves training would keep the next one waiting.
        for study in client.studies.list():
            if not study.ended:
                study.cancel()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers of the test's own; on a data folder that it may start anew on."""
    started: list[Server] = []

    def start(**options: object) -> Server:
        server = Server(tmp_path / "data", **options)  # type: ignore[arg-type]  # As Server's.
        started.append(server)
        return server

    yield start
    for each in started:
        each.stop()
