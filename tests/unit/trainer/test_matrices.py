from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import pytest

from layerlab.domain.dataset import ColumnKind, Task
from layerlab.domain.matrices import MatricesHeader, MatrixChunk, MatrixSpec, Part
from layerlab.domain.problem import NotFound, Unavailable
from layerlab.domain.recipe import RecipeName
from layerlab.domain.splitting import SplitMethod, SplitSpec
from services.trainer.matrices import MatrixCache
from tests.unit.trainer.sources import ArraySource

SPEC = MatrixSpec("d" * 64, "species", Task.CLASSIFICATION, RecipeName.PAPER, 7)
BOTH = (Part.TRAIN, Part.VALIDATION)


def files_in(folder: Path) -> dict[str, int]:
    """Sizes, by name and entry."""
    return {f"{f.name} {f.parent.name}": f.stat().st_size for f in folder.glob("*/*")}


async def test_what_ingest_sends_is_read_as_arrays(tmp_path: Path) -> None:
    source = ArraySource.of_classes()
    local = await MatrixCache(source, tmp_path, 1 << 30).get(SPEC, BOTH)
    for part in BOTH:
        files = local.files(part)
        np.testing.assert_array_equal(np.load(files.features), source.arrays[part][0])
        np.testing.assert_array_equal(np.load(files.targets), source.arrays[part][1])
    assert local.header.n_outputs == 3


async def test_a_second_look_asks_nobody(tmp_path: Path) -> None:
    source = ArraySource.of_classes()
    for _ in range(2):
        # A cache of its own, as after a restart.
        await MatrixCache(source, tmp_path, 1 << 30).get(SPEC, BOTH)
    assert source.asked == [BOTH]


async def test_the_test_part_comes_only_when_asked_for(tmp_path: Path) -> None:
    source = ArraySource.of_classes()
    cache = MatrixCache(source, tmp_path, 1 << 30)
    await cache.get(SPEC, BOTH)
    assert not [name for name in files_in(tmp_path) if name.startswith("test.")]
    await cache.get(SPEC, (Part.TEST,))
    assert source.asked == [BOTH, (Part.TEST,)]


async def test_other_specs_have_other_entries(tmp_path: Path) -> None:
    source = ArraySource.of_classes()
    cache = MatrixCache(source, tmp_path, 1 << 30)
    others: dict[str, object] = {
        "dataset_id": "e" * 64,
        "target": "sex",
        "recipe": RecipeName.QUANTILE,
        "seed": 8,
        "column_kinds": {"year": ColumnKind.CATEGORY},
        "split": SplitSpec(SplitMethod.GROUPED, "island"),
        "repeat": 1,
        "missing_indicators": True,
        "group_rare": True,
    }
    # Another task would need another source.
    assert others.keys() | {"task"} == {each.name for each in fields(MatrixSpec)}
    for spec in (SPEC, *(replace(SPEC, **{name: value}) for name, value in others.items())):  # type: ignore[arg-type]  # Of the field's type.
        await cache.get(spec, BOTH)
    assert len(source.asked) == 1 + len(others)


@dataclass
class BrokenSource:
    """Sends less than it has announced."""

    missing: str

    async def fetch_matrices(
        self, spec: MatrixSpec, parts: Sequence[Part]
    ) -> AsyncIterator[MatricesHeader | MatrixChunk]:
        if self.missing != "header":
            yield MatricesHeader("{}", 2, 3, 4, 4, 4)
        yield MatrixChunk(Part.TRAIN, "x", b"12")
        if self.missing == "stream":
            raise Unavailable("ingest_unavailable", "Gone.")


@pytest.mark.parametrize("missing", ["header", "bytes", "stream"])
async def test_a_broken_transfer_leaves_nothing_behind(tmp_path: Path, missing: str) -> None:
    with pytest.raises(Unavailable):
        await MatrixCache(BrokenSource(missing), tmp_path, 1 << 30).get(SPEC, (Part.TRAIN,))
    assert files_in(tmp_path) == {}
    await MatrixCache(ArraySource.of_classes(), tmp_path, 1 << 30).get(SPEC, (Part.TRAIN,))


async def test_a_missing_dataset_is_said(tmp_path: Path) -> None:
    class Empty:
        async def fetch_matrices(
            self, spec: MatrixSpec, parts: Sequence[Part]
        ) -> AsyncIterator[MatricesHeader | MatrixChunk]:
            raise NotFound("unknown_dataset", "There is no such dataset.")
            yield

    with pytest.raises(NotFound):
        await MatrixCache(Empty(), tmp_path, 1 << 30).get(SPEC, BOTH)


async def test_those_unused_for_longest_are_evicted(tmp_path: Path) -> None:
    cache = MatrixCache(ArraySource.of_classes(), tmp_path, 10_000)
    folders = []
    for seed in range(5):
        local = await cache.get(replace(SPEC, seed=seed), BOTH)
        folders.append(local.folder)
        old = time.time() - 3600 + seed
        os.utime(local.folder, (old, old))
    kept = [folder.exists() for folder in folders]
    assert kept == sorted(kept)
    assert kept[-1]
    assert not kept[0]
    assert sum(files_in(tmp_path).values()) < 15_000


async def test_the_ruin_of_a_deletion_is_replaced(tmp_path: Path) -> None:
    source = ArraySource.of_classes()
    cache = MatrixCache(source, tmp_path, 1 << 30)
    local = await cache.get(SPEC, BOTH)
    (local.folder / "header.json").unlink()
    again = await cache.get(SPEC, BOTH)
    assert np.load(again.files(Part.TRAIN).features).shape == (75, 6)
    assert len(source.asked) == 2


async def test_of_two_at_once_one_asks_and_both_get_it(tmp_path: Path) -> None:
    source = ArraySource.of_classes()
    caches = [MatrixCache(source, tmp_path, 1 << 30) for _ in range(2)]
    one, other = await asyncio.gather(*(cache.get(SPEC, BOTH) for cache in caches))
    assert one.folder == other.folder
    assert len(files_in(tmp_path)) == 5
    assert source.asked == [BOTH]


async def test_who_waited_for_a_broken_transfer_asks_anew(tmp_path: Path) -> None:
    started, broken_off = asyncio.Event(), asyncio.Event()

    class Breaking:
        async def fetch_matrices(
            self, spec: MatrixSpec, parts: Sequence[Part]
        ) -> AsyncIterator[MatricesHeader | MatrixChunk]:
            started.set()
            yield MatricesHeader("{}", 2, 3, 4, 4, 4)
            await broken_off.wait()
            raise Unavailable("ingest_unavailable", "Gone.")

    source = ArraySource.of_classes()
    first = asyncio.create_task(MatrixCache(Breaking(), tmp_path, 1 << 30).get(SPEC, BOTH))
    await started.wait()
    second = asyncio.create_task(MatrixCache(source, tmp_path, 1 << 30).get(SPEC, BOTH))
    broken_off.set()
    with pytest.raises(Unavailable):
        await first
    assert (await second).header.n_outputs == 3
    assert source.asked == [BOTH]
