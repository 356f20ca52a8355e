"""Ingest as a process of its own, over a real channel."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from layerlab.adapters.grpc_ingest import GrpcIngest
from layerlab.domain.dataset import Task
from layerlab.domain.matrices import MatricesHeader, MatrixSpec, Part
from layerlab.domain.problem import InvalidInput, Malformed, NotFound, UnsupportedMedia
from layerlab.domain.recipe import RecipeName
from layerlab.serving import grpc_channel
from layerlab.v1 import ingest_pb2 as pb
from layerlab.v1 import ingest_pb2_grpc
from layerlab.wire import statuses_as_errors

CONTENT = ("a,b,t\n" + "".join(f"{i % 7},{i / 3},{'xyz'[i % 3]}\n" for i in range(60))).encode()


@asynccontextmanager
async def ingest_process(folder: Path) -> AsyncIterator[tuple[int, asyncio.subprocess.Process]]:
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
        yield int(ready[1]), process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.fixture
async def process(tmp_path: Path) -> AsyncIterator[tuple[int, asyncio.subprocess.Process]]:
    async with ingest_process(tmp_path) as running:
        yield running


@pytest.fixture
async def channel(
    process: tuple[int, asyncio.subprocess.Process],
) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc_channel(f"127.0.0.1:{process[0]}") as opened:
        yield opened


@asynccontextmanager
async def open_ingest(port: int) -> AsyncIterator[GrpcIngest]:
    async with grpc_channel(f"127.0.0.1:{port}") as channel:
        yield GrpcIngest(channel)


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]


async def test_an_upload_becomes_matrices(channel: grpc.aio.Channel) -> None:
    ingest = GrpcIngest(channel)
    dataset = await ingest.store_dataset("a table", pieces(CONTENT))
    assert (dataset.suggested_target, dataset.suggested_task) == ("t", Task.CLASSIFICATION)
    spec = MatrixSpec(dataset.dataset_id, "t", Task.CLASSIFICATION, RecipeName.PAPER, 7)
    messages = [each async for each in ingest.fetch_matrices(spec, [Part.TRAIN])]
    header = messages[0]
    assert isinstance(header, MatricesHeader)
    assert (header.n_inputs, header.n_outputs) == (2, 3)
    assert (header.n_train, header.n_validation, header.n_test) == (38, 10, 12)
    assert len(messages) == 3  # The header, x and y: no validation or test rows.
    split = await ingest.get_split(spec)
    assert sorted(split.train + split.validation + split.test) == list(range(60))


async def test_a_problem_crosses_with_its_place(channel: grpc.aio.Channel, tmp_path: Path) -> None:
    ingest = GrpcIngest(channel)
    with pytest.raises(InvalidInput) as caught:
        await ingest.store_dataset("bad", pieces(b"a,b\n1,2\n1,2,3\n"))
    assert (caught.value.code, caught.value.row) == ("ragged_rows", 2)
    with pytest.raises(UnsupportedMedia):
        await ingest.store_dataset("bad", pieces(b"\x1f\x8b\x08"))
    spec = MatrixSpec("0" * 64, "t", Task.CLASSIFICATION, RecipeName.PAPER, 7)
    with pytest.raises(NotFound):
        await ingest.get_split(spec)
    assert os.listdir(tmp_path / "datasets") == []
    # And afterwards it still serves.
    assert (await ingest.store_dataset("good", pieces(CONTENT))).rows == 60


async def test_a_wide_table_of_long_names_is_refused_with_a_readable_list(
    channel: grpc.aio.Channel,
) -> None:
    names = ",".join(f"{index % 50:02}" + "ö" * 990 for index in range(100))
    with pytest.raises(InvalidInput) as caught:
        await GrpcIngest(channel).store_dataset("bad", pieces(f"{names}\n".encode()))
    assert caught.value.code == "duplicate_columns"
    duplicates = caught.value.extra["duplicate"]
    assert isinstance(duplicates, list)
    assert len(duplicates) == 20


async def test_a_stream_out_of_order_is_malformed(channel: grpc.aio.Channel) -> None:
    stub: ingest_pb2_grpc.IngestServiceAsyncStub = ingest_pb2_grpc.IngestServiceStub(channel)
    for requests in (
        [],
        [pb.StoreDatasetRequest(chunk=CONTENT)],
        [pb.StoreDatasetRequest(name="a"), pb.StoreDatasetRequest(name="b")],
    ):
        with pytest.raises(Malformed), statuses_as_errors():
            await stub.StoreDataset(iter(requests))


async def test_health_says_serving(channel: grpc.aio.Channel) -> None:
    stub = health_pb2_grpc.HealthStub(channel)
    request = health_pb2.HealthCheckRequest(service="layerlab.v1.IngestService")
    answer = await stub.Check(request)  # type: ignore[attr-defined]  # The stubs forget it.
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_an_accepted_upload_survives_a_kill(tmp_path: Path) -> None:
    async with ingest_process(tmp_path) as (port, process), open_ingest(port) as ingest:
        dataset = await ingest.store_dataset("a", pieces(CONTENT))
        process.send_signal(signal.SIGKILL)
        await process.wait()
    spec = MatrixSpec(dataset.dataset_id, "t", Task.CLASSIFICATION, RecipeName.PAPER, 0)
    async with ingest_process(tmp_path) as (port, _), open_ingest(port) as ingest:
        assert len((await ingest.get_split(spec)).train) == 38
        # What the killed process had in its spool is gone: the one folder is that of the living.
        assert len(os.listdir(tmp_path / "datasets.spool")) == 1


async def test_sigterm_ends_it_in_order(
    process: tuple[int, asyncio.subprocess.Process],
) -> None:
    running = process[1]
    running.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(running.wait(), 30) == 0
