"""Carries one study from its start to its end."""

from __future__ import annotations

import asyncio
from typing import Final, assert_never

import structlog

from layerlab.domain.exchange import StudyDelta
from layerlab.domain.problem import Conflict, InvalidInput, Problem
from layerlab.domain.study import Purpose
from layerlab.domain.trial import StudyState
from layerlab.ports import JobQueue, StudyLedger
from services.scheduler.actions import (
    Action,
    EndStudy,
    MarkCohort,
    PublishCohort,
    RegisterCohort,
    StartStudy,
)
from services.scheduler.clock import Backoff, Clock, wait_for_event, within
from services.scheduler.planner import next_action
from services.scheduler.record import StudyRecord
from services.scheduler.timing import next_phase_change

log = structlog.get_logger()

_PATIENCE_SECONDS: Final = 30.0
# What was refused would be refused again until there is news; this is in case none comes.
_REFUSED_SECONDS: Final = 1.0
_BROKEN: Final = EndStudy(
    StudyState.FAILED, "The scheduler could not go on with it; its log says why."
)


class StudyDriver:
    """Does what the planner says, one action at a time, until the study has ended.

    Nothing it does needs doing exactly once: killed between any two awaits, the next scheduler
    finds in the ledger what is left to do.
    """

    def __init__(
        self,
        record: StudyRecord,
        ledger: StudyLedger,
        queue: JobQueue,
        clock: Clock,
        max_waiting: int,
    ) -> None:
        self._study_id = record.study.study_id
        self._record = record
        self._ledger = ledger
        self._queue = queue
        self._clock = clock
        self._max_waiting = max_waiting
        self._news = asyncio.Event()
        self._backoff = Backoff()
        self._is_broken = False

    @property
    def has_ended(self) -> bool:
        return self._record.study.state.is_terminal

    def merge(self, delta: StudyDelta) -> None:
        self._record.merge(delta, self._clock.now())
        self._news.set()

    async def run(self) -> None:
        while not self.has_ended:
            self._news.clear()
            try:
                action = self._plan()
                if action is None:
                    await self._wait(None)
                else:
                    await self._do(action)
            except Exception:
                if self._is_broken:
                    # Even its end failed: whatever it is, the next try may not come at once.
                    await self._pause(self._limit())
                self._is_broken = True
                log.exception("a study can't go on", study_id=self._study_id)

    def _plan(self) -> Action | None:
        if self._is_broken:
            return _BROKEN
        return next_action(self._record, self._clock.now(), self._max_waiting)

    async def _do(self, action: Action) -> None:
        limit = self._limit()
        try:
            await within(self._clock, limit, self._perform(action))
        except Conflict as conflict:
            await self._be_refused(action, conflict)
        except InvalidInput:
            raise
        except (Problem, TimeoutError) as error:
            # Whether it was done or not: doing it again is safe.
            log.info("to be tried again", study_id=self._study_id, error=str(error))
            # At the limit something else is due, which must not wait.
            await self._pause(limit)
        else:
            self._backoff.reset()

    async def _perform(self, action: Action) -> None:
        record = self._record
        match action:
            case StartStudy():
                record.study = await self._ledger.move_study(self._study_id, StudyState.RUNNING)
            case RegisterCohort(cohort_id, purpose, proposals, finalists):
                cohort = await self._ledger.register_cohort(
                    record.ref(cohort_id), purpose, proposals, finalists
                )
                record.add_cohort(cohort, proposals)
            case PublishCohort(cohort_id):
                await self._queue.put(record.ref(cohort_id))
                record.published.add(cohort_id)
            case MarkCohort(cohort_id):
                await self._ledger.mark_cohort_queued(record.ref(cohort_id))
                record.marked.add(cohort_id)
            case EndStudy(state, detail):
                record.study = await self._ledger.move_study(self._study_id, state, detail)
            case _:
                assert_never(action)

    async def _be_refused(self, action: Action, conflict: Conflict) -> None:
        """Somebody was faster: a user with a verb, or another scheduler. The ledger says what."""
        log.info("refused", study_id=self._study_id, code=conflict.code)
        if isinstance(action, RegisterCohort) and action.purpose is Purpose.TEST:
            self._record.untestable = True
        await self._wait(_REFUSED_SECONDS)

    async def _wait(self, seconds: float | None) -> None:
        """Until there is news, or something is due; at most `seconds`."""
        now = self._clock.now()
        due = next_phase_change(self._record.deadline, now)
        if seconds is not None:
            due = now + seconds if due is None else min(due, now + seconds)
        await wait_for_event(self._clock, self._news, due)

    async def _pause(self, limit: float) -> None:
        """What is down is not asked more often because there is news."""
        until = self._clock.now() + self._backoff.next()
        await self._clock.sleep_until(min(until, limit))

    def _limit(self) -> float:
        """Nothing may hang so long that what is due next comes late."""
        now = self._clock.now()
        due = next_phase_change(self._record.deadline, now)
        patience = now + _PATIENCE_SECONDS
        return patience if due is None else min(patience, due)
