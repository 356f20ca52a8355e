"""What a child does to itself, the parent survives and reports."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from layerlab.domain.json_value import JsonValue
from layerlab.domain.problem import InvalidInput, OutOfSpace, Problem, TooLarge
from services.ingest.documents import problem_from_json, problem_to_json
from services.ingest.sandbox import Limits, Sandbox
from tests.servers.process import killed_at_last


def parse_request(folder: Path, content: str) -> dict[str, JsonValue]:
    source = folder / "raw.csv"
    source.write_text(content)
    return {
        "command": "parse",
        "folder": str(folder),
        "source": str(source),
        "dataset_id": "0" * 64,
        "name": "a table",
        "size_bytes": source.stat().st_size,
        "received_at": "2026-01-02T03:04:05+00:00",
    }


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


async def test_a_table_is_parsed_in_a_child(tmp_path: Path) -> None:
    await Sandbox(Limits()).run(parse_request(tmp_path, "a,b\n1,x\n2,y\n"), "unparseable")
    assert (tmp_path / "table.parquet").exists()
    assert (tmp_path / "profile.json").exists()


async def test_a_problem_comes_back_as_the_same_problem(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        await Sandbox(Limits()).run(parse_request(tmp_path, "a,b\n1,x\n2\n"), "unparseable")
    assert (caught.value.code, caught.value.row) == ("ragged_rows", 2)
    assert caught.value.extra == {"expected": 2, "rows": [{"row": 2, "found": 1}]}


@pytest.mark.parametrize("kind", [InvalidInput, TooLarge, OutOfSpace, Problem])
def test_every_part_of_a_problem_travels(kind: type[Problem]) -> None:
    problem = kind("code", "detail", "hint", "field", 7, "column", {"limit": 3})
    again = problem_from_json(problem_to_json(problem))
    assert type(again) is kind
    assert problem_to_json(again) == problem_to_json(problem)


async def test_a_child_without_memory_is_unparseable_and_says_the_limit(tmp_path: Path) -> None:
    # Enough to start, too little for the libraries and a table.
    sandbox = Sandbox(Limits(memory_bytes=60 * 1024**2))
    with pytest.raises(InvalidInput) as caught:
        await sandbox.run(parse_request(tmp_path, "a,b\n" + "1,2\n" * 1000), "unparseable")
    assert caught.value.code == "unparseable"


@pytest.mark.parametrize("crash", ["os.abort()", "os.kill(os.getpid(), 11)", "sys.exit(3)"])
async def test_a_crash_is_unparseable(crash: str) -> None:
    sandbox = Sandbox(Limits(), command=python(f"import os, sys; sys.stdin.readline(); {crash}"))
    with pytest.raises(InvalidInput) as caught:
        await sandbox.run({}, "unparseable")
    assert caught.value.code == "unparseable"


async def test_a_crash_before_the_request_is_read_is_unparseable() -> None:
    sandbox = Sandbox(Limits(), command=python("import os; os.abort()"))
    with pytest.raises(InvalidInput):
        await sandbox.run({"large": "x" * 1_000_000}, "unparseable")


@pytest.mark.parametrize(("table_bytes", "seconds"), [(1_000, "0.3"), (2_000_000_000, "1.2")])
async def test_a_child_that_takes_too_long_for_its_table_is_killed(
    table_bytes: int, seconds: str
) -> None:
    sandbox = Sandbox(Limits(seconds=0.3), command=python("import time; time.sleep(600)"))
    with pytest.raises(InvalidInput) as caught:
        await sandbox.run({}, "unparseable", table_bytes)
    assert f"{seconds} seconds" in caught.value.detail


async def test_a_caller_that_leaves_takes_the_child_along(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    program = (
        f"import os, pathlib, time; pathlib.Path({str(note)!r}).write_text(str(os.getpid()));"
        "time.sleep(600)"
    )
    call = asyncio.create_task(Sandbox(Limits(), command=python(program)).run({}, "unparseable"))
    while not (note.exists() and note.read_text()):  # noqa: ASYNC110  # A child sets no event here.
        await asyncio.sleep(0.01)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)


def test_a_child_ends_when_its_parent_is_gone(tmp_path: Path) -> None:
    # A pipe that nobody opens for writing: reading the table from it would take forever.
    endless = tmp_path / "endless"
    os.mkfifo(endless)
    child = subprocess.Popen(
        [sys.executable, "-m", "services.ingest.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    request = (
        f'{{"command": "parse", "memory_bytes": 4294967296, "folder": "{tmp_path}", '
        f'"source": "{endless}", "dataset_id": "", "name": "", "size_bytes": 0, '
        '"received_at": "2026-01-02T03:04:05+00:00"}\n'
    )
    with killed_at_last(child):
        assert child.stdin is not None
        child.stdin.write(request.encode())
        child.stdin.flush()
        child.stdin.close()  # As the system does for a parent that was killed.
        assert child.wait(timeout=30) == 1


async def test_a_full_disk_is_no_fault_of_the_table(tmp_path: Path) -> None:
    content = "a,b\n" + "".join(f"{index * 7919},{index}\n" for index in range(50_000))
    request = parse_request(tmp_path, content)
    # A limit on the size of files fails the same writes, with an error of its own number.
    program = (
        "import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        "runpy.run_module('services.ingest.child', run_name='__main__')"
    )
    with pytest.raises(OutOfSpace) as caught:
        await Sandbox(Limits(), command=python(program)).run(request, "unparseable")
    assert caught.value.code == "disk_full"


def test_the_parent_side_needs_no_numpy_pyarrow_or_pandas() -> None:
    program = (
        "import sys; import services.ingest.app, services.ingest.__main__;"
        "sys.exit(bool({'numpy', 'pyarrow', 'pandas'} & set(sys.modules)))"
    )
    assert subprocess.run(python(program), check=False).returncode == 0
