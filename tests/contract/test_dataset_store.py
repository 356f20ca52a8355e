"""The contract of DatasetStore, on every adapter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from layerlab.adapters.opening import open_dataset_store
from layerlab.domain.problem import NotFound
from layerlab.ports import DatasetStore
from tests.servers.s3 import S3Server

_MANY = 1100  # More than a page of S3's.


def folder(request: pytest.FixtureRequest) -> DatasetStore:
    return open_dataset_store(f"file://{request.getfixturevalue('tmp_path')}/store")


def bucket(request: pytest.FixtureRequest) -> DatasetStore:
    server: S3Server = request.getfixturevalue("s3_server")
    patch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    for name, value in server.environment.items():
        patch.setenv(name, value)
    tmp_path: Path = request.getfixturevalue("tmp_path")
    return open_dataset_store(f"{server.new_url()}/some/prefix", tmp_path / "scratch")


@pytest.fixture(params=[folder, bucket], ids=lambda adapter: adapter.__name__)
def store(request: pytest.FixtureRequest) -> DatasetStore:
    adapter: Callable[[pytest.FixtureRequest], DatasetStore] = request.param
    return adapter(request)


async def read(store: DatasetStore, name: str) -> bytes:
    async with store.open(name) as path:
        return path.read_bytes()


async def test_what_is_put_reads_whole(store: DatasetStore, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"a,b\n1,2\n" * 1000)
    await store.put("datasets/abc/raw.csv", source)
    assert await read(store, "datasets/abc/raw.csv") == b"a,b\n1,2\n" * 1000
    assert await store.exists("datasets/abc/raw.csv")
    assert not source.exists()


async def test_putting_again_replaces(store: DatasetStore) -> None:
    await store.put_bytes("models/m", b"first, and longer")
    await store.put_bytes("models/m", b"second")
    assert await read(store, "models/m") == b"second"


async def test_what_is_not_there_is_not_found(store: DatasetStore) -> None:
    assert not await store.exists("nothing")
    with pytest.raises(NotFound):
        await read(store, "nothing")


async def test_a_deleted_file_is_gone_and_deleting_it_again_is_no_error(
    store: DatasetStore,
) -> None:
    await store.put_bytes("a/b", b"x")
    await store.delete("a/b")
    await store.delete("a/b")
    assert not await store.exists("a/b")


async def test_names_are_listed_by_prefix(store: DatasetStore) -> None:
    for name in ("x/2", "x/1", "y/3"):
        await store.put_bytes(name, b"")
    assert await store.list_names("x/") == ["x/1", "x/2"]
    assert await store.list_names("") == ["x/1", "x/2", "y/3"]


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a//b", ".hidden", "a/../../b", ""])
async def test_a_name_never_leaves_the_store(store: DatasetStore, name: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        await store.put_bytes(name, b"x")


async def test_a_put_that_fails_leaves_nothing(store: DatasetStore, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await store.put("datasets/gone", tmp_path / "missing")
    assert await store.list_names("") == []


async def test_a_list_has_more_names_than_one_page(store: DatasetStore) -> None:
    names = [f"pages/{number:04}" for number in range(_MANY)]
    for start in range(0, _MANY, 50):
        await asyncio.gather(*(store.put_bytes(name, b"") for name in names[start : start + 50]))
    assert await store.list_names("pages/") == names
    assert await store.list_names("pages/10") == [f"pages/{each}" for each in range(1000, 1100)]


async def test_two_writers_of_one_name_leave_what_one_of_them_wrote(
    store: DatasetStore, tmp_path: Path
) -> None:
    sources = [tmp_path / str(number) for number in range(8)]
    for number, source in enumerate(sources):
        source.write_bytes(bytes([number]) * 100_000)
    await asyncio.gather(*(store.put("datasets/same", source) for source in sources))
    body = await read(store, "datasets/same")
    assert len(body) == 100_000
    assert len(set(body)) == 1


async def test_names_of_reads_under_way_stay_readable(store: DatasetStore) -> None:
    await store.put_bytes("a/one", b"1")
    await store.put_bytes("a/two", b"2")
    async with store.open("a/one") as one, store.open("a/two") as two:
        assert (one.read_bytes(), two.read_bytes()) == (b"1", b"2")
