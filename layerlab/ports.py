"""What the services need from the world. A docstring here is the contract of every adapter."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeAlias

from layerlab.domain.dataset import Dataset, TableRows
from layerlab.domain.evaluation import Evaluation
from layerlab.domain.event import Event
from layerlab.domain.exchange import (
    Attended,
    Claim,
    QueueReport,
    Reclaimed,
    Registration,
    ReportAck,
    ReportBatch,
    StudyDelta,
)
from layerlab.domain.halving import Rung
from layerlab.domain.matrices import MatricesHeader, MatrixChunk, MatrixSpec, Part, Split
from layerlab.domain.study import CohortRef, Proposal, Purpose, Study
from layerlab.domain.trial import FailureReason, StudyState
from layerlab.domain.verdict import Verdict
from layerlab.domain.worker import Worker
from layerlab.intake import Intake


class Requeue(Exception):
    """Raised by a handler to give its cohort back to the queue, to be delivered again later."""


class SeqConflict(Exception):
    """Somebody else has appended to this study's log first: read on, decide again."""


Handler: TypeAlias = Callable[[CohortRef], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """Counts of messages, as they were a moment ago.

    `unacknowledged` is a lower bound: at least so many are with consumers. It counts those of
    this process, and never a message that is lost. `consumers`: as the broker counts
    them, all that are in line for the next message, and perhaps some that handle one.
    """

    ready: int
    unacknowledged: int
    dead: int
    consumers: int = 0


class JobQueue(Protocol):
    """Delivers each cohort at least once, to one consumer at a time.

    A cohort never waits with a busy consumer while an idle one is in line.
    """

    @property
    def broker(self) -> str:
        """What holds the messages, by the name that its operators know."""

    @property
    def survives_restart(self) -> bool:
        """Whether what was put is still there after this process has died."""

    async def put(self, cohort: CohortRef) -> None:
        """Returns once the broker has taken responsibility for `cohort`.

        :raises Unavailable: when it has not; putting again is safe.
        """

    async def consume(self, handle: Handler, intake: Intake | None = None) -> None:
        """Feeds cohorts to `handle` until cancelled: one at a time, and whenever `intake` asks
        for it another one beside those that are being handled.

        Returning completes the cohort; `Requeue` or cancellation gives it back;
        any other exception moves it to the dead letters, as does a message that can't be read.
        """

    async def depth(self) -> QueueDepth:
        """How many cohorts wait, are being handled, and are dead.

        :raises Unavailable: when the broker does not tell.
        """

    async def ping(self) -> None:
        """Returns when the broker has answered.

        :raises Unavailable: when it has not, or takes no messages for now.
        """


@dataclass(frozen=True, slots=True)
class StudySummary:
    """What a list of studies shows, kept beside the log so that a list reads no log.

    `body` is the study's JSON document; the store doesn't look inside.
    """

    study_id: str
    seq: int
    active: bool
    created_at: datetime
    body: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A study folded up to `seq`, so that opening it reads only the events after that."""

    seq: int
    body: str


class RunStore(Protocol):
    """The ledger's memory. A study is its event log; the rest only makes reading it fast.

    Whatever has returned is durable: it survives `kill -9` of every process.
    Every operation raises `Unavailable` while the store can't be reached.
    """

    async def now(self) -> datetime:
        """The store's clock, UTC: leases are measured by it."""

    async def append(
        self, study_id: str, after: int, events: Sequence[Event], summary: StudySummary
    ) -> None:
        """Appends `events`, numbered after + 1, after + 2, …, all or none; the summary follows.

        This is the ledger's compare-and-set: of two writers with the same `after`, one wins.

        :raises SeqConflict: when the log does not end at `after`.
        """

    async def read_events(
        self, study_id: str, after: int = 0, limit: int = 1000, subject: str = ""
    ) -> list[Event]:
        """At most `limit` events with a seq above `after`, in order, of `subject` if given."""

    async def last_seq(self, study_id: str) -> int:
        """0 for a study that was never appended to."""

    async def list_studies(
        self, active_only: bool = False, limit: int = 100, before: datetime | None = None
    ) -> list[StudySummary]:
        """Newest first; created before `before`, if given."""

    async def save_snapshot(self, study_id: str, snapshot: Snapshot) -> None:
        """Keeps the newest: an older one than the one that is there changes nothing."""

    async def load_snapshot(self, study_id: str) -> Snapshot | None: ...

    async def put_dataset(self, dataset: Dataset) -> None:
        """Idempotent by id; a later name replaces the earlier one."""

    async def get_dataset(self, dataset_id: str) -> Dataset | None: ...

    async def list_datasets(self, limit: int = 100) -> list[Dataset]:
        """Newest first."""

    async def put_worker(self, worker: Worker) -> None:
        """Replaces what was known of this worker id; its heartbeat is also its lease.

        One with an older heartbeat than the known one changes nothing: it came late. Of two
        with one heartbeat the later one counts.
        """

    async def list_workers(self, seen_after: datetime) -> list[Worker]:
        """Sorted by id."""

    async def set_drained(self, worker_id: str, incarnation: str) -> None:
        """Remembers that this start of a worker is to take no more; "" forgets it. The last word
        counts."""

    async def drained_workers(self) -> Mapping[str, str]:
        """Incarnations by worker id, also of workers that are long gone."""

    async def put_queue_report(self, report: QueueReport) -> None:
        """The last word counts."""

    async def queue_report(self) -> tuple[QueueReport, datetime] | None:
        """The last one, and when it came, by the store's clock."""

    async def remember_answer(self, key: str, request_hash: str, body: str) -> bool:
        """Keeps the first answer to an idempotency key; False when there is one already."""

    async def recall_answer(self, key: str) -> tuple[str, str] | None:
        """(request hash, body) of the first answer, if any within the last 24 hours."""


class DatasetStore(Protocol):
    """Files by name, whole or not at all. Names are made by us (hashes and fixed words)."""

    async def put(self, name: str, source: Path) -> None:
        """Moves or copies the file `source` in; `name` then reads whole or is absent.

        Putting the same name again replaces it.

        :raises OutOfSpace: nothing was kept.
        """

    async def put_bytes(self, name: str, body: bytes) -> None:
        """As `put`, for what is small."""

    async def exists(self, name: str) -> bool: ...

    def open(self, name: str) -> AbstractAsyncContextManager[Path]:
        """A local path to read from while the context is open.

        :raises NotFound: `no_such_file`.
        """

    async def list_names(self, prefix: str) -> list[str]:
        """Sorted."""

    async def delete(self, name: str) -> None:
        """Deleting what isn't there is no error."""


class EventFeed(Protocol):
    """Tells the gateway's readers that a study's log has grown. It wakes; it doesn't carry.

    A reader that is woken reads the log itself, so a lost or doubled wake-up loses nothing.
    """

    async def announce(self, study_id: str, seq: int) -> None:
        """The log of `study_id` now ends at `seq` or later."""

    def subscribe(self, study_id: str | None) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """Ids of studies that have grown since the last one was taken; None: of any study.

        A slow reader misses repeats, never the last one; nor is a fast one told of each.

        :raises Unavailable: on entering, while growth elsewhere can't be heard of.
        """


class CohortLedger(Protocol):
    """The ledger as a trainer sees it. Everything can be repeated safely.

    :raises Unavailable: from every operation, while the ledger can't be reached: try again.
    """

    async def claim_cohort(self, cohort: CohortRef, worker_id: str, incarnation: str) -> Claim:
        """Takes a cohort over from a worker that is seen to be gone before its lease expires.

        :raises NotFound: no such cohort: the message is nonsense.
        """

    def report_cohort(
        self, cohort: CohortRef, attempt: int, batches: AsyncIterator[ReportBatch]
    ) -> AsyncIterator[ReportAck]:
        """Sends `batches`; yields what the ledger says. One acknowledgement may cover several.

        Ends when the batches do, after the last acknowledgement. After `Unavailable`, call again
        with the batches that were not acknowledged, under their old numbers.
        """

    async def release_cohort(
        self, cohort: CohortRef, attempt: int, reason: FailureReason | None, detail: str = ""
    ) -> bool:
        """Gives the cohort up; True: it is QUEUED again, so give its message back too.

        Without a reason it is handed back in good order, which counts as no failure.
        """

    def attend(self, reports: AsyncIterator[Worker]) -> AsyncIterator[Attended]:
        """Is there for as long as `reports` go on: each renews the lease of what it trains.

        Yields, for each, when the next one is due, and whether to drain; and once more when
        somebody asks for that. Ends when the reports do. A stream that breaks off tells the ledger
        that the worker is gone. After `Unavailable`, call again.
        """

    async def upload_model(self, study_id: str, number: int, attempt: int, weights: bytes) -> None:
        """Keeps a safetensors document; afterwards the trial's end may say `has_model`."""

    async def download_model(self, study_id: str, number: int) -> bytes:
        """:raises NotFound: when the trial has no model."""

    async def upload_evaluation(
        self, cohort: CohortRef, attempt: int, number: int, evaluation: Evaluation
    ) -> None:
        """Keeps it; afterwards a batch of this attempt may say that the trial was evaluated.

        :raises NotFound: no such cohort.
        """


class StudyLedger(Protocol):
    """The ledger as the scheduler sees it. Everything can be repeated safely.

    :raises Unavailable: from every operation, while the ledger can't be reached: try again.
    """

    def watch_studies(self) -> AsyncIterator[StudyDelta]:
        """Every study that has not ended, whole, then every change, its end included."""

    async def register_cohort(
        self,
        cohort: CohortRef,
        purpose: Purpose,
        proposals: Sequence[Proposal] = (),
        finalists: Sequence[int] = (),
        rungs: Sequence[Rung] = (),
    ) -> Registration:
        """Records a cohort, its trials and its rungs; a repeat gives what was registered first.

        :raises Conflict: when the study takes no new trials, or a number is in another cohort.
        """

    async def mark_cohort_queued(self, cohort: CohortRef) -> None:
        """The broker has its message. Changes nothing when it has been claimed already."""

    async def move_study(self, study_id: str, to: StudyState, detail: str = "") -> Study:
        """Starts or ends a study; an end cancels the trials that have not ended.

        :raises Conflict: for a move that the scheduler may not make.
        """

    async def record_verdict(self, study_id: str, verdict: Verdict) -> None:
        """What the study's trials come to so far; repeating the last one changes nothing.

        :raises Conflict: when the study has ended.
        """

    async def reclaim_cohorts(self, include_queued: bool) -> Reclaimed:
        """Takes back cohorts whose lease has expired: they are PENDING, to be published again.

        `include_queued`: also those that are QUEUED, for a queue that has forgotten them.
        """

    async def report_queue(self, report: QueueReport) -> None:
        """What the broker says of the queue, for people to see. It is old after a few seconds."""


class MatrixSource(Protocol):
    """Prepared matrices of a study.

    :raises Unavailable: while ingest can't be reached.
    """

    def fetch_matrices(
        self, spec: MatrixSpec, parts: Sequence[Part]
    ) -> AsyncIterator[MatricesHeader | MatrixChunk]:
        """The header, then each part's x and y in chunks.

        :raises NotFound: no such dataset.
        """


class Ingest(MatrixSource, Protocol):
    """Turns CSV into datasets."""

    async def store_dataset(self, name: str, chunks: AsyncIterator[bytes]) -> Dataset:
        """:raises Problem: what is wrong with the table, and where; nothing is kept then."""

    async def read_rows(self, dataset_id: str, limit: int) -> TableRows:
        """The first `limit` rows, or fewer of a wide table.

        :raises NotFound: no such dataset.
        """

    async def get_split(self, spec: MatrixSpec) -> Split:
        """:raises NotFound: no such dataset."""
