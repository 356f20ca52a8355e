"""How much memory a piece of work takes, at its peak."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Growth:
    """Bytes that this process holds and nobody can drop, beyond those at the beginning."""

    most: int = 0


@contextmanager
def growth() -> Iterator[Growth]:
    growth, before, done = Growth(), held_bytes(), threading.Event()

    def watch() -> None:
        while not done.wait(0.005):
            growth.most = max(growth.most, held_bytes() - before)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield growth
    finally:
        done.set()
        thread.join()


def held_bytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))
