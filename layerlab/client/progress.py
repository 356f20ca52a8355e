"""One line on stderr for `Study.wait(progress=True)`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerlab.client.study import Study


class ProgressLine:
    """Rewrites itself on a terminal; elsewhere, a new line whenever more trials have ended."""

    def __init__(self, enabled: bool) -> None:
        self._enabled = enabled
        self._live = enabled and sys.stderr.isatty()
        self._last = ""

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *_: object) -> None:
        if self._live and self._last:
            sys.stderr.write("\n")

    def show(self, study: Study) -> None:
        text = describe(study)
        if not self._enabled or text == self._last:
            return
        self._last = text
        sys.stderr.write(f"\r\x1b[K{text}" if self._live else f"{text}\n")
        sys.stderr.flush()


def describe(study: Study) -> str:
    """`RUNNING 12/64, best accuracy 0.9710, 20 s to 31 s left`."""
    progress, best = study.progress, study.best
    parts = [f"{study.state} {progress.done}/{progress.total}"]
    if best is not None and best.score_val is not None:
        parts.append(f"best {study.metric} {best.score_val:.4f}")
    if not study.ended and progress.eta_low_seconds is not None:
        parts.append(remaining(progress.eta_low_seconds, progress.eta_high_seconds))
    elif study.state == "RUNNING" and progress.running:
        # Of a table of millions of rows, either takes a minute.
        parts.append("preparing the table, or in the first epoch")
    return ", ".join(parts)


def remaining(low: float, high: float | None) -> str:
    """`20 s to 31 s left`; minutes from 2 minutes on."""
    return f"{_short(low)} to {_short(high if high is not None else low)} left"


def _short(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
