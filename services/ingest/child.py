"""The child process: reads what a user sent, so that whatever that does, it does it here.

`python -m services.ingest.child` reads one JSON request, a line, from stdin and writes one JSON
answer to stdout: `{}`, or `{"problem": …}`. Results are files in the folder that the request names.
It expects to be killed at any time; the parent throws its folder away. It ends by itself when its
stdin does: then the parent is gone.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any, Final

from layerlab.domain.problem import OutOfSpace, Problem
from services.ingest.documents import (
    dataset_from_json,
    dataset_to_json,
    problem_to_json,
    spec_from_json,
)


class _WithoutPandas(MetaPathFinder):
    """pyarrow loads pandas, where it is installed, to recognize its types. Here there are none,
    and loading it would take longer than reading a small table does.
    """

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("left out on purpose", name=fullname)


def main() -> None:
    sys.meta_path.insert(0, _WithoutPandas())
    request = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    limit_memory(int(request["memory_bytes"]))
    try:
        COMMANDS[request["command"]](request)
        answer: dict[str, Any] = {}
    except Problem as problem:
        answer = {"problem": problem_to_json(problem)}
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        answer = {"problem": problem_to_json(_disk_full())}
    json.dump(answer, sys.stdout)


def _end_with_parent() -> None:
    # The file descriptor itself: a lock of `sys.stdin` held here would stall the orderly exit.
    while os.read(0, 1):
        pass
    os._exit(1)


def limit_memory(limit: int) -> None:
    """Of addresses, for good: an allocation beyond it fails in this process alone."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    # A crash is an answer here; its core would only fill the disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _parse(request: dict[str, Any]) -> None:
    # Imported here: the limit must hold before the libraries that it is about are loaded.
    from services.ingest.profile import Upload, build_profile

    folder = Path(request["folder"])
    upload = Upload(
        dataset_id=request["dataset_id"],
        name=request["name"],
        size_bytes=request["size_bytes"],
        received_at=datetime.fromisoformat(request["received_at"]),
    )
    dataset = build_profile(upload, Path(request["source"]), folder / "table.parquet")
    (folder / "profile.json").write_text(json.dumps(dataset_to_json(dataset), allow_nan=False))
    _keep_head(folder / "table.parquet", len(dataset.columns), folder)


def _prepare(request: dict[str, Any]) -> None:
    from services.ingest.preparing import prepare

    dataset = dataset_from_json(request["dataset"])
    spec = spec_from_json(request["spec"])
    folder = Path(request["folder"])
    into = {int(repeat): folder / str(repeat) for repeat in request["repeats"]}
    for each in into.values():
        each.mkdir()
    prepare(Path(request["table"]), dataset, spec, into)


def _head(request: dict[str, Any]) -> None:
    _keep_head(Path(request["table"]), request["width"], Path(request["folder"]))


def _keep_head(table: Path, width: int, folder: Path) -> None:
    from services.ingest.head import read_head

    (folder / "rows.json").write_text(json.dumps(read_head(table, width)))


COMMANDS: Final[dict[str, Callable[[dict[str, Any]], None]]] = {
    "parse": _parse,
    "prepare": _prepare,
    "head": _head,
}


def _disk_full() -> OutOfSpace:
    return OutOfSpace(
        "disk_full",
        "There is no space left to work on this; nothing was kept.",
        hint="Free some disk space and try again.",
    )


if __name__ == "__main__":
    main()
