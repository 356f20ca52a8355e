"""Reading the log: following a study, watching all of them, a trial's curve."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from typing import Final, TypeVar

from layerlab.domain.event import Event, EventType, cohort_subject
from layerlab.domain.exchange import StudyDelta
from layerlab.domain.problem import InvalidInput, NotFound
from layerlab.domain.study import Trial
from layerlab.domain.trial import StudyState
from layerlab.ports import EventFeed, RunStore
from services.gateway.ledger.actor import PAGE, StudyActor
from services.gateway.ledger.book import Book
from services.gateway.ledger.decisions.command import look
from services.gateway.ledger.doc import Doc
from services.gateway.ledger.fold import Record
from services.gateway.ledger.progress import seconds_left
from services.gateway.ledger.views import CurvePoint

K = TypeVar("K", int, str)

TRIALS_PER_DELTA: Final = 1000


async def follow(
    store: RunStore, feed: EventFeed, actor: StudyActor, after: int
) -> AsyncIterator[Event]:
    """Every event after `after`, in order and without a gap, until the study has ended.

    :raises NotFound: `unknown_study`.
    :raises InvalidInput: `invalid_cursor`, when `after` is beyond the log.
    """
    # Subscribed before the first look: what comes between the two wakes this reader.
    async with feed.subscribe(actor.study_id) as wakes:
        last, ended = await actor.do(look(_end_of))
        if not 0 <= after <= last:
            raise InvalidInput(
                "invalid_cursor",
                f"The log of study {actor.study_id} ends at {last}, before {after}.",
                field="after",
                extra={"seq": last},
            )
        if ended and after == last:
            return
        while True:
            # Memory first: of many followers of one study, few ask the store.
            page = actor.recent(after) or await store.read_events(actor.study_id, after, PAGE)
            for event in page:
                yield event
                if _ends_study(event):
                    return
            if page:
                after = page[-1].seq
            elif ended:
                # Its end was before `after`: what came later are its users' words.
                return
            else:
                await anext(wakes)


def _end_of(record: Record, now: datetime) -> tuple[int, bool]:
    return record.seq, record.study.state.is_terminal


def _ends_study(event: Event) -> bool:
    if event.type is not EventType.STUDY_STATE_CHANGED:
        return False
    return Doc(event.data).member("to", StudyState).is_terminal


async def watch(book: Book, feed: EventFeed) -> AsyncIterator[StudyDelta]:
    """Every study that has not ended, whole, then every change of a state, the end included."""
    sent: dict[str, int] = {}
    async with feed.subscribe(None) as wakes:
        for study_id in await book.active():
            for delta in await _news(book, study_id, sent):
                yield delta
        async for study_id in wakes:
            for delta in await _news(book, study_id, sent):
                yield delta


async def _news(book: Book, study_id: str, sent: dict[str, int]) -> list[StudyDelta]:
    since = sent.get(study_id)
    try:
        deltas = await book.actor(study_id).do(look(_delta_since(since)))
    except NotFound:
        # Announced by one who has read more of the store than this reader yet.
        return []
    if deltas:
        sent[study_id] = deltas[-1].seq
        if deltas[-1].study.state.is_terminal:
            # Nothing follows an end.
            del sent[study_id]
    return deltas


def _delta_since(since: int | None) -> Callable[[Record, datetime], list[StudyDelta]]:
    def read(record: Record, now: datetime) -> list[StudyDelta]:
        first = since is None
        if first and record.study.state.is_terminal:
            return []
        trials = [record.trials[n] for n in _changed(record.trial_changes, since or 0)]
        cohorts = [
            record.cohorts[cohort_id].cohort
            for cohort_id in _changed(record.cohort_changes, since or 0)
        ]
        if not (first or trials or cohorts or record.study_change > (since or 0)):
            return []
        pages = [
            tuple(trials[start : start + TRIALS_PER_DELTA])
            for start in range(0, len(trials), TRIALS_PER_DELTA)
        ] or [()]
        return [
            StudyDelta(
                study=record.study,
                trials=page,
                cohorts=tuple(cohorts) if index == 0 else (),
                seq=record.seq,
                complete=not first or index == len(pages) - 1,
                seconds_left=seconds_left(record, now),
            )
            for index, page in enumerate(pages)
        ]

    return read


def _changed(changes: dict[K, int], since: int) -> list[K]:
    """What has changed after `since`; the rest, which may be long, is not looked at."""

    def latest() -> Iterator[K]:
        for key in reversed(changes):
            if changes[key] <= since:
                return
            yield key

    return sorted(latest())


async def curve(store: RunStore, study_id: str, trial: Trial) -> tuple[CurvePoint, ...]:
    """The epochs of the trial's current attempt."""
    points: list[CurvePoint] = []
    subject, after = cohort_subject(study_id, trial.cohort_id), 0
    while True:
        page = await store.read_events(study_id, after, PAGE, subject)
        for event in page:
            points += _points(event, trial)
        if len(page) < PAGE:
            return tuple(points)
        after = page[-1].seq


def _points(event: Event, trial: Trial) -> Iterator[CurvePoint]:
    data = Doc(event.data)
    if event.type is not EventType.EPOCHS_REPORTED or data.whole("attempt") != trial.attempt:
        return
    for report in data.docs("reports"):
        if report.whole("number") == trial.number:
            yield CurvePoint(
                epoch=report.whole("epoch"),
                train_loss=report.optional_number("train_loss"),
                val_loss=report.optional_number("val_loss"),
                score_val=report.optional_number("score_val"),
                elapsed_seconds=report.number("elapsed_seconds"),
            )
