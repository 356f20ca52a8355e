"""Carries one study from its start to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final, TypeAlias, assert_never

import structlog

from layerlab.domain.exchange import StudyDelta
from layerlab.domain.phases import has_verdict
from layerlab.domain.problem import Conflict, InvalidInput, Problem
from layerlab.domain.study import FINALS, Purpose
from layerlab.domain.trial import StudyState
from layerlab.ports import JobQueue, StudyLedger
from layerlab.tracing import enter_trace
from services.scheduler.actions import (
    Action,
    AskDesigns,
    EndStudy,
    Judge,
    MarkCohort,
    PublishCohort,
    RegisterCohort,
    StartStudy,
)
from services.scheduler.clock import Backoff, Clock, wait_for_event, within
from services.scheduler.finals.limits import limits_of
from services.scheduler.planner import next_action
from services.scheduler.record import ASKING, JUDGING, StudyRecord
from services.scheduler.search import Wish
from services.scheduler.thinking import Thinker
from services.scheduler.timing import end_of_time, next_phase_change

log = structlog.get_logger()

_PATIENCE_SECONDS: Final = 30.0
# What was refused would be refused again until there is news; this is in case none comes.
_REFUSED_SECONDS: Final = 1.0
# Without any news: something may have been missed.
_LOOK_SECONDS: Final = 5.0
_BROKEN: Final = EndStudy(
    StudyState.FAILED, "The scheduler could not go on with it; its log says why."
)

_THOUGHTS: Final[Mapping[type[Action], str]] = {AskDesigns: ASKING, Judge: JUDGING}
_Aside: TypeAlias = RegisterCohort | PublishCohort | MarkCohort | AskDesigns | Judge


class StudyDriver:
    """Does what the planner says until the study has ended: one action after another for each
    cohort, and several cohorts at once.

    Nothing it does needs doing exactly once: killed between any two awaits, the next scheduler
    finds in the ledger what is left to do.
    """

    def __init__(
        self,
        record: StudyRecord,
        ledger: StudyLedger,
        queue: JobQueue,
        thinker: Thinker,
        clock: Clock,
        max_waiting: int,
    ) -> None:
        self._study_id = record.study.study_id
        self._record = record
        self._ledger = ledger
        self._queue = queue
        self._thinker = thinker
        self._clock = clock
        self._max_waiting = max_waiting
        self._news = asyncio.Event()
        self._backoff = Backoff()
        self._under_way: set[asyncio.Task[None]] = set()
        self._thinking: set[asyncio.Task[None]] = set()
        # What went wrong last, and until when that was to be done.
        self._setback: tuple[Exception, float] | None = None
        self._is_broken = False

    @property
    def has_ended(self) -> bool:
        return self._record.study.state.is_terminal

    def merge(self, delta: StudyDelta) -> None:
        self._record.merge(delta, self._clock.now())
        self._news.set()

    async def run(self) -> None:
        enter_trace(self._record.study.traceparent)
        log.info("study taken up", study_id=self._study_id)
        if has_verdict(self._record.study.spec):
            self._thinker.prepare()
        try:
            while not self.has_ended:
                self._news.clear()
                try:
                    await self._go_on()
                except Exception:
                    if self._is_broken:
                        # Even its end failed: whatever it is, the next try may not come at once.
                        await self._pause(self._limit())
                    self._is_broken = True
                    log.exception("a study can't go on", study_id=self._study_id)
        finally:
            left = self._under_way | self._thinking
            for task in left:
                task.cancel()
            if left:
                await asyncio.wait(left)

    async def _go_on(self) -> None:
        if self._setback is not None:
            await self._recover()
            return
        action = self._plan()
        match action:
            case None:
                await self._wait(_LOOK_SECONDS)
            case StartStudy() | EndStudy():
                await self._try(action)
            case _:
                self._begin(action)
                # Planning takes its time; deltas and answers come in between.
                await asyncio.sleep(0)

    def _plan(self) -> Action | None:
        if self._is_broken:
            return _BROKEN
        return next_action(self._record, self._clock.now(), self._max_waiting)

    def _begin(self, action: _Aside) -> None:
        """Goes on with one cohort, or has something thought out, while others are under way."""
        if isinstance(action, RegisterCohort):
            self._record.begin_registration(action)
            if action.purpose in FINALS and has_verdict(self._record.study.spec):
                self._thinker.prepare()
        thought = _THOUGHTS.get(type(action))
        key, tasks = (thought, self._thinking) if thought else (_cohort_of(action), self._under_way)
        self._record.under_way.add(key)
        task = asyncio.create_task(self._try(action), name=key)
        tasks.add(task)
        task.add_done_callback(lambda task: self._end(task, key))

    def _end(self, task: asyncio.Task[None], key: str) -> None:
        self._under_way.discard(task)
        self._thinking.discard(task)
        self._record.under_way.discard(key)
        self._news.set()

    async def _try(self, action: Action) -> None:
        limit = self._limit(action)
        try:
            await within(self._clock, limit, self._perform(action))
        except Exception as error:
            if isinstance(error, Conflict) and isinstance(action, RegisterCohort):
                self._be_refused(action)
            self._setback = (error, limit)
        else:
            self._backoff.reset()

    async def _perform(self, action: Action) -> None:
        record = self._record
        match action:
            case StartStudy():
                record.study = await self._ledger.move_study(self._study_id, StudyState.RUNNING)
            case RegisterCohort(cohort_id, purpose, proposals, finalists, rungs):
                registration = await self._ledger.register_cohort(
                    record.ref(cohort_id), purpose, proposals, finalists, rungs
                )
                record.end_registration(registration.cohort)
                if registration.is_repeated:
                    record.leave_to_others(cohort_id, self._clock.now())
            case PublishCohort(cohort_id):
                await self._queue.put(record.ref(cohort_id))
                record.note_published(cohort_id)
            case MarkCohort(cohort_id):
                await self._ledger.mark_cohort_queued(record.ref(cohort_id))
                record.note_marked(cohort_id, self._clock.now())
            case AskDesigns(wish):
                await self._ask(wish)
            case Judge():
                await self._judge(action)
            case EndStudy(state, detail):
                record.study = await self._ledger.move_study(self._study_id, state, detail)
            case _:
                assert_never(action)

    async def _ask(self, wish: Wish) -> None:
        record = self._record
        try:
            designs = await self._thinker.propose(record.study, wish)
        except BaseException:
            record.search_failures += 1
            raise
        record.search_failures = 0
        record.plan.grant(wish, designs)

    async def _judge(self, action: Judge) -> None:
        record = self._record
        limits = limits_of(record, action.is_final)
        trials = sorted(record.trials, key=lambda trial: trial.number)
        try:
            verdict = await self._thinker.judge(record.study, trials, action.is_final, limits)
        except BaseException:
            # Cut off or failed: a study must not hang on it.
            record.judge_failures += 1
            raise
        await self._ledger.record_verdict(self._study_id, verdict)
        record.take_verdict(verdict, action.round)

    def _be_refused(self, action: RegisterCohort) -> None:
        self._record.give_up_registration(action.cohort_id)
        if action.purpose is Purpose.TEST:
            self._record.untestable = True

    async def _recover(self) -> None:
        """Waits as is fit for what went wrong last; what is under way comes to its end before.

        :raises Exception: what no waiting mends.
        """
        await self._settle()
        assert self._setback is not None
        (error, limit), self._setback = self._setback, None
        match error:
            case Conflict():
                # Somebody was faster: a user with a verb, or another scheduler. The ledger says.
                log.info("refused", study_id=self._study_id, code=error.code)
                await self._wait(_REFUSED_SECONDS)
            case Problem() | TimeoutError() if not isinstance(error, InvalidInput):
                # Whether it was done or not: doing it again is safe.
                log.info("to be tried again", study_id=self._study_id, error=str(error))
                # At the limit something else is due, which must not wait.
                await self._pause(limit)
            case _:
                raise error

    async def _settle(self) -> None:
        """Each has a time limit of its own."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def _wait(self, seconds: float) -> None:
        """Until there is news, or something is due; at most `seconds`."""
        now = self._clock.now()
        due = self._next_phase_change(now)
        until = now + seconds if due is None else min(due, now + seconds)
        await wait_for_event(self._clock, self._news, until)

    async def _pause(self, limit: float) -> None:
        """What is down is not asked more often because there is news."""
        until = self._clock.now() + self._backoff.next()
        await self._clock.sleep_until(min(until, limit))

    def _limit(self, action: Action | None = None) -> float:
        """Nothing may hang so long that what is due next comes late."""
        now = self._clock.now()
        due = self._next_phase_change(now)
        if isinstance(action, Judge):
            # Cut off, it would cost its process, and with that the verdicts to come.
            due = end_of_time(self._record.deadline)
        patience = now + _PATIENCE_SECONDS
        return patience if due is None else min(patience, due)

    def _next_phase_change(self, now: float) -> float | None:
        return next_phase_change(self._record.deadline, self._record.study.spec, now)


def _cohort_of(action: _Aside) -> str:
    assert not isinstance(action, AskDesigns | Judge)
    return action.cohort_id
