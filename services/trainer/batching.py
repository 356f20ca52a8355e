"""A job's progress in batches: epochs of a millisecond make no thousand messages a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from layerlab.domain.study import EpochReport
from services.trainer.messages import Progress

# Between two messages, unless a lane has ended. People see no shorter pause.
_PAUSE_SECONDS: Final = 0.05


class Batches:
    """Holds reports back for a moment. Ends are sent at once, and everything before them."""

    def __init__(
        self, send: Callable[[Progress], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._send, self._clock = send, clock
        self._reports: list[EpochReport] = []
        self._sent_at = -_PAUSE_SECONDS

    def add(self, progress: Progress) -> None:
        self._reports += progress.reports
        if progress.ends:
            self._flush(progress)
        else:
            self.flush_due()

    def flush_due(self) -> None:
        """Sends what is held back, if that was for long enough. Cheap: call it often."""
        if self._reports and self._clock() - self._sent_at >= _PAUSE_SECONDS:
            self._flush(Progress((), ()))

    def _flush(self, last: Progress) -> None:
        self._send(replace(last, reports=tuple(self._reports)))
        self._reports.clear()
        self._sent_at = self._clock()
