"""The compiled kernels, and threads to run them in."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final

import numpy as np

from services.trainer.engine import Floats, Targets
from services.trainer.native.processor import kernels_path
from services.trainer.native.records import CLane, CTable

_LINE_BYTES: Final = 64


class KernelsMissing(Exception):
    """None were compiled that this processor could run."""


@cache
def load_kernels() -> ctypes.CDLL:
    """:raises KernelsMissing: see `pip install`'s output, or `layerlab doctor`."""
    path = kernels_path()
    if path is None:
        raise KernelsMissing("No compiled kernels for this processor were installed.")
    library = ctypes.CDLL(str(path))
    lanes, int64 = ctypes.POINTER(CLane), ctypes.c_int64
    counter, table = ctypes.POINTER(int64), ctypes.POINTER(CTable)
    library.layerlab_workspace_floats.argtypes = (lanes,)
    library.layerlab_workspace_floats.restype = int64
    library.layerlab_train.argtypes = (
        *(lanes, int64, counter, table, ctypes.c_uint64, int64, ctypes.c_void_p),
    )
    library.layerlab_train.restype = None
    library.layerlab_evaluate.argtypes = (
        *(lanes, int64, counter, table, int64, int64, ctypes.c_void_p),
    )
    library.layerlab_evaluate.restype = None
    library.layerlab_order.argtypes = (
        *(ctypes.c_uint64, ctypes.c_uint64, int64, int64, int64, ctypes.c_void_p),
    )
    library.layerlab_order.restype = None
    library.layerlab_compiler.argtypes = ()
    library.layerlab_compiler.restype = ctypes.c_char_p
    return library


def compiler() -> str:
    """What has compiled the kernels."""
    return str(load_kernels().layerlab_compiler().decode())


def level() -> str:
    """Of processors that the kernels were compiled for."""
    path = kernels_path()
    return path.name.partition(".")[0].removeprefix("kernels_") if path else ""


def aligned_floats(count: int) -> Floats:
    """Uninitialized, beginning at a cache line."""
    raw = np.empty(count * 4 + _LINE_BYTES, np.uint8)
    start = -raw.ctypes.data % _LINE_BYTES
    return raw[start : start + count * 4].view(np.float32)


class Team:
    """Threads that take lanes one after another, each with a workspace of its own."""

    def __init__(self, threads: int, workspace_floats: int) -> None:
        self.threads = threads
        self._workspaces = [aligned_floats(workspace_floats) for _ in range(threads)]
        self._pool = ThreadPoolExecutor(threads - 1, "lanes") if threads > 1 else None

    def run(self, lanes: int, work: Callable[[ctypes.c_int64, Floats], object]) -> None:
        """Calls `work` in as many threads as there are lanes for, with the counter by which they
        share the lanes out; returns when all have."""
        following = ctypes.c_int64(0)
        others = [
            self._pool.submit(work, following, workspace)
            for workspace in self._workspaces[1 : min(self.threads, lanes)]
            if self._pool
        ]
        work(following, self._workspaces[0])
        for each in others:
            each.result()

    def close(self) -> None:
        if self._pool:
            self._pool.shutdown()


def pointer_to(array: Floats | Targets) -> int:
    """Where a contiguous array lies; whoever takes it keeps the array alive."""
    return array.ctypes.data
