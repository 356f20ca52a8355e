"""Following a study to its end, and showing what it came to."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

import typer

from layerlab.cli.exits import ExitCode, fail, warn
from layerlab.cli.options import OutputFormat

if TYPE_CHECKING:
    from layerlab.client import Study

_TABLE_ROWS: Final = 20


def watch_study(study: Study, output: OutputFormat) -> None:
    """:raises typer.Exit: STUDY_FAILED, when it ends otherwise than SUCCEEDED."""
    from layerlab.cli.live import follow_study
    from layerlab.cli.output import stderr_console

    try:
        follow_study(study, stderr_console())
    except KeyboardInterrupt:
        warn(f"Detached; the study goes on. Come back with: layerlab study watch {study.study_id}")
        return
    print_leaderboard(study, output, None)
    if output is OutputFormat.TABLE:
        _print_words(study)
    if study.state != "SUCCEEDED":
        fail(f"Study {study.study_id} has ended as {study.state}. {study.detail}".strip())
        raise typer.Exit(ExitCode.STUDY_FAILED)


def _print_words(study: Study) -> None:
    """The verdict's, if there is one."""
    from layerlab.cli.output import stdout_console
    from layerlab.cli.verdict import print_words
    from layerlab.client import NotFound

    with suppress(NotFound):
        found = study.verdict()
        print()
        print_words(found, stdout_console())


def print_leaderboard(study: Study, output: OutputFormat, limit: int | None) -> None:
    from layerlab.cli.live import LEADER_COLUMNS
    from layerlab.cli.output import print_rows
    from layerlab.client.leaderboard import COLUMNS

    in_table = output is OutputFormat.TABLE
    if limit is None and in_table:
        limit = _TABLE_ROWS
    rows = study.leaderboard(limit)
    print_rows(rows, LEADER_COLUMNS if in_table else COLUMNS, output)
    known = study.progress.done + study.progress.running
    if len(rows) < known:
        warn(f"These are {len(rows)} of {known}; --limit shows more.")
