"""How a command ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer

from layerlab.cli.exits import ExitCode, errors_as_exit_codes
from layerlab.client import NotFound, RequestFailed
from tests.servers import free_port

LAYERLAB = Path(sys.executable).with_name("layerlab")


def layerlab(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LAYERLAB, *arguments], capture_output=True, text=True, check=False)


def test_a_server_that_is_not_there_ends_in_4_and_says_what_to_do() -> None:
    answer = layerlab("study", "list", "--server", f"http://127.0.0.1:{free_port()}")
    assert answer.returncode == ExitCode.UNREACHABLE
    assert answer.stdout == ""
    assert "layerlab up" in answer.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("study", "create", "no-such-file.csv", "--target", "y"),
        ("study", "create", "0" * 64, "--target", "y", "--time-budget", "soon"),
        ("study", "create", "0" * 64, "--target", "y", "--space", "[1]"),
        ("study", "create", "0" * 64, "--target", "y", "--halving", "often"),
        ("study", "create", "0" * 64),
        ("dataset", "upload", "no-such-file.csv"),
        ("fly",),
    ],
)
def test_a_wrong_call_ends_in_2(arguments: tuple[str, ...]) -> None:
    answer = layerlab(*arguments)
    assert answer.returncode == ExitCode.USAGE, answer.stderr
    assert "Traceback" not in answer.stderr


def test_help_loads_no_http_no_service_and_nothing_heavy() -> None:
    answer = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "layerlab.cli.main", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip() for line in answer.stderr.splitlines()}
    assert "typer" in loaded
    assert loaded & {"httpx", "websockets", "grpc", "fastapi", "numpy", "pandas", "torch"} == set()


def test_a_problem_is_told_with_its_place_and_its_hint(capsys: pytest.CaptureFixture[str]) -> None:
    problem = {
        "code": "ragged_rows",
        "detail": "Row 7 has 3 cells.",
        "hint": "Quote cells that hold commas.",
        "location": {"row": 7, "column": "age"},
    }
    with pytest.raises(typer.Exit) as caught, errors_as_exit_codes():
        raise RequestFailed(422, problem)
    assert caught.value.exit_code == ExitCode.ERROR
    said = capsys.readouterr().err
    assert "Row 7 has 3 cells. (row 7, column age) [ragged_rows]" in said
    assert "Quote cells that hold commas." in said


def test_an_unknown_id_ends_in_1(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as caught, errors_as_exit_codes():
        raise NotFound(404, {"code": "unknown_study", "detail": "There is no such study."})
    assert caught.value.exit_code == ExitCode.ERROR
    assert "unknown_study" in capsys.readouterr().err
