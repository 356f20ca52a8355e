"""docs/reliability.md promises a test for everything that can fail: they must be there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_PAGE = _ROOT / "docs" / "reliability.md"
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")

# How each row begins. One that goes missing takes its promise with it.
_FAILURES = (
    "trainer `kill -9`",
    "training child out of memory",
    "trainer hangs",
    "child hangs",
    "a trial longer than the broker's patience",
    "trainer and gateway parted",
    "trainer and broker parted",
    "the same message five times",
    "reports out of order",
    "poison message",
    "gateway `kill -9`",
    "a websocket client that doesn't read",
    "SIGTERM anywhere",
    "scheduler `kill -9`",
    "two schedulers",
    "two gateways",
    "RabbitMQ restarted",
    "queue deleted",
    "mongod `kill -9`",
    "disk full",
    "old trainer, new scheduler",
    "clock jumps",
)


def _rows() -> Iterator[tuple[str, str]]:
    """What fails, and the cell that names its tests."""
    _, _, section = _PAGE.read_text().partition("| what fails |")
    for line in section.partition("\n\n")[0].splitlines()[2:]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        yield cells[0], cells[2]


def _tests_in(path: Path) -> set[str]:
    if not path.exists():
        return set()
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, functions)}


@pytest.mark.parametrize("failure", _FAILURES)
def test_every_failure_has_a_row(failure: str) -> None:
    assert [what for what, _ in _rows() if what.startswith(failure)], failure


@pytest.mark.parametrize(("failure", "cell"), list(_rows()), ids=lambda value: str(value)[:40])
def test_every_row_names_tests_that_exist(failure: str, cell: str) -> None:
    named = _TEST.findall(cell)
    assert named, f"{failure}: no test"
    missing = [f"{path}::{name}" for path, name in named if name not in _tests_in(_ROOT / path)]
    assert missing == []


def test_no_row_is_of_something_else() -> None:
    assert len(list(_rows())) == len(_FAILURES)
