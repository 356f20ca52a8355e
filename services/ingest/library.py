"""What ingest keeps, and under which names, in a DatasetStore.

datasets/<sha256>/ has raw.csv, table.parquet, rows.json (the first ones; tables from before it was
kept have none until somebody asks) and profile.json; prepared/<key>/ has PART-x.npy,
PART-y.npy, recipe.json, split.json and header.json, and so has repeats/<key>/, without a test part
and for a while only. The last file of each is put last, and marks the others as complete: a folder
without it is no more than a failed attempt, to be written again.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from layerlab.domain.dataset import Dataset
from layerlab.domain.json_value import JsonValue, canonical
from layerlab.domain.matrices import MatricesHeader, MatrixSpec, Part, Split
from layerlab.domain.problem import NotFound, Unavailable
from layerlab.domain.recipe import RECIPE_VERSION
from layerlab.ports import DatasetStore
from services.ingest.documents import dataset_from_json, spec_to_json
from services.ingest.npy import read_data

# Raised when the same spec would give other bytes than before.
_PREPARING_VERSION: Final = 2
_DATASET_FILES: Final = ("raw.csv", "table.parquet", "rows.json", "profile.json")
_REPEATS: Final = "repeats/"
_REPEAT_FILES: Final = (
    *(f"{part}-{array}.npy" for part in (Part.TRAIN, Part.VALIDATION) for array in "xy"),
    "recipe.json",
    "split.json",
    "header.json",
)
_MATRIX_FILES: Final = (*(f"{Part.TEST}-{array}.npy" for array in "xy"), *_REPEAT_FILES)


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

    async def find_rows(self, dataset_id: str) -> list[list[str]] | None:
        """The first rows of a dataset, if they are there."""
        name = f"datasets/{dataset_id}/rows.json"
        if not await self._store.exists(name):
            return None
        rows: list[list[str]] = await self._json(name)
        return rows

    async def keep_rows(self, dataset_id: str, folder: Path) -> None:
        """:raises OutOfSpace: they were not kept."""
        await self._store.put(f"datasets/{dataset_id}/rows.json", folder / "rows.json")

    def open_table(self, dataset_id: str) -> AbstractAsyncContextManager[Path]:
        return self._store.open(f"datasets/{dataset_id}/table.parquet")

    async def find_header(self, name: str) -> MatricesHeader | None:
        """Of prepared matrices, by their `matrices_name`, if they are there and complete."""
        file = f"{name}/header.json"
        if not await self._store.exists(file):
            return None
        with suppress(NotFound, FileNotFoundError):
            return MatricesHeader(**await self._json(file))
        return None

    async def keep_matrices(self, name: str, folder: Path) -> None:
        """:raises OutOfSpace: nothing was kept."""
        files = _REPEAT_FILES if name.startswith(_REPEATS) else _MATRIX_FILES
        await self._keep(name, folder, files)

    async def list_repeats(self) -> set[str]:
        """Names of repeats, complete or not."""
        names = await self._store.list_names(_REPEATS)
        return {name.rpartition("/")[0] for name in names}

    async def forget_repeat(self, name: str) -> None:
        # The mark first: whoever looks for it from now on prepares it again.
        for file in reversed(_REPEAT_FILES):
            await self._store.delete(f"{name}/{file}")

    async def read_split(self, name: str) -> Split:
        """:raises Unavailable: `matrices_lost`: removed meanwhile."""
        with _missing_as_unavailable():
            rows = await self._json(f"{name}/split.json")
        return Split(**{part: tuple(indices) for part, indices in rows.items()})

    async def read_array(
        self, name: str, part: Part, array: str, chunk_bytes: int
    ) -> AsyncIterator[bytes]:
        """Its values, row-major and little-endian, in chunks.

        :raises Unavailable: `matrices_lost`: removed meanwhile.
        """
        with _missing_as_unavailable():
            async with self._store.open(f"{name}/{part}-{array}.npy") as path:
                chunks = read_data(path, chunk_bytes)
                while chunk := await asyncio.to_thread(next, chunks, b""):
                    yield chunk

    async def _keep(self, name: str, folder: Path, files: Sequence[str]) -> None:
        *others, mark = files

        async def put(file: str) -> None:
            await self._store.put(f"{name}/{file}", folder / file)

        try:
            # Side by side: most of the time goes into waiting for the disk.
            for end in await asyncio.gather(*map(put, others), return_exceptions=True):
                if end is not None:
                    raise end
            await put(mark)
        except BaseException:
            # Cancelled, too: half of it is worth nothing.
            await asyncio.shield(self._forget(name, files))
            raise

    async def _forget(self, name: str, files: Sequence[str]) -> None:
        # Another ingest may have kept the same meanwhile; then all of it is worth something.
        with suppress(Unavailable):
            if not await self._store.exists(f"{name}/{files[-1]}"):
                for file in files:
                    await self._store.delete(f"{name}/{file}")

    async def _json(self, name: str) -> Any:
        async with self._store.open(name) as path:
            return json.loads(await asyncio.to_thread(path.read_bytes))


@contextmanager
def _missing_as_unavailable() -> Iterator[None]:
    try:
        yield
    except (NotFound, FileNotFoundError):
        # Asked again, they are prepared again.
        raise Unavailable(
            "matrices_lost", "These matrices were removed while they were read.", hint="Try again."
        ) from None


def matrices_name(spec: MatrixSpec) -> str:
    """One folder per spec, and per way of preparing it."""
    document: dict[str, JsonValue] = {
        "spec": spec_to_json(spec),
        "versions": [RECIPE_VERSION, _PREPARING_VERSION],
    }
    key = hashlib.sha256(canonical(document).encode()).hexdigest()
    return f"{_REPEATS}{key}" if spec.repeat else f"prepared/{key}"


def _is_sha256(text: str) -> bool:
    return len(text) == 64 and all(each in "0123456789abcdef" for each in text)
