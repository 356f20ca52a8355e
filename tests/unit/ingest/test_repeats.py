"""Repeats are prepared a partition at a time, and kept for a while."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from layerlab.adapters.objects import FileDatasetStore
from layerlab.domain.json_value import JsonValue
from layerlab.domain.matrices import MatricesHeader, MatrixChunk, MatrixSpec, Part
from layerlab.domain.problem import InvalidInput, Unavailable
from layerlab.domain.splitting import SplitMethod, SplitSpec
from services.ingest import repeats as repeats_module
from services.ingest.library import Library, matrices_name
from services.ingest.limits import MAX_REPEAT_BYTES
from services.ingest.sandbox import Limits, Sandbox
from services.ingest.service import TableIngest
from services.ingest.shelf import Shelf
from services.ingest.spool import open_spool
from tests.unit.ingest.test_service import CONTENT, collect, pieces, spec_of

LEARNING = (Part.TRAIN, Part.VALIDATION)


class Recording(Sandbox):
    """Notes the repeats that each child prepares."""

    def __init__(self) -> None:
        super().__init__(Limits())
        self.prepared: list[JsonValue] = []

    async def run(
        self, request: dict[str, JsonValue], failure_code: str, table_bytes: int = 0
    ) -> None:
        if request["command"] == "prepare":
            self.prepared.append(request["repeats"])
        await super().run(request, failure_code, table_bytes)


class Desk:
    """An ingest with a table in it, and a clock that is moved by hand."""

    def __init__(self, root: Path, max_bytes: int) -> None:
        self.store = FileDatasetStore(root / "datasets")
        self.library = Library(self.store)
        self.sandbox = Recording()
        self.now, self.dataset_id = 0.0, ""
        self.shelf = Shelf(self.library, max_bytes, max_seconds=3600, now=lambda: self.now)
        self.ingest: TableIngest

    def spec(self, repeat: int, **changes: object) -> MatrixSpec:
        return spec_of(self.dataset_id, repeat=repeat, **changes)

    async def fetch(self, repeat: int, **changes: object) -> MatricesHeader:
        header, _ = await collect(self.ingest, self.spec(repeat, **changes), LEARNING)
        return header

    async def kept(self) -> list[int]:
        """The repeats that are there whole, of the plain spec."""
        found = [await self.library.find_header(matrices_name(self.spec(n))) for n in range(1, 30)]
        return [number for number, header in enumerate(found, start=1) if header]


@asynccontextmanager
async def opened(root: Path, max_bytes: int = MAX_REPEAT_BYTES) -> AsyncIterator[Desk]:
    desk = Desk(root, max_bytes)
    async with open_spool(root / "spool") as spool:
        desk.ingest = TableIngest(desk.library, spool, desk.sandbox, shelf=desk.shelf)
        desk.dataset_id = (await desk.ingest.store_dataset("a", pieces(CONTENT))).dataset_id
        yield desk


async def test_a_child_prepares_all_folds_of_a_partition(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        asked = [desk.fetch(repeat) for repeat in (8, 6, 7, 9, 10, 2)]
        headers = await asyncio.gather(*asked)
        prepared = sorted(desk.sandbox.prepared, key=str)
        assert prepared == [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]]
        assert len({header.split_sha256 for header in headers}) == len(headers)


async def test_of_a_large_table_only_the_fold_that_was_asked_for_is_prepared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeats_module, "MAX_FOLD_BYTES_TOGETHER", 100)
    async with opened(tmp_path) as desk:
        await desk.fetch(3)
        assert desk.sandbox.prepared == [[3]]


async def test_test_rows_of_a_repeat_are_never_sent(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        with pytest.raises(InvalidInput) as caught:
            await collect(desk.ingest, desk.spec(1), [Part.TRAIN, Part.TEST])
        assert (caught.value.code, caught.value.field) == ("no_test_part", "parts")
        assert desk.sandbox.prepared == []
        own = await desk.ingest.get_split(desk.spec(0))
        assert (await desk.ingest.get_split(desk.spec(1))).test == own.test


async def test_a_split_that_can_not_be_made_is_refused_before_a_child_is_started(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as desk:
        for split, code in (
            (SplitSpec(SplitMethod.GROUPED, "nope"), "unknown_column"),
            (SplitSpec(SplitMethod.TIME, "t"), "split_column_is_target"),
            (SplitSpec(folds=1), "folds"),
        ):
            with pytest.raises(InvalidInput) as caught:
                await desk.fetch(0, split=split)
            assert caught.value.code == code
        assert desk.sandbox.prepared == []


async def test_a_study_without_repeats_needs_no_groups_for_folds(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        split = SplitSpec(SplitMethod.GROUPED, "a", folds=7)
        assert (await desk.fetch(0, split=split)).n_test > 0
        with pytest.raises(InvalidInput) as caught:
            await desk.fetch(1, split=split)
        assert caught.value.code == "too_few_groups"


async def test_repeats_unused_for_an_hour_go_and_are_prepared_again_when_asked_for(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as desk:
        before = await desk.fetch(1)
        desk.now = 3000.0
        await desk.fetch(2)
        desk.now = 4000.0
        await desk.fetch(6)
        assert await desk.kept() == [2, 6, 7, 8, 9, 10]
        assert await desk.fetch(1) == before
        own = await desk.fetch(0)
        desk.now = 1e6
        await desk.fetch(11)
        assert await desk.kept() == [11, 12, 13, 14, 15]
        assert await desk.library.find_header(matrices_name(desk.spec(0))) == own


async def test_more_than_a_disk_may_hold_is_never_kept(tmp_path: Path) -> None:
    async with opened(tmp_path, max_bytes=10_000) as desk:
        for repeat in (1, 6, 11):
            desk.now += 1
            await desk.fetch(repeat)
        # Each takes 48 × (4 × 2 + 8) bytes, and 60 × 8.
        kept = await desk.kept()
        assert len(kept) == 8
        assert set(range(11, 16)) < set(kept)
        names = await desk.store.list_names("repeats/")
        assert len({name.split("/")[1] for name in names}) == len(kept)


async def test_what_is_being_sent_stays(tmp_path: Path) -> None:
    async with opened(tmp_path, max_bytes=1) as desk:
        messages = desk.ingest.fetch_matrices(desk.spec(1), LEARNING)
        async with aclosing(messages) as reading:  # type: ignore[type-var]  # An async generator, as it happens.
            await anext(reading)
            desk.now = 1e6
            await desk.fetch(6)
            assert 1 in await desk.kept()
            chunks = [message async for message in reading]
        assert all(isinstance(chunk, MatrixChunk) for chunk in chunks)
        await desk.fetch(11)
        assert 1 not in await desk.kept()


async def test_what_a_process_that_is_gone_has_left_is_counted(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        await desk.fetch(1)
    async with opened(tmp_path) as desk:
        await desk.fetch(6)
        assert await desk.kept() == list(range(1, 11))
        desk.now = 3601.0
        await desk.fetch(11)
        assert await desk.kept() == list(range(11, 16))


async def test_a_reader_of_what_another_process_removes_is_told_to_ask_again(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as desk:
        messages = desk.ingest.fetch_matrices(desk.spec(1), LEARNING)
        await anext(messages)
        await desk.library.forget_repeat(matrices_name(desk.spec(1)))
        with pytest.raises(Unavailable) as caught:
            await anext(messages)
        assert caught.value.code == "matrices_lost"
        assert (await desk.fetch(1)).n_train > 0
