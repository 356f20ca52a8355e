"""The contract of DatasetStore, on every adapter."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerlab.adapters.opening import open_dataset_store
from layerlab.domain.problem import NotFound
from layerlab.ports import DatasetStore


def files(folder: Path) -> DatasetStore:
    return open_dataset_store(f"file://{folder}/store")


@pytest.fixture(params=[files], ids=lambda adapter: adapter.__name__)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> DatasetStore:
    adapter: DatasetStore = request.param(tmp_path)
    return adapter


async def read(store: DatasetStore, name: str) -> bytes:
    async with store.open(name) as path:
        return path.read_bytes()


async def test_what_is_put_reads_whole(store: DatasetStore, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"a,b\n1,2\n" * 1000)
    await store.put("datasets/abc/raw.csv", source)
    assert await read(store, "datasets/abc/raw.csv") == b"a,b\n1,2\n" * 1000
    assert await store.exists("datasets/abc/raw.csv")


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
