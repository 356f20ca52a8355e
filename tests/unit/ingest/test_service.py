"""Uploads and matrices, made once and kept whole or not at all."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from layerlab.adapters.objects import FileDatasetStore
from layerlab.domain.dataset import ColumnKind, Dataset, Task
from layerlab.domain.json_value import JsonValue
from layerlab.domain.matrices import MatricesHeader, MatrixChunk, MatrixSpec, Part
from layerlab.domain.problem import (
    InvalidInput,
    NotFound,
    OutOfSpace,
    Problem,
    TooLarge,
    UnsupportedMedia,
)
from layerlab.domain.recipe import RecipeName
from layerlab.domain.splitting import SplitMethod, SplitSpec
from services.ingest import service
from services.ingest.library import Library, matrices_name
from services.ingest.limits import MAX_BYTES
from services.ingest.sandbox import Limits, Sandbox
from services.ingest.service import TableIngest
from services.ingest.spool import open_spool

CONTENT = ("a,b,t\n" + "".join(f"{i % 7},{i / 3},{'xyz'[i % 3]}\n" for i in range(60))).encode()


async def pieces(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


class World:
    """A TableIngest on a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.store = FileDatasetStore(root / "datasets")
        self.spool = root / "spool"

    async def upload(
        self, content: bytes, name: str = "a table", max_bytes: int = MAX_BYTES
    ) -> Dataset:
        async with open_spool(self.spool) as spool:
            ingest = TableIngest(Library(self.store), spool, Sandbox(Limits()), max_bytes)
            return await ingest.store_dataset(name, pieces(content))

    def kept(self) -> list[str]:
        return sorted(
            path.relative_to(self.root).as_posix()
            for path in self.root.rglob("*")
            if path.is_file()
        )


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_an_upload_is_kept_under_its_hash(world: World) -> None:
    dataset = await world.upload(CONTENT, "../../etc/passwd")
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert dataset.dataset_id == digest
    assert dataset.name == "../../etc/passwd"  # For people; no path is made from it.
    assert (dataset.rows, dataset.size_bytes) == (60, len(CONTENT))
    assert world.kept() == [
        f"datasets/datasets/{digest}/{name}"
        for name in ("profile.json", "raw.csv", "rows.json", "table.parquet")
    ]
    assert (world.root / f"datasets/datasets/{digest}/raw.csv").read_bytes() == CONTENT


async def test_the_first_rows_are_told_without_reading_the_table_again(world: World) -> None:
    dataset = await world.upload(CONTENT)
    async with open_spool(world.spool) as spool:
        nothing = Sandbox(Limits(), command=["/nonexistent"])
        ingest = TableIngest(Library(world.store), spool, nothing)
        told = await ingest.read_rows(dataset.dataset_id, 2)
        assert len((await ingest.read_rows(dataset.dataset_id, 200)).rows) == 60
        with pytest.raises(NotFound):
            await ingest.read_rows("0" * 64, 2)
    lines = CONTENT.decode().splitlines()
    assert [",".join(row) for row in (told.columns, *told.rows)] == lines[:3]
    assert told.total == 60


async def test_of_a_table_from_before_first_rows_were_kept_they_are_made_once(
    world: World,
) -> None:
    dataset = await world.upload(CONTENT)
    (kept,) = world.root.rglob("rows.json")
    before = kept.read_bytes()
    kept.unlink()
    sandbox = CountingSandbox()
    async with open_spool(world.spool) as spool:
        ingest = TableIngest(Library(world.store), spool, sandbox)
        answers = await asyncio.gather(*(ingest.read_rows(dataset.dataset_id, 5) for _ in range(5)))
    assert sandbox.started == ["head"]
    assert {len(each.rows) for each in answers} == {5}
    assert kept.read_bytes() == before


async def test_the_same_bytes_are_recognized_and_not_parsed_again(world: World) -> None:
    first = await world.upload(CONTENT, "first")
    async with open_spool(world.spool) as spool:
        # This sandbox can run nothing.
        nothing = Sandbox(Limits(), command=["/nonexistent"])
        ingest = TableIngest(Library(world.store), spool, nothing)
        again = await ingest.store_dataset("second", pieces(CONTENT, 7))
    assert again.name == "second"
    assert (again.columns, again.created_at) == (first.columns, first.created_at)


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        (b"", InvalidInput, "empty_file"),
        (b"a,b\n1\n", InvalidInput, "ragged_rows"),
        (b"\x1f\x8b\x08\x00 and so on", UnsupportedMedia, "not_csv"),
        (CONTENT + b"x" * 5000, TooLarge, "too_many_bytes"),
    ],
)
async def test_nothing_is_kept_of_a_bad_upload(
    world: World, content: bytes, kind: type[Problem], code: str
) -> None:
    with pytest.raises(kind) as caught:
        await world.upload(content, max_bytes=5000)
    assert caught.value.code == code
    assert world.kept() == []


