"""Exit codes, and which error ends in which."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from layerlab.client import RequestFailed


class ExitCode(IntEnum):
    OK = 0
    ERROR = 1
    USAGE = 2
    STUDY_FAILED = 3
    UNREACHABLE = 4


@contextmanager
def errors_as_exit_codes() -> Iterator[None]:
    """Says what is wrong on stderr, without a stack trace, and ends with the code for it.

    :raises typer.Exit: for every error that a user can do something about.
    """
    # Imported late: it brings httpx, which `--help` doesn't need.
    from layerlab.client import LayerLabError, RequestFailed, ServerUnreachable, StudyFailed

    try:
        yield
    except ServerUnreachable as error:
        fail(str(error), "Start one with `layerlab up`, or name another with --server.")
        raise typer.Exit(ExitCode.UNREACHABLE) from error
    except StudyFailed as error:
        fail(str(error))
        raise typer.Exit(ExitCode.STUDY_FAILED) from error
    except RequestFailed as error:
        fail(_with_place(error), error.hint)
        raise typer.Exit(ExitCode.ERROR) from error
    except (LayerLabError, OSError) as error:
        fail(str(error))
        raise typer.Exit(ExitCode.ERROR) from error


def fail(message: str, hint: str = "") -> None:
    print(f"Error: {message}", file=sys.stderr)
    if hint:
        print(hint, file=sys.stderr)


def note(message: str) -> None:
    """Said beside the data."""
    print(message, file=sys.stderr)


def warn(message: str) -> None:
    """Said, and gone on."""
    print(f"Warning: {message}", file=sys.stderr)


def _with_place(error: RequestFailed) -> str:
    place = error.problem.get("location") or {}
    known = [f"{name} {place[name]}" for name in ("row", "column") if place.get(name)]
    where = f" ({', '.join(known)})" if known else ""
    return f"{error.detail}{where} [{error.code}]"
