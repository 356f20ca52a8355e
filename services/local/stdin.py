"""A process that ends with the one that holds the other end of its standard input."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def end_with_stdin(wanted: bool) -> Iterator[None]:
    """While open, and if `wanted`: the end of standard input, a pipe, is a SIGTERM.

    A pipe closes with its holder even by `kill -9`, which leaves nobody to pass a signal on.
    """
    if not wanted:
        yield
        return
    loop, stdin = asyncio.get_running_loop(), sys.stdin.fileno()

    def read() -> None:
        if not os.read(stdin, 4096):
            loop.remove_reader(stdin)
            os.kill(os.getpid(), signal.SIGTERM)

    loop.add_reader(stdin, read)
    try:
        yield
    finally:
        loop.remove_reader(stdin)
