"""Disk full: 507, and no half dataset."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from layerlab.adapters.grpc_ingest import GrpcIngest
from layerlab.adapters.memory import MemoryEventFeed
from layerlab.adapters.opening import open_dataset_store
from layerlab.adapters.sqlite import open_sqlite
from layerlab.serving import grpc_channel
from services.gateway.server import gateway_service
from services.gateway.settings import GatewaySettings
from services.ingest.app import serve_ingest
from services.ingest.settings import IngestSettings

_DISK = "4m"
_ROWS = 60_000  # About 3 MB as CSV: it can be received, but not kept beside what is there.


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 4 MB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    path = tmp_path / "disk"
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)


@pytest.fixture(params=["datasets", "spool"])
async def http(
    request: pytest.FixtureRequest, disk: Path, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway whose ingest has its datasets, or what is under way, on the small disk."""
    places = {name: tmp_path / name for name in ("datasets", "spool")}
    places[request.param] = disk / request.param
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        files = open_dataset_store(f"file://{places['datasets']}")
        own = IngestSettings(grpc="127.0.0.1:0")
        port = await enter(serve_ingest(own, files, places["spool"]))
        channel = await enter(grpc_channel(f"127.0.0.1:{port}"))
        gateway = await enter(
            gateway_service(
                GatewaySettings(http="127.0.0.1:0", grpc="127.0.0.1:0"),
                await enter(open_sqlite(tmp_path / "ledger.db")),
                MemoryEventFeed(),
                GrpcIngest(channel),
                files,
            )
        )
        yield await enter(httpx.AsyncClient(base_url=gateway.http.url, timeout=120))


def table(rows: int) -> bytes:
    lines = (f"{n},{n * 7 % 1009},{n * 13 % 2003},{'yes' if n % 3 else 'no'},words-of-{n}-xyz"
             for n in range(rows))  # fmt: skip
    return ("a,b,c,label,text\n" + "\n".join(lines) + "\n").encode()


async def upload(http: httpx.AsyncClient, body: bytes) -> httpx.Response:
    headers = {"Content-Type": "text/csv"}
    return await http.post("/v1/datasets?name=t", content=body, headers=headers)


def files_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file() and path.name != "lock"}


async def test_a_full_disk_is_answered_with_507_and_leaves_no_half_dataset(
    http: httpx.AsyncClient, disk: Path, tmp_path: Path
) -> None:
    assert (await upload(http, table(100))).status_code == 201
    ballast = disk / "ballast"
    ballast.write_bytes(b"x" * (2 << 20))
    before = files_below(tmp_path)

    full = await upload(http, table(_ROWS))
    assert full.status_code == 507, full.text
    assert full.json()["code"] == "disk_full"
    assert files_below(tmp_path) == before
    assert len((await http.get("/v1/datasets")).json()["datasets"]) == 1

    ballast.unlink()
    assert (await upload(http, table(200))).status_code == 201
