"""Features become the parts' matrices, in memory that doesn't grow with the rows.

A table is read column by column and a matrix is written row by row. Between the two lies a file
with one cell of 4 bytes for each row and feature, column after column.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Final

import numpy as np
import numpy.typing as npt

from layerlab.domain.matrices import Part
from layerlab.domain.recipe import Recipe, Step
from layerlab.domain.recipe_steps import CategoryStep
from services.ingest.recipe import Encoded, Feature, Matrix, encode, spread
from services.ingest.splitting import Indices

_PIECE_ROWS: Final = 1 << 20
# Of a block of rows, 32 MB.
_BLOCK_VALUES: Final = 8_000_000
_CELL_BYTES: Final = 4


class Columns:
    """Encoded features: written one after the other, read by rows."""

    def __init__(self, file: IO[bytes], rows: int) -> None:
        self._file, self._rows = file, rows

    def append(self, step: Step, feature: Feature) -> None:
        """:raises OSError: when the disk is full."""
        for start in range(0, self._rows, _PIECE_ROWS):
            piece = feature.at(slice(start, start + _PIECE_ROWS))
            self._file.write(encode(step, piece).data)

    def read(self, steps: Sequence[Step], rows: slice) -> Matrix:
        """The inputs of some rows, (rows, n_inputs)."""
        matrix = np.empty((rows.stop - rows.start, sum(s.width for s in steps)), np.float32)
        first = 0
        for index, step in enumerate(steps):
            self._file.seek((index * self._rows + rows.start) * _CELL_BYTES)
            cells: Encoded = np.empty(len(matrix), step_dtype(step))
            self._file.readinto(cells.data)  # type: ignore[attr-defined]  # A file on disk has it.
            spread(step, cells, matrix[:, first : first + step.width])
            first += step.width
        return matrix


def step_dtype(step: Step) -> npt.DTypeLike:
    return np.int32 if isinstance(step, CategoryStep) else np.float32


@contextmanager
def open_columns(folder: Path, rows: int) -> Iterator[Columns]:
    """Their file, in `folder`, is gone when the context ends, however it does."""
    with tempfile.TemporaryFile(dir=folder) as file:
        yield Columns(file, rows)


def write_parts(
    into: Path, recipe: Recipe, columns: Columns, parts: Mapping[Part, Indices]
) -> None:
    """PART-x.npy for each part, whose rows are ascending.

    :raises OSError: when the disk is full.
    """
    last = max((int(rows[-1]) for rows in parts.values() if len(rows)), default=-1)
    step = max(1, _BLOCK_VALUES // recipe.n_inputs)
    with ExitStack() as stack:
        files = {
            part: stack.enter_context(_create(into / f"{part}-x.npy", len(rows), recipe.n_inputs))
            for part, rows in parts.items()
        }
        for start in range(0, last + 1, step):
            stop = min(start + step, last + 1)
            block = columns.read(recipe.steps, slice(start, stop))
            for part, rows in parts.items():
                low, high = np.searchsorted(rows, (start, stop))
                files[part].write(block[rows[low:high] - start].data)


@contextmanager
def _create(path: Path, rows: int, n_inputs: int) -> Iterator[IO[bytes]]:
    head = {"descr": "<f4", "fortran_order": False, "shape": (rows, n_inputs)}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, head)
        yield file
