"""How the queue was over the last minutes, and how fast work goes: samples, kept in memory."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog

from layerlab.domain.problem import Problem
from services.gateway.observer import Ended, Observer, QueueCounts

log = structlog.get_logger()

SAMPLE_SECONDS: Final = 5.0
_KEPT: Final = 15 * 60 // 5
# Rates are means over so many samples: a minute.
_RATED: Final = 12


@dataclass(frozen=True, slots=True)
class Rates:
    """Of the last minute, or since the process started if that is less."""

    cohorts_per_minute: float = 0.0
    trials_per_minute: float = 0.0
    epochs_per_second: float = 0.0


@dataclass(frozen=True, slots=True)
class QueueMoment:
    time: datetime
    counts: QueueCounts
    rates: Rates


@dataclass(frozen=True, slots=True)
class _Sample:
    at: float
    trials: int
    cohorts: int
    epochs: int


class QueueHistory:
    """Bounded: the last 15 minutes, every 5 s."""

    def __init__(
        self,
        observer: Observer,
        epochs_under_way: Callable[[Sequence[str]], Awaitable[int]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`epochs_under_way`: of the trials of these studies that train at this moment."""
        self._observer = observer
        self._epochs_under_way = epochs_under_way
        self._now = now
        self._samples: deque[_Sample] = deque(maxlen=_RATED + 1)
        self._moments: deque[QueueMoment] = deque(maxlen=_KEPT)

    @property
    def moments(self) -> tuple[QueueMoment, ...]:
        """Oldest first."""
        return tuple(self._moments)

    @property
    def rates(self) -> Rates:
        return self._moments[-1].rates if self._moments else Rates()

    async def run(self) -> None:
        """Takes samples until cancelled."""
        while True:
            try:
                await self.sample()
            except Problem as problem:
                log.debug("no sample of the queue", reason=str(problem))
            await asyncio.sleep(SAMPLE_SECONDS)

    async def sample(self) -> None:
        """:raises Unavailable: no sample was taken."""
        under_way = await self._epochs_under_way(self._observer.study_ids)
        ended: Ended = self._observer.ended
        time = self._now()
        self._samples.append(
            _Sample(time.timestamp(), ended.trials, ended.cohorts, ended.epochs + under_way)
        )
        counts = self._observer.queue_counts()
        self._moments.append(QueueMoment(time, counts, self._rates()))

    def _rates(self) -> Rates:
        first, last = self._samples[0], self._samples[-1]
        seconds = last.at - first.at
        if seconds <= 0:
            return Rates()
        return Rates(
            60 * (last.cohorts - first.cohorts) / seconds,
            60 * (last.trials - first.trials) / seconds,
            # An attempt that is lost takes its epochs with it.
            max(0, last.epochs - first.epochs) / seconds,
        )
