"""Matrices from ingest, kept on this machine's disk, where the training child maps them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

from layerlab.domain.dataset import Task
from layerlab.domain.json_value import canonical
from layerlab.domain.matrices import MatricesHeader, MatrixChunk, MatrixSpec, Part
from layerlab.domain.problem import Unavailable
from layerlab.ports import MatrixSource
from services.trainer.alone import alone
from services.trainer.messages import ArrayFiles
from services.trainer.npy import npy_head

_HEADER: Final = "header.json"
_PARTIAL: Final = ".partial-"
_LOCK: Final = ".lock-"
# A folder used so recently may not have been opened by its child yet.
_YOUNG_SECONDS: Final = 60.0
_ABANDONED_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True)
class LocalMatrices:
    header: MatricesHeader
    folder: Path

    def files(self, part: Part) -> ArrayFiles:
        """Of a part that was asked for."""
        return ArrayFiles(str(self.folder / f"{part}.x.npy"), str(self.folder / f"{part}.y.npy"))


class MatrixCache:
    """At most about `max_bytes` of matrices; those unused for longest go first.

    Several trainers may share a folder: an entry appears whole or not at all, and one fetches it
    while the others wait.
    """

    def __init__(self, source: MatrixSource, folder: Path, max_bytes: int) -> None:
        self._source, self._folder, self._max_bytes = source, folder, max_bytes

    async def get(self, spec: MatrixSpec, parts: Sequence[Part]) -> LocalMatrices:
        """:raises NotFound: no such dataset.

        :raises Unavailable: ingest can't be reached, or broke off.
        """
        folder = self._folder / _key(spec, parts)
        found = await asyncio.to_thread(_open_entry, folder)
        if found:
            return found
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        # Few files, though some entries share one.
        async with alone(self._folder / f"{_LOCK}{folder.name[:2]}"):
            if not await asyncio.to_thread(_open_entry, folder):
                await self._fetch(spec, parts, folder)
                await asyncio.to_thread(self._evict, folder)
            found = await asyncio.to_thread(_open_entry, folder)
        if found is None:
            raise Unavailable("matrices_lost", "The matrices were deleted while they were kept.")
        return found

    async def _fetch(self, spec: MatrixSpec, parts: Sequence[Part], folder: Path) -> None:
        partial = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=_PARTIAL, dir=self._folder))
        writer: _Writer | None = None
        try:
            async for message in self._source.fetch_matrices(spec, parts):
                if isinstance(message, MatricesHeader):
                    writer = await asyncio.to_thread(_Writer, partial, message, parts, spec.task)
                elif writer is not None:
                    await asyncio.to_thread(writer.write, message)
            if writer is None:
                raise Unavailable("matrices_incomplete", "Ingest has sent no header.")
            await asyncio.to_thread(writer.finish, folder)
        finally:
            if writer is not None:
                writer.close()
            await asyncio.to_thread(shutil.rmtree, partial, ignore_errors=True)

    def _evict(self, keep: Path) -> None:
        now, total = time.time(), 0
        entries = sorted(
            ((_used_at(each), each) for each in self._folder.iterdir() if each.is_dir()),
            reverse=True,
        )
        for used_at, folder in entries:
            if folder.name.startswith(_PARTIAL):
                if now - used_at > _ABANDONED_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)
                continue
            total += _size(folder)
            if total > self._max_bytes and folder != keep and now - used_at > _YOUNG_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


class _Writer:
    """Writes the arrays as they come."""

    def __init__(
        self, folder: Path, header: MatricesHeader, parts: Sequence[Part], task: Task
    ) -> None:
        self._folder, self._header = folder, header
        target = "<i8" if task is Task.CLASSIFICATION else "<f4"
        self._files: dict[tuple[Part, str], tuple[BinaryIO, int]] = {}
        for part in parts:
            rows = _rows(header, part)
            self._open(part, "x", "<f4", (rows, header.n_inputs))
            self._open(part, "y", target, (rows,))

    def _open(self, part: Part, name: str, dtype: str, shape: tuple[int, ...]) -> None:
        file = (self._folder / f"{part}.{name}.npy").open("wb")
        head = npy_head(dtype, shape)
        file.write(head)
        size = len(head) + shape[0] * (shape[1] if len(shape) > 1 else 1) * int(dtype[2:])
        self._files[part, name] = file, size

    def write(self, chunk: MatrixChunk) -> None:
        self._files[chunk.part, chunk.name][0].write(chunk.data)

    def finish(self, target: Path) -> None:
        """:raises Unavailable: when bytes are missing."""
        if any(file.tell() != size for file, size in self._files.values()):
            raise Unavailable("matrices_incomplete", "Ingest has sent part of a matrix.")
        self.close()
        (self._folder / _HEADER).write_text(json.dumps(asdict(self._header)))
        # If somebody else was faster, theirs is the same; the ruin of a deletion is not.
        if _open_entry(target) is None:
            shutil.rmtree(target, ignore_errors=True)
            with suppress(OSError):
                self._folder.rename(target)

    def close(self) -> None:
        for file, _ in self._files.values():
            file.close()


def _key(spec: MatrixSpec, parts: Sequence[Part]) -> str:
    every_field = asdict(replace(spec, column_kinds=dict(spec.column_kinds)))
    text = canonical({**every_field, "parts": [part.value for part in parts]})
    return hashlib.sha256(text.encode()).hexdigest()


def _open_entry(folder: Path) -> LocalMatrices | None:
    try:
        header = MatricesHeader(**json.loads((folder / _HEADER).read_text()))
        os.utime(folder)
    except (OSError, ValueError, TypeError):
        return None
    return LocalMatrices(header, folder)


def _rows(header: MatricesHeader, part: Part) -> int:
    counts = {
        Part.TRAIN: header.n_train,
        Part.VALIDATION: header.n_validation,
        Part.TEST: header.n_test,
    }
    return counts[part]


def _used_at(folder: Path) -> float:
    with suppress(OSError):
        return folder.stat().st_mtime
    return 0.0


def _size(folder: Path) -> int:
    with suppress(OSError):
        return sum(file.stat().st_size for file in folder.iterdir())
    return 0
