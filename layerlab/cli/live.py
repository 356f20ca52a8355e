"""Following a study in a terminal: a bar and the leaders, in place; in a pipe, a line at times."""

from __future__ import annotations

import time
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from layerlab.cli.output import rich_table
from layerlab.client import Study
from layerlab.client.leaderboard import Leaderboard, build_leaderboard
from layerlab.client.progress import describe

LEADER_COLUMNS: Final = (
    "rank", "number", "state", "score_val", "score_test", "hidden", "activation", "norm", "dropout",
    "learning_rate", "n_params", "epochs", "fit_time_seconds",
)  # fmt: skip
_LEADERS: Final = 10
_BAR_WIDTH: Final = 20
_LINE_EVERY_SECONDS: Final = 2.0


def follow_study(study: Study, console: Console) -> None:
    """Shows `study` on `console` until it has ended."""
    if console.is_terminal:
        _follow_live(study, console)
    else:
        _follow_lines(study, console)


def _follow_live(study: Study, console: Console) -> None:
    with Live(console=console, auto_refresh=False) as live:
        for _ in study.follow():
            leaders = build_leaderboard(study.trials(state="SUCCEEDED", limit=_LEADERS))
            live.update(_screen(study, leaders, console.width), refresh=True)


def _follow_lines(study: Study, console: Console) -> None:
    said, last = 0.0, ""
    for _ in study.follow():
        text = describe(study)
        due = time.monotonic() - said >= _LINE_EVERY_SECONDS or study.ended
        if due and text != last:
            console.print(Text(text))
            said, last = time.monotonic(), text


def _screen(study: Study, leaders: Leaderboard, width: int) -> RenderableType:
    progress = study.progress
    bar = Table.grid(padding=(0, 1))
    bar.add_row(
        ProgressBar(total=max(progress.total, 1), completed=progress.done, width=_BAR_WIDTH),
        Text(describe(study)),
    )
    return Group(bar, rich_table(leaders, LEADER_COLUMNS, width))
