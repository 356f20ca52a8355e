"""A server of our own, as a child process: for `demo`, and for whoever needs one for a while."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from layerlab.client import LayerLabError
from services.local.lock import read_lock

_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.05
_LOG_LINES: Final = 20


@contextmanager
def own_server(data_dir: Path, port: int, log: Path) -> Iterator[str]:
    """The address of a fresh server in `data_dir`, stopped on exit. Its output goes to `log`.

    `port` 0 is any free one.

    :raises LayerLabError: when it doesn't get ready; with the end of its output.
    """
    command = [sys.executable, "-m", "services.local", "--data-dir", str(data_dir)]
    command += ["--port", str(port), "--until-stdin-closes", "true"]
    with (
        log.open("wb") as output,
        # Its standard input closes with this process, even by kill -9: nothing is left behind.
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            yield _wait_until_ready(process, data_dir, log)
        finally:
            _stop(process)


def _wait_until_ready(process: subprocess.Popen[bytes], data_dir: Path, log: Path) -> str:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        url = _address(data_dir, process.pid)
        if url:
            return url
        time.sleep(_POLL_SECONDS)
    lines = log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
    raise LayerLabError("\n".join(["The server did not start:", *lines]))


def _address(data_dir: Path, pid: int) -> str:
    """What the server says in its lock file once it is ready; empty before."""
    holder = read_lock(data_dir)
    return holder.url if holder is not None and holder.pid == pid else ""


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
