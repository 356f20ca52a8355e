"""One study, live: its commands are decided one after another and written in groups."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from time import monotonic
from typing import Any, Final, Generic, TypeVar

import structlog

from layerlab.domain.event import Event
from layerlab.domain.json_value import canonical
from layerlab.domain.problem import Problem, Unavailable
from layerlab.ports import EventFeed, RunStore, SeqConflict, StudySummary
from services.gateway.ledger.decisions.command import Command, Draft
from services.gateway.ledger.documents import study_to_json
from services.gateway.ledger.fold import Record
from services.gateway.ledger.progress import view
from services.gateway.ledger.saving import Snapshots
from services.gateway.ledger.snapshot import restore_snapshot

log = structlog.get_logger()
T = TypeVar("T")

PAGE: Final = 1000
_GROUP: Final = 512
_TAIL: Final = 2000
_TRIES: Final = 50
# How long another gateway that has written the same study is expected to write on.
_RIVAL_SECONDS: Final = 5.0


class Job(Generic[T]):
    """A command that waits for its answer.

    With `after`, it fails as soon as that one has: what builds on a report that was not
    recorded must not be recorded either.
    """

    def __init__(self, command: Command[T], after: Job[Any] | None = None) -> None:
        self.done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.error: Exception | None = None
        self._command = command
        self._after = after
        self._answer: T | None = None

    @property
    def is_durable(self) -> bool:
        """Answered, and not refused."""
        return self.done.done() and not self.done.cancelled() and self.error is None

    def decide(self, record: Record, now: datetime) -> list[Event]:
        """Decides on `record` and folds what follows into it; deciding again starts over."""
        self.error = self._after.error if self._after is not None else None
        if self.error is not None:
            return []
        try:
            decision = self._command(record, now)
        except Exception as error:
            if not isinstance(error, Problem):
                log.exception("a command failed", study_id=record.study_id)
            # Nothing has been folded in yet, so that the others of its group don't suffer.
            self.error = error
            return []
        events = [
            _number(draft, record.seq + 1 + index, now)
            for index, draft in enumerate(decision.drafts)
        ]
        for event in events:
            record.apply(event)
        self._answer = decision.answer(record)
        return events

    def settle(self) -> None:
        # A long stream of reports is a chain; what is settled lets go of what came before.
        self._after = None
        if self.done.done():
            return
        if self.error is None:
            self.done.set_result(self._answer)  # type: ignore[arg-type]  # Set by decide.
        else:
            self.done.set_exception(self.error)


class StudyActor:
    """Decides on the record in memory, and answers when what follows is durable.

    A group of commands shares one append. The append proves that the record was current, since
    it is a compare-and-set; a group without events asks the store for the log's end instead. So
    no answer is given from a record that another gateway has overtaken.
    """

    def __init__(self, study_id: str, store: RunStore, feed: EventFeed) -> None:
        self.study_id = study_id
        self._store = store
        self._feed = feed
        self._jobs: deque[Job[Any]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._record: Record | None = None
        self._snapshots = Snapshots(study_id, store)
        self._rival_at = -_RIVAL_SECONDS
        self._tail: deque[Event] = deque(maxlen=_TAIL)

    @property
    def is_idle(self) -> bool:
        return self._task is None and self._snapshots.is_idle

    @property
    def is_active(self) -> bool:
        """Whether its study is known, and has not ended."""
        study = self._record.found if self._record else None
        return study is not None and not study.state.is_terminal

    async def do(self, command: Command[T]) -> T:
        return await self.submit(command).done

    def submit(self, command: Command[T], after: Job[Any] | None = None) -> Job[T]:
        """The order of submission is the order of decision."""
        job = Job(command, after)
        # Whoever gave up waiting leaves an error that nobody will look at.
        job.done.add_done_callback(_look_at)
        self._jobs.append(job)
        if self._task is None:
            self._task = asyncio.create_task(self._work(), name=f"study {self.study_id}")
        return job

    async def finish(self) -> None:
        """Returns when everything submitted has been answered, and what was due is saved."""
        while self._task is not None:
            await asyncio.wait([self._task])
        await self._snapshots.finish()

    def recent(self, after: int) -> list[Event]:
        """Durable events after `after` from memory; none when they reach back further."""
        if not self._tail or self._tail[0].seq > after + 1:
            return []
        return list(islice(self._tail, after + 1 - self._tail[0].seq, None))

    async def _work(self) -> None:
        try:
            while self._jobs:
                group = [self._jobs.popleft() for _ in range(min(len(self._jobs), _GROUP))]
                await self._answer(group)
        finally:
            self._task = None

    async def _answer(self, group: Sequence[Job[Any]]) -> None:
        events: list[Event] = []
        try:
            events = await self._decide(group)
        except Exception as error:
            # What is in memory may be ahead of what is durable: read it again.
            self._forget()
            for job in group:
                job.error = error
            if not isinstance(error, Problem):
                log.exception("a group of commands failed", study_id=self.study_id)
        for job in group:
            job.settle()
        if events:
            await self._publish(events)

    async def _decide(self, group: Sequence[Job[Any]]) -> list[Event]:
        for _ in range(_TRIES):
            record = self._record or await self._load()
            # While another gateway writes this study, too, what was decided is often refused. A
            # copy costs much less then than to fold the study anew.
            durable = record.copy() if self._has_rival else None
            now = in_milliseconds(await self._store.now())
            events = [event for job in group for event in job.decide(record, now)]
            if await self._is_current(record, events, now):
                self._tail.extend(events)
                return events
            await self._go_back_to(durable)
        raise Unavailable("log_contended", f"Study {self.study_id} is written by too many.")

    async def _is_current(self, record: Record, events: Sequence[Event], now: datetime) -> bool:
        """Whether the group was decided at the log's end; its events are durable then."""
        if not events:
            return await self._store.last_seq(self.study_id) == record.seq
        # Until the append has returned, what is in memory is not what is durable.
        self._record = None
        try:
            after = events[0].seq - 1
            await self._store.append(self.study_id, after, events, _summary(record, now))
        except SeqConflict:
            self._rival_at = monotonic()
            return False
        self._record = record
        return True

    @property
    def _has_rival(self) -> bool:
        return monotonic() - self._rival_at < _RIVAL_SECONDS

    async def _go_back_to(self, durable: Record | None) -> None:
        """Drops what was decided too late, and reads what others have written."""
        self._record = self._record or durable
        if self._record is None:
            self._forget()
        else:
            await self._read_on(self._record)

    async def _load(self) -> Record:
        snapshot = await self._store.load_snapshot(self.study_id)
        record = restore_snapshot(snapshot) if snapshot else None
        self._snapshots.start_from(record.seq if record else 0)
        record = record or Record(self.study_id)
        await self._read_on(record)
        self._record = record
        return record

    async def _read_on(self, record: Record) -> None:
        while True:
            page = await self._store.read_events(self.study_id, record.seq, PAGE)
            for event in page:
                record.apply(event)
            self._tail.extend(page)
            if len(page) < PAGE:
                return

    def _forget(self) -> None:
        self._record = None
        self._tail.clear()

    async def _publish(self, events: Sequence[Event]) -> None:
        try:
            await self._feed.announce(self.study_id, events[-1].seq)
        except Unavailable as problem:
            # The events are durable, and a later announcement makes up for this.
            log.warning("a study was not announced", study_id=self.study_id, why=problem)
        except Exception:
            log.exception("a study was not announced", study_id=self.study_id)
        if self._record is not None:
            self._snapshots.offer(self._record)


def in_milliseconds(time: datetime) -> datetime:
    """What JSON and every store can keep, so that a fold of the log equals the live record."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def _number(draft: Draft, seq: int, now: datetime) -> Event:
    return Event(seq, now, draft.type, draft.subject, draft.data)


def _summary(record: Record, now: datetime) -> StudySummary:
    return StudySummary(
        study_id=record.study_id,
        seq=record.seq,
        active=not record.study.state.is_terminal,
        created_at=record.study.created_at,
        body=canonical(study_to_json(view(record, now))),
    )


def _look_at(done: asyncio.Future[Any]) -> None:
    if not done.cancelled():
        done.exception()
