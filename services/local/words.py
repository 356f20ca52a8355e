"""What `layerlab up` says to who started it."""

from __future__ import annotations

import asyncio
import sys
import webbrowser

from layerlab.addresses import port_of
from services.local.lock import FolderLock
from services.local.settings import USUAL_PORT, Settings


async def attend(settings: Settings, lock: FolderLock, url: str, grpc: str) -> None:
    """Says that the server is ready, waits to be cancelled, which closes it, and says that."""
    lock.announce(url, grpc)
    _greet(settings, url)
    try:
        await asyncio.Event().wait()
    finally:
        _say(f"Closing. Everything is saved in {settings.data_dir.absolute()}")


def _greet(settings: Settings, url: str) -> None:
    usual, port = port_of(settings.gateway.http), port_of(url)
    if settings.port is None and port != usual != 0:
        _say(f"Port {usual} is taken, so this is another one.")
    server = "" if port == USUAL_PORT else f" --server {url}"
    _say(f"LayerLab is ready at {url}")
    _say(f"  Everything is kept in {settings.data_dir.absolute()}")
    _say(f"  Next: open the page, or: layerlab study create FILE.csv --target COLUMN{server}")
    _say("  Ctrl-C stops it; what is under way goes on at the next start.")
    if settings.open:
        webbrowser.open(url)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
