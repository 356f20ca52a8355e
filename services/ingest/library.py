"""What ingest keeps, and under which names, in a DatasetStore.

datasets/<sha256>/ has raw.csv, table.parquet and profile.json; prepared/<key>/ has PART-x.npy,
PART-y.npy, recipe.json, split.json and header.json. The last file of each is put last, and marks
the others as complete: a folder without it is no more than a failed attempt, to be written again.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import Any, Final

from layerlab.domain.dataset import Dataset
from layerlab.domain.json_value import JsonValue, canonical
from layerlab.domain.matrices import MatricesHeader, MatrixSpec, Part, Split
from layerlab.domain.problem import Unavailable
from layerlab.domain.recipe import RECIPE_VERSION
from layerlab.ports import DatasetStore
from services.ingest.documents import dataset_from_json, spec_to_json
from services.ingest.npy import read_data

# Raised when the same spec would give other bytes than before.
_PREPARING_VERSION: Final = 1
_DATASET_FILES: Final = ("raw.csv", "table.parquet", "profile.json")
_MATRIX_FILES: Final = (
    *(f"{part}-{array}.npy" for part in Part for array in "xy"),
    "recipe.json",
    "split.json",
    "header.json",
)


class Library:
    def __init__(self, store: DatasetStore) -> None:
        self._store = store

    async def find_dataset(self, dataset_id: str) -> Dataset | None:
        name = f"datasets/{dataset_id}/profile.json"
        if not _is_sha256(dataset_id) or not await self._store.exists(name):
            return None
        return dataset_from_json(await self._json(name))

    async def keep_dataset(self, dataset_id: str, folder: Path) -> None:
        """:raises OutOfSpace: nothing was kept."""
        await self._keep(f"datasets/{dataset_id}", folder, _DATASET_FILES)

    def open_table(self, dataset_id: str) -> AbstractAsyncContextManager[Path]:
        return self._store.open(f"datasets/{dataset_id}/table.parquet")

    async def find_header(self, key: str) -> MatricesHeader | None:
        name = f"prepared/{key}/header.json"
        if not await self._store.exists(name):
            return None
        return MatricesHeader(**await self._json(name))

    async def keep_matrices(self, key: str, folder: Path) -> None:
        """:raises OutOfSpace: nothing was kept."""
        await self._keep(f"prepared/{key}", folder, _MATRIX_FILES)

    async def read_split(self, key: str) -> Split:
        rows = await self._json(f"prepared/{key}/split.json")
        return Split(**{part: tuple(indices) for part, indices in rows.items()})

    async def read_array(
        self, key: str, part: Part, array: str, chunk_bytes: int
    ) -> AsyncIterator[bytes]:
        """Its values, row-major and little-endian, in chunks."""
        async with self._store.open(f"prepared/{key}/{part}-{array}.npy") as path:
            chunks = read_data(path, chunk_bytes)
            while chunk := await asyncio.to_thread(next, chunks, b""):
                yield chunk

    async def _keep(self, name: str, folder: Path, files: Sequence[str]) -> None:
        kept: list[str] = []
        try:
            for file in files:
                kept.append(f"{name}/{file}")
                await self._store.put(kept[-1], folder / file)
        except BaseException:
            # Cancelled, too: half of it is worth nothing.
            await asyncio.shield(self._forget(kept, f"{name}/{files[-1]}"))
            raise

    async def _forget(self, kept: Sequence[str], mark: str) -> None:
        # Another ingest may have kept the same meanwhile; then all of it is worth something.
        with suppress(Unavailable):
            if not await self._store.exists(mark):
                for name in reversed(kept):
                    await self._store.delete(name)

    async def _json(self, name: str) -> Any:
        async with self._store.open(name) as path:
            return json.loads(await asyncio.to_thread(path.read_bytes))


def matrices_key(spec: MatrixSpec) -> str:
    """One name per spec, and per way of preparing it."""
    document: dict[str, JsonValue] = {
        "spec": spec_to_json(spec),
        "versions": [RECIPE_VERSION, _PREPARING_VERSION],
    }
    return hashlib.sha256(canonical(document).encode()).hexdigest()


def _is_sha256(text: str) -> bool:
    return len(text) == 64 and all(each in "0123456789abcdef" for each in text)