async def test_an_archive_is_refused_before_the_rest_has_arrived(world: World) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b"\x1f\x8b" + b"z" * 70_000
        while True:
            sent += 1
            yield b"z" * 70_000

    async with open_spool(world.spool) as spool:
        ingest = TableIngest(Library(world.store), spool, Sandbox(Limits()))
        with pytest.raises(UnsupportedMedia):
            await ingest.store_dataset("a", endless())
    assert sent == 0


async def test_an_upload_that_breaks_off_leaves_nothing(world: World) -> None:
    async def breaks_off() -> AsyncIterator[bytes]:
        yield CONTENT
        raise ConnectionError

    async with open_spool(world.spool) as spool:
        ingest = TableIngest(Library(world.store), spool, Sandbox(Limits()))
        with pytest.raises(ConnectionError):
            await ingest.store_dataset("a", breaks_off())
        assert list((world.spool).rglob("raw.csv")) == []
    assert world.kept() == []


class FullStore(FileDatasetStore):
    """A disk with room for some files, and not for the next."""

    def __init__(self, root: Path, room: int) -> None:
        super().__init__(root)
        self.room = room

    async def put(self, name: str, source: Path) -> None:
        if self.room == 0:
            raise OutOfSpace("disk_full", "There is no space left.")
        self.room -= 1
        await super().put(name, source)


@pytest.mark.parametrize("room", [0, 3])
async def test_a_full_disk_keeps_no_half_dataset(tmp_path: Path, room: int) -> None:
    store = FullStore(tmp_path / "datasets", room)
    async with open_spool(tmp_path / "spool") as spool:
        ingest = TableIngest(Library(store), spool, Sandbox(Limits()))
        with pytest.raises(OutOfSpace):
            await ingest.store_dataset("a", pieces(CONTENT))
        assert await store.list_names("") == []
        store.room = 4
        assert (await ingest.store_dataset("a", pieces(CONTENT))).rows == 60


class CountingSandbox(Sandbox):
    """Counts the children that were started for each command."""

    def __init__(self) -> None:
        super().__init__(Limits())
        self.started: list[object] = []

    async def run(
        self, request: dict[str, JsonValue], failure_code: str, table_bytes: int = 0
    ) -> None:
        self.started.append(request["command"])
        await super().run(request, failure_code, table_bytes)


async def collect(
    ingest: TableIngest, spec: MatrixSpec, parts: Sequence[Part]
) -> tuple[MatricesHeader, dict[tuple[Part, str], bytes]]:
    arrays: dict[tuple[Part, str], bytes] = {}
    messages = ingest.fetch_matrices(spec, parts)
    header = await anext(messages)
    assert isinstance(header, MatricesHeader)
    async for message in messages:
        assert isinstance(message, MatrixChunk)
        key = (message.part, message.name)
        arrays[key] = arrays.get(key, b"") + message.data
    return header, arrays


def spec_of(dataset_id: str, **changes: object) -> MatrixSpec:
    values: dict[str, object] = {
        "dataset_id": dataset_id,
        "target": "t",
        "task": Task.CLASSIFICATION,
        "recipe": RecipeName.PAPER,
        "seed": 0,
    }
    return MatrixSpec(**{**values, **changes})  # type: ignore[arg-type]  # One field each, by its name.


async def test_ten_who_ask_at_once_are_served_by_one_preparation(world: World) -> None:
    sandbox = CountingSandbox()
    async with open_spool(world.spool) as spool:
        ingest = TableIngest(Library(world.store), spool, sandbox)
        dataset = await ingest.store_dataset("a", pieces(CONTENT))
        spec = spec_of(dataset.dataset_id)
        answers = await asyncio.gather(
            *(collect(ingest, spec, [Part.TRAIN, Part.VALIDATION]) for _ in range(10))
        )
    assert sandbox.started == ["parse", "prepare"]
    assert all(answer == answers[0] for answer in answers)


