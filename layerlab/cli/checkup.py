"""What `layerlab doctor` looks at on this machine."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from layerlab.cli.check import Check
from services.local.lock import FolderInUse, folder_lock
from services.trainer.native.processor import kernels_path

_PACKAGES: Final[Mapping[str, Sequence[str]]] = {
    "ingest": ("numpy", "pandas", "pyarrow"),
    "trainer": ("numpy", "torch", "keras", "safetensors"),
    "gateway": ("fastapi", "uvicorn", "websockets"),
    "client": ("httpx", "websockets", "rich"),
}
_MIN_DISK_BYTES: Final = 10**9
_MIN_MEMORY_BYTES: Final = 10**9
_TORCH_SECONDS: Final = 60.0
# In a child, as in service: this process must not pay for torch.
_TORCH_REPORT: Final = (
    "import torch; "
    "device = 'cuda' if torch.cuda.is_available() else 'cpu'; "
    "print(f'torch {torch.__version__} on {device}, {torch.get_num_threads()} threads')"
)


def check_machine(data_dir: Path) -> list[Check]:
    """Whether `layerlab up` can run here. Never raises: what goes wrong is a result."""
    steps: list[Callable[[], Check]] = [
        _check_python,
        *(partial(_check_extra, extra) for extra in _PACKAGES),
        _check_training,
        _check_kernels,
        _check_page,
        partial(_check_folder, data_dir),
        partial(_check_disk, data_dir),
        _check_memory,
    ]
    return [step() for step in steps]


def _check_python() -> Check:
    fits = sys.version_info >= (3, 11)
    return Check("python", "ok" if fits else "fail", f"{platform.python_version()}, needs 3.11")


def _check_extra(extra: str) -> Check:
    missing = [name for name in _PACKAGES[extra] if importlib.util.find_spec(name) is None]
    if missing:
        return Check(extra, "fail", f"lacks {', '.join(missing)}: pip install 'layerlab[{extra}]'")
    return Check(extra, "ok", "every package is installed")


def _check_training() -> Check:
    try:
        said = subprocess.run(
            [sys.executable, "-c", _TORCH_REPORT],
            capture_output=True,
            text=True,
            timeout=_TORCH_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Check("training", "fail", f"torch did not load within {_TORCH_SECONDS:.0f} s")
    if said.returncode != 0:
        return Check("training", "fail", said.stderr.strip().splitlines()[-1])
    return Check("training", "ok", said.stdout.strip())


def _check_kernels() -> Check:
    path = kernels_path()
    if path:
        return Check("kernels", "ok", f"{path.stem.removeprefix('kernels_')} on this processor")
    slower = "torch's own operations train instead, several times slower"
    return Check("kernels", "warn", f"none for this processor: {slower}; install anew to compile")


def _check_page() -> Check:
    spec = importlib.util.find_spec("services.gateway")
    assert spec is not None
    assert spec.origin is not None
    page = Path(spec.origin).parent / "web" / "dist" / "index.html"
    if page.is_file():
        return Check("page", "ok", "built")
    return Check("page", "warn", "not built: `make web`; REST and the command line work without")


def _check_folder(data_dir: Path) -> Check:
    if not data_dir.exists():
        writable = os.access(data_dir.absolute().parent, os.W_OK)
        return Check(
            "data folder",
            "ok" if writable else "fail",
            f"{data_dir} will be made" if writable else f"{data_dir} can't be made here",
        )
    try:
        with folder_lock(data_dir):
            return Check("data folder", "ok", f"{data_dir} is free")
    except FolderInUse as error:
        return Check("data folder", "ok", str(error))
    except OSError as error:
        return Check("data folder", "fail", str(error))


def _check_disk(data_dir: Path) -> Check:
    there = data_dir if data_dir.exists() else data_dir.absolute().parent
    try:
        free = shutil.disk_usage(there).free
    except OSError as error:
        return Check("disk", "fail", str(error))
    return Check("disk", "ok" if free >= _MIN_DISK_BYTES else "warn", f"{free / 1e9:.1f} GB free")


def _check_memory() -> Check:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    enough = total >= _MIN_MEMORY_BYTES
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Check("machine", "ok" if enough else "warn", f"{total / 1e9:.1f} GB, {cores} cores")
