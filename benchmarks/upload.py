"""How long a 100 MB table takes to upload, parse and profile, and how much memory that takes.

`python benchmarks/upload.py` writes 1,000,000 rows × 20 columns, starts ingest as a process of its
own, uploads the file over gRPC, and prints each figure beside its limit; ends in 1 when one is
missed. Memory is what ingest and its child have beyond what ingest had when idle: the sum of their
proportional set sizes, sampled 20 times a second.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import numpy as np

from layerlab.adapters.grpc_ingest import GrpcIngest
from layerlab.serving import grpc_channel

ROWS: Final = 1_000_000
SECONDS: Final = 15.0
EXTRA_BYTES: Final = 600e6
_BATCH: Final = 50_000
_CHUNK: Final = 1 << 20


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.csv"
        write_table(table)
        seconds, extra, child = asyncio.run(measure(Path(folder), table))
        size = table.stat().st_size
    figures = [
        (f"upload, parse, profile {size / 1e6:.0f} MB, s", seconds, SECONDS),
        ("extra memory at most, MB", extra / 1e6, EXTRA_BYTES / 1e6),
    ]
    for name, value, limit in figures:
        verdict = "ok" if value <= limit else "MISSED"
        print(f"{name:<40} {value:8.2f}   limit {limit:6.0f}   {verdict}")
    print(f"of that, the child, MB                   {child / 1e6:8.2f}")
    return int(any(value > limit for _, value, limit in figures))


def write_table(path: Path) -> None:
    """Numbers, whole numbers, categories, dates with gaps, and a text that never repeats."""
    random = np.random.default_rng(0)
    colors = np.array(["red", "blue", "green", "amber", "", "NA"])
    with path.open("w") as file:
        file.write(",".join(f"column_{index}" for index in range(20)) + "\n")
        for start in range(0, ROWS, _BATCH):
            columns = [
                np.char.mod("u%d", np.arange(start, start + _BATCH)),
                np.char.add("2024-01-", np.char.mod("%02d", random.integers(1, 29, _BATCH))),
                *(np.char.mod("%.3f", random.normal(size=_BATCH)) for _ in range(5)),
                *(random.integers(0, 9999, _BATCH).astype(str) for _ in range(4)),
                *(colors[random.integers(0, 6, _BATCH)] for _ in range(4)),
                *(random.integers(0, 2, _BATCH).astype(str) for _ in range(5)),
            ]
            file.writelines(",".join(row) + "\n" for row in zip(*columns, strict=True))


async def measure(folder: Path, table: Path) -> tuple[float, float, float]:
    """(seconds, extra bytes of all processes at the peak, of which the child's)."""
    async with ingest_process(folder) as (pid, port), grpc_channel(f"127.0.0.1:{port}") as channel:
        ingest = GrpcIngest(channel)
        # The first call of all opens the connection.
        await ingest.store_dataset("small", one(b"a,b\n1,2\n3,4\n"))
        idle = proportional_bytes(pid)
        peak = asyncio.create_task(watch(pid))
        started = time.monotonic()
        dataset = await ingest.store_dataset("large", chunks(table))
        seconds = time.monotonic() - started
        assert dataset.rows == ROWS
        peak.cancel()
        total, child = await peak
    return seconds, total - idle, child


async def watch(pid: int) -> tuple[float, float]:
    """Until cancelled; (bytes of the process and its children, of the children) at the peak."""
    best = (0.0, 0.0)
    try:
        while True:
            children = sum(proportional_bytes(each) for each in children_of(pid))
            best = max(best, (proportional_bytes(pid) + children, children))
            await asyncio.sleep(0.05)
    except asyncio.CancelledError:
        return best


def children_of(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(each) for each in text.split()]


def proportional_bytes(pid: int) -> float:
    """0 for a process that has just ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return float(found[1]) * 1024 if found else 0.0


@asynccontextmanager
async def ingest_process(folder: Path) -> AsyncIterator[tuple[int, int]]:
    """(process, port) of an ingest that keeps its datasets below `folder`."""
    environment = {
        **os.environ,
        "LAYERLAB_INGEST__GRPC": "127.0.0.1:0",
        "LAYERLAB_DATASETS__URL": f"file://{folder}/datasets",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.ingest", env=environment, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    try:
        line = (await process.stderr.readline()).decode()
        ready = re.search(r'"grpc": "127.0.0.1:(\d+)"', line)
        assert ready, line
        yield process.pid, int(ready[1])
    finally:
        process.terminate()
        await process.communicate()


async def chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:  # This process has nothing else to do.
        while chunk := file.read(_CHUNK):
            yield chunk


async def one(content: bytes) -> AsyncIterator[bytes]:
    yield content


if __name__ == "__main__":
    sys.exit(main())