async def test_test_rows_are_sent_only_when_asked_for(world: World) -> None:
    async with open_spool(world.spool) as spool:
        ingest = TableIngest(Library(world.store), spool, Sandbox(Limits()))
        dataset = await ingest.store_dataset("a", pieces(CONTENT))
        spec = spec_of(dataset.dataset_id)
        header, arrays = await collect(ingest, spec, [Part.TRAIN, Part.VALIDATION])
        assert {part for part, _ in arrays} == {Part.TRAIN, Part.VALIDATION}
        assert len(arrays[Part.TRAIN, "x"]) == header.n_train * header.n_inputs * 4
        assert len(arrays[Part.TRAIN, "y"]) == header.n_train * 8
        _, tested = await collect(ingest, spec, [Part.TEST])
        assert set(tested) == {(Part.TEST, "x"), (Part.TEST, "y")}
        assert len(tested[Part.TEST, "y"]) == header.n_test * 8
        split = await ingest.get_split(spec)
    assert (len(split.train), len(split.validation), len(split.test)) == (
        header.n_train,
        header.n_validation,
        header.n_test,
    )
    assert json.loads(header.recipe_json)["name"] == "paper"


async def test_a_split_too_large_to_list_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MAX_SPLIT_ROWS", 59)
    async with open_spool(world.spool) as spool:
        ingest = TableIngest(Library(world.store), spool, Sandbox(Limits()))
        dataset = await ingest.store_dataset("a", pieces(CONTENT))
        with pytest.raises(TooLarge) as caught:
            await ingest.get_split(spec_of(dataset.dataset_id))
    assert caught.value.extra == {"limit": 59, "rows": 60}


async def test_an_unknown_dataset_is_not_found(world: World) -> None:
    async with open_spool(world.spool) as spool:
        ingest = TableIngest(Library(world.store), spool, Sandbox(Limits()))
        for dataset_id in ("0" * 64, "../../../etc/passwd", ""):
            with pytest.raises(NotFound):
                await ingest.get_split(spec_of(dataset_id))


async def test_a_spec_that_can_not_be_learnt_is_refused_and_leaves_nothing(world: World) -> None:
    async with open_spool(world.spool) as spool:
        ingest = TableIngest(Library(world.store), spool, Sandbox(Limits()))
        dataset = await ingest.store_dataset("a", pieces(CONTENT))
        before = world.kept()
        for changes, code in (
            ({"target": "nope"}, "unknown_column"),
            ({"task": Task.REGRESSION}, "target_not_numeric"),
            ({"column_kinds": dict.fromkeys("ab", ColumnKind.IGNORE)}, "no_features"),
        ):
            with pytest.raises(InvalidInput) as caught:
                await ingest.get_split(spec_of(dataset.dataset_id, **changes))
            assert caught.value.code == code
        assert world.kept() == before


def test_everything_in_a_spec_is_in_its_key() -> None:
    specs = [
        spec_of("0" * 64),
        spec_of("1" * 64),
        spec_of("0" * 64, target="u"),
        spec_of("0" * 64, task=Task.REGRESSION),
        spec_of("0" * 64, recipe=RecipeName.STANDARD),
        spec_of("0" * 64, seed=1),
        spec_of("0" * 64, column_kinds={"a": ColumnKind.CATEGORY}),
        spec_of("0" * 64, split=SplitSpec(SplitMethod.GROUPED, "a")),
        spec_of("0" * 64, split=SplitSpec(SplitMethod.TIME, "a")),
        spec_of("0" * 64, split=SplitSpec(SplitMethod.TIME, "b")),
        spec_of("0" * 64, split=SplitSpec(folds=4)),
        spec_of("0" * 64, repeat=1),
        spec_of("0" * 64, repeat=2),
        spec_of("0" * 64, missing_indicators=True),
        spec_of("0" * 64, group_rare=True),
    ]
    assert len({matrices_name(spec) for spec in specs}) == len(specs)


def test_the_order_of_corrections_makes_no_other_spec() -> None:
    kinds = {"a": ColumnKind.CATEGORY, "b": ColumnKind.IGNORE}
    turned = dict(reversed(kinds.items()))
    assert matrices_name(spec_of("0", column_kinds=kinds)) == matrices_name(
        spec_of("0", column_kinds=turned)
    )


async def test_what_a_killed_process_left_in_the_spool_is_removed(tmp_path: Path) -> None:
    abandoned = tmp_path / "ingest-gone"
    abandoned.mkdir()
    (abandoned / "lock").touch()
    (abandoned / "raw.csv").write_text("half an upload")
    async with open_spool(tmp_path), open_spool(tmp_path) as second:
        assert not abandoned.exists()
        async with second.folder() as folder:
            assert os.listdir(folder) == []
        # The first one is alive, and keeps its folder beside that of the second.
        assert len(os.listdir(tmp_path)) == 2
    assert os.listdir(tmp_path) == []
