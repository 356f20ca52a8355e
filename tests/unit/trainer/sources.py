"""Matrices from memory, in ingest's place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from layerlab.domain.matrices import MatricesHeader, MatrixChunk, MatrixSpec, Part
from services.trainer.engine import Floats, Targets
from tests.unit.trainer.builders import classes

_CHUNK_BYTES = 1000
SPLIT_SHA256 = "5" * 64


@dataclass
class ArraySource:
    """A MatrixSource. `asked` lists the parts of every request."""

    arrays: dict[Part, tuple[Floats, Targets]]
    n_outputs: int
    asked: list[tuple[Part, ...]] = field(default_factory=list)

    @classmethod
    def of_classes(cls, rows: int = 75) -> ArraySource:
        matrices, test = classes(rows), classes(rows, seed=1).val
        return cls(
            {
                Part.TRAIN: (matrices.train.features, matrices.train.targets),
                Part.VALIDATION: (matrices.val.features, matrices.val.targets),
                Part.TEST: (test.features, test.targets),
            },
            matrices.n_outputs,
        )

    async def fetch_matrices(
        self, spec: MatrixSpec, parts: Sequence[Part]
    ) -> AsyncIterator[MatricesHeader | MatrixChunk]:
        self.asked.append(tuple(parts))
        rows = {part: len(targets) for part, (_, targets) in self.arrays.items()}
        yield MatricesHeader(
            "{}",
            self.arrays[Part.TRAIN][0].shape[1],
            self.n_outputs,
            rows[Part.TRAIN],
            rows[Part.VALIDATION],
            rows[Part.TEST],
            SPLIT_SHA256,
        )
        for part in parts:
            for name, array in zip("xy", self.arrays[part], strict=True):
                raw = array.tobytes()
                for start in range(0, len(raw), _CHUNK_BYTES):
                    yield MatrixChunk(part, name, raw[start : start + _CHUNK_BYTES])
