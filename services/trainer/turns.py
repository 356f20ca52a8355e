"""Whose turn it is at the executor, and when the next cohort is asked for.

While one cohort is trained the next is fetched, so that the executor need not wait for it; but
not before the first is nearly over, since another trainer might be free sooner.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from enum import Enum
from typing import Final

from layerlab.intake import Demand, Intake
from services.trainer.messages import Progress, TrainJob
from services.trainer.pace import Pace

# How long before its turn a cohort is asked for: twice as long as fetching one takes, within these.
_LEAST_AHEAD_SECONDS: Final = 0.3
_MOST_AHEAD_SECONDS: Final = 1.0
# A cohort that has waited for its turn so long beyond that came by a wrong guess.
_PATIENCE_SECONDS: Final = 2.0
# Cohorts whose last reports are not acknowledged yet. With more of them, the ledger is too slow.
_MOST_ENDING: Final = 4


class Stage(Enum):
    FETCHING = "fetching"
    """Claimed, its matrices fetched, and waiting for its turn."""
    WORKING = "working"
    ENDING = "ending"
    """Trained; its last reports are under way."""


class CalledTooEarly(Exception):
    """The cohort has waited here for too long; somebody else may be free."""


class Turn:
    """One cohort's way through this trainer."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self.stage = Stage.FETCHING
        self.began = time.monotonic()

    @asynccontextmanager
    async def at_work(self, study_id: str) -> AsyncIterator[None]:
        """The executor is this cohort's alone.

        :raises CalledTooEarly: when it has waited too long for that.
        """
        async with self._turns.executor(self, study_id):
            yield

    def starts(self, job: TrainJob) -> None:
        self._turns.start(job)

    def note(self, progress: Progress) -> None:
        self._turns.note(progress)


class Turns:
    """Of one executor. It tells `intake` when another cohort is wanted."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._executor = asyncio.Lock()
        self._turns: list[Turn] = []
        self._pace: Pace | None = None
        self._last_study, self._last_epoch_seconds = "", 0.0
        self._fetch_seconds = 0.0
        self._guessed_wrong = False
        self._timer: asyncio.TimerHandle | None = None

    @contextmanager
    def enter(self) -> Iterator[Turn]:
        """From a cohort's message until it needs none any more."""
        turn = Turn(self)
        self._turns.append(turn)
        self._decide()
        try:
            yield turn
        finally:
            self._turns.remove(turn)
            self._decide()

    @asynccontextmanager
    async def executor(self, turn: Turn, study_id: str) -> AsyncIterator[None]:
        self._fetch_seconds = (self._fetch_seconds + time.monotonic() - turn.began) / 2
        try:
            async with asyncio.timeout(self._ahead_seconds + _PATIENCE_SECONDS):
                await self._executor.acquire()
        except TimeoutError:
            self._guessed_wrong = True
            raise CalledTooEarly from None
        try:
            turn.stage = Stage.WORKING
            if study_id != self._last_study:
                self._last_study, self._last_epoch_seconds = study_id, 0.0
            self._decide()
            yield
        finally:
            self._executor.release()
            turn.stage = Stage.ENDING
            if self._pace:
                self._last_epoch_seconds = self._pace.mean_epoch_seconds or 0.0
            self._pace, self._guessed_wrong = None, False
            self._decide()

    def start(self, job: TrainJob) -> None:
        self._pace = Pace(job, self._last_epoch_seconds or None)
        self._decide()

    def note(self, progress: Progress) -> None:
        if self._pace:
            self._pace.note(progress)
        self._decide()

    @property
    def _ahead_seconds(self) -> float:
        return min(max(_LEAST_AHEAD_SECONDS, 2 * self._fetch_seconds), _MOST_AHEAD_SECONDS)

    def _decide(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._intake.ask(self._demand())

    def _demand(self) -> Demand:
        stages = [turn.stage for turn in self._turns]
        if Stage.FETCHING in stages or stages.count(Stage.ENDING) >= _MOST_ENDING:
            return Demand.NOTHING
        if Stage.WORKING not in stages:
            return Demand.NEXT
        if self._pace is None or self._guessed_wrong:
            return Demand.NOTHING
        wait = self._pace.seconds_left() - self._ahead_seconds
        if wait <= 0:
            return Demand.SPARE
        if wait < float("inf"):
            self._timer = asyncio.get_running_loop().call_later(wait, self._decide)
        return Demand.NOTHING
