"""How a process that a trainer has started behaves."""

from __future__ import annotations

import os
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO


def offer_to_the_oom_killer() -> None:
    """When memory runs out, the kernel shall kill this process: its parent will tell why."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def private_stdout() -> BinaryIO:
    """The pipe to the parent; whatever anybody prints from now on goes to standard error."""
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return stream


def limit_memory(size: int) -> None:
    """Of the address space; 0: none."""
    if size:
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
