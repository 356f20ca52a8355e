"""What others want of a running engine. Standard library only: it is needed before torch is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


def _no_beat() -> None:
    """Nobody watches."""


@dataclass(slots=True)
class Control:
    """What others want of a running engine; safe to use from another thread.

    The engine calls `beat` between batches, so that a watcher can tell slow from stuck.
    """

    beat: Callable[[], None] = _no_beat
    cancelled: threading.Event = field(default_factory=threading.Event)
    _stopped: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def watch(self, watcher: Callable[[], None]) -> None:
        """Has `watcher` called with every beat, too."""
        beat = self.beat

        def both() -> None:
            watcher()
            beat()

        self.beat = both

    def stop(self, numbers: Sequence[int]) -> None:
        """Ends these lanes after the epoch they are in."""
        with self._lock:
            self._stopped.update(numbers)

    def stopped(self) -> frozenset[int]:
        with self._lock:
            return frozenset(self._stopped)
