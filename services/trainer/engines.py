"""Engines by name, each imported when it is first needed: torch takes seconds and 200 MB."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from layerlab.domain.spec import Engine as EngineName
from services.trainer.memory import available_bytes

if TYPE_CHECKING:
    import torch

    from services.trainer.engine import Engine

# Loading torch takes a core for seconds; whoever starts at the same time goes first.
_LOADING_NICENESS: Final = 10
_BEAT_SECONDS: Final = 0.5
# For so long a job that waits for torch counts as making progress.
_LOADING_SECONDS: Final = 120.0
# What NVIDIA's driver makes: on Linux, and on Linux within Windows.
_GPU_FILES: Final = ("nvidia[0-9]*", "dxg")


class TorchLoader:
    """Imports torch in a thread of low priority, which ends with it: niceness is a thread's."""

    def __init__(self) -> None:
        self._thread = threading.Thread(target=self._load, name="loader", daemon=True)
        self._start = threading.Lock()

    def start(self) -> None:
        with self._start:
            if self._thread.ident is None:
                self._thread.start()

    def wait(self, beat: Callable[[], None]) -> None:
        """Returns when torch can be imported at once, or raises why it can't be."""
        self.start()
        patience = time.monotonic() + _LOADING_SECONDS
        while self._thread.is_alive():
            self._thread.join(_BEAT_SECONDS)
            if time.monotonic() < patience:
                beat()

    @staticmethod
    def _load() -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOADING_NICENESS)
        import torch  # noqa: F401  # Loaded for those who import it next.


class Engines:
    """Of one training process. It is made, and tells its device, before torch is loaded."""

    def __init__(self, device: str, threads: int) -> None:
        """`device`: auto, cpu or cuda."""
        self._wanted, self._threads = device, threads
        self._torch = TorchLoader()

    @cached_property
    def device(self) -> str:
        """What it trains on. Only a machine that has a GPU must ask torch whether it can use it."""
        if self._wanted == "auto" and not _has_gpu():
            return "cpu"
        return str(self._torch_device(_no_beat)) if self._wanted == "auto" else self._wanted

    def preload(self) -> None:
        """Loads what most jobs need, without waiting for it."""
        if not self._is_native:
            self._torch.start()

    @cached_property
    def _is_native(self) -> bool:
        """Whether the fused engine is the native one, which needs no torch."""
        from services.trainer.native.processor import kernels_path

        return self.device == "cpu" and kernels_path() is not None

    def get(self, name: EngineName, beat: Callable[[], None]) -> Engine:
        """`beat` is called now and then while it is being loaded."""
        if name is EngineName.FUSED and self._is_native:
            from services.trainer.native.engine import NativeEngine

            return NativeEngine(self._threads)
        device = self._torch_device(beat)
        if name is EngineName.FUSED:
            from services.trainer.fused.engine import FusedEngine

            return FusedEngine(device, self._threads)
        # Not before it is asked for: Keras costs another 4 s and 170 MB.
        from services.trainer.keras_engine import KerasEngine

        return KerasEngine(device, self._threads)

    def available_bytes(self) -> int | None:
        """What is left for training, where it trains; None: nothing says how much."""
        if self.device == "cpu":
            return available_bytes()
        import torch

        free, _ = torch.cuda.mem_get_info()
        return int(free)

    def _torch_device(self, beat: Callable[[], None]) -> torch.device:
        self._torch.wait(beat)
        return prepare_torch(self._wanted)


def prepare_torch(device: str) -> torch.device:
    """Settings that hold for the whole process. CUDA has not been tried: no GPU was at hand."""
    import torch

    # Moments that decay towards 0 become denormal numbers, on which a CPU is ten times slower.
    # Before anything is computed: the threads that torch will start take it over.
    torch.set_flush_denormal(True)
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(device)


def _has_gpu() -> bool:
    return any(any(Path("/dev").glob(pattern)) for pattern in _GPU_FILES)


def _no_beat() -> None:
    """Nobody waits yet."""
