"""One at a time, of all tasks and processes that share a folder."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Final

_LOOK_SECONDS: Final = 0.1


@asynccontextmanager
async def alone(path: Path) -> AsyncIterator[None]:
    """Waits until nobody else holds the file `path`, which is made if need be, and stays.

    The lock dies with its process, however that ends. Where a folder knows no locks, nobody
    waits: so it may only save work.
    """
    with await asyncio.to_thread(path.open, "w") as file:
        while _is_held(file):  # noqa: ASYNC110  # Another process can set no event.
            await asyncio.sleep(_LOOK_SECONDS)
        yield


def _is_held(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
