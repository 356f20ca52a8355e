"""What a page's memory does while no tool looks on.

What Playwright has a page tell of its requests keeps each of them, with its body and the stack that
asked for it: megabytes an hour that no user's browser has. So this Chromium is left alone but for
the moment of each sample.
"""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from websockets.sync.client import connect

from tests.chromium import MISSING, PATH

_START_SECONDS: Final = 30.0
_FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--remote-debugging-port=0",
    "--window-size=1280,900",
)


class UnwatchedPage:
    def __init__(self, port: int) -> None:
        self._port = port

    def heap_bytes(self) -> int:
        """JavaScript's memory, after a collection."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/json/list") as answer:
            (place,) = (
                each["webSocketDebuggerUrl"] for each in json.load(answer) if each["type"] == "page"
            )
        with connect(place, max_size=None) as socket:
            calls = ("HeapProfiler.collectGarbage", "Performance.enable", "Performance.getMetrics")
            for number, method in enumerate(calls):
                socket.send(json.dumps({"id": number, "method": method}))
                result = _answer_to(number, socket)
        (used,) = (each for each in result["metrics"] if each["name"] == "JSHeapUsedSize")
        return int(used["value"])


@contextmanager
def open_unwatched(url: str, folder: Path) -> Iterator[UnwatchedPage]:
    """Keeps the browser's profile in `folder`.

    :raises RuntimeError: there is no Chromium.
    """
    if PATH is None:
        raise RuntimeError(MISSING)
    command = [PATH, *_FLAGS, f"--user-data-dir={folder}", url]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as browser:
        try:
            yield UnwatchedPage(_port_of(folder))
        finally:
            browser.terminate()


def _port_of(folder: Path) -> int:
    told, deadline = folder / "DevToolsActivePort", time.monotonic() + _START_SECONDS
    while not (told.exists() and "\n" in told.read_text()):
        if time.monotonic() > deadline:
            raise TimeoutError("Chromium did not say where it listens")
        time.sleep(0.1)
    return int(told.read_text().split("\n", 1)[0])


def _answer_to(number: int, socket: Any) -> dict[str, Any]:
    while True:
        message = json.loads(socket.recv())
        if message.get("id") == number:
            result: dict[str, Any] = message["result"]
            return result
