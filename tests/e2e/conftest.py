"""Real servers for end-to-end tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from layerlab.client import Client
from tests.chromium import MISSING, PATH, open_chromium
from tests.e2e.page_steps import host_of
from tests.e2e.server import Server

StartServer = Callable[..., Server]
Open = Callable[[Server], Page]


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if PATH is None:
        pytest.skip(MISSING)
    with open_chromium() as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained of: errors of scripts and of the security policy."""
    return []


@pytest.fixture
def open_page(context: BrowserContext, complaints: list[str]) -> Iterator[Open]:
    """Opens a server's page, and holds it to silence and to its own host."""
    hosts: set[str] = set()
    opened: set[str] = set()

    def listen(line: ConsoleMessage) -> None:
        if line.type == "error":
            complaints.append(line.text)

    def open_(server: Server) -> Page:
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: hosts.add(host_of(request.url)))
        opened.add(host_of(server.url))
        page.goto(server.url)
        return page

    yield open_
    assert complaints == []
    # Pictures that a chart draws of itself have no host.
    assert hosts - {""} == opened
