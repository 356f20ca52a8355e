"""The shapes of what REST answers. The page's types are generated from them.

The documents themselves are made by `ledger.documents`; a test holds them to these shapes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from layerlab.domain.dataset import ColumnKind, Task
from layerlab.domain.design import Activation, ClassWeight, Norm, Optimizer, Schedule
from layerlab.domain.event import EventType
from layerlab.domain.recipe import RecipeName
from layerlab.domain.spec import Engine, Search
from layerlab.domain.trial import FailureReason, StopReason, StudyState, TrialState


class Document(BaseModel):
    """Every field is always there; what is unknown is null."""

    model_config = ConfigDict(extra="forbid")


class TopValueDocument(Document):
    value: str
    count: int


class ColumnDocument(Document):
    name: str
    kind: ColumnKind
    reason: str = Field(description="Why this kind was inferred, in a sentence.")
    missing: int
    distinct: int = Field(description="Different values among those present; exact.")
    minimum: float | None = Field(description="Of finite numbers; dates in seconds since 1970.")
    maximum: float | None
    mean: float | None
    infinite: int
    integers: bool
    top: list[TopValueDocument] = Field(description="Most frequent first.")


class WarningDocument(Document):
    code: str
    detail: str
    column: str = Field(description="Empty when it is about the whole table.")


class DatasetDocument(Document):
    dataset_id: str = Field(description="SHA-256 of the uploaded bytes.")
    name: str = Field(description="For people only.")
    rows: int
    size_bytes: int
    columns: list[ColumnDocument]
    suggested_target: str
    suggested_task: Task
    warnings: list[WarningDocument]
    encoding: str
    delimiter: str
    created_at: datetime


class DatasetList(Document):
    datasets: list[DatasetDocument] = Field(description="Newest first.")


class SampleDocument(Document):
    name: str
    title: str
    description: str
    target: str
    task: Task
    rows: int
    columns: int
    source: str = Field(description="Where the table comes from, and its license.")


class SampleList(Document):
    samples: list[SampleDocument]


class PresetDocument(Document):
    name: str
    space: dict[str, Any] = Field(description="As in a study's request.")
    designs: int | None = Field(description="How many there are; null when uncountable.")


class PresetList(Document):
    presets: list[PresetDocument]


class DesignDocument(Document):
    hidden: list[int] = Field(description="Widths of the hidden layers, first layer first.")
    activation: Activation
    norm: Norm
    dropout: float
    residual: bool
    optimizer: Optimizer
    learning_rate: float
    weight_decay: float
    batch_size: int
    momentum: float = Field(description="Only sgd has it.")
    schedule: Schedule = Field(description="Of the learning rate, after the warm-up.")
    warmup_epochs: float = Field(description="Over which the learning rate rises from 0.")
    class_weight: ClassWeight = Field(description="balanced: rare classes count more.")


class TrialDocument(Document):
    number: int = Field(description="Counts from 1 within the study.")
    state: TrialState
    reason: FailureReason | None
    stop_reason: StopReason | None
    detail: str
    design: DesignDocument
    engine: Engine
    seed: int
    cohort_id: str
    score_val: float | None = Field(description="Accuracy or R² on the validation rows.")
    score_test: float | None = Field(description="Of the finalist only, measured once.")
    val_loss: float | None
    best_epoch: int | None
    epochs: int
    fit_time_seconds: float | None
    n_params: int | None
    n_layers: int
    attempt: int
    worker_id: str
    has_model: bool
    created_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None


class CurvePointDocument(Document):
    epoch: int
    train_loss: float | None
    val_loss: float | None
    score_val: float | None
    elapsed_seconds: float


class TrialWithCurve(TrialDocument):
    curve: list[CurvePointDocument]


class TrialPageDocument(Document):
    trials: list[TrialDocument]
    next_page_token: str = Field(description="Empty: there are no more.")
    total_size: int


class BudgetDocument(Document):
    max_trials: int | None
    max_epochs: int
    time_seconds: float | None


class HalvingDocument(Document):
    factor: int = Field(description="At each rung about one lane in so many goes on.")
    min_epochs: int = Field(description="No lane is dropped before it has trained for so many.")


class ProgressDocument(Document):
    done: int
    total: int
    running: int
    elapsed_seconds: float
    eta_low_seconds: float | None
    eta_high_seconds: float | None


class StudyDocument(Document):
    study_id: str
    name: str
    state: StudyState
    detail: str
    dataset_id: str
    dataset_name: str
    target: str
    task: Task
    metric: Literal["accuracy", "r2"]
    preset: str
    space: dict[str, Any]
    search: Search
    recipe: RecipeName
    engine: Engine
    seed: int
    column_kinds: dict[str, ColumnKind]
    budget: BudgetDocument
    halving: Literal["off"] | HalvingDocument = Field(
        description="What `auto` came to, if that was asked for."
    )
    progress: ProgressDocument
    best: TrialDocument | None
    seq: int = Field(description="The number of the study's last event.")
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class StudyPageDocument(Document):
    studies: list[StudyDocument] = Field(description="Newest first.")
    next_page_token: str


class SplitDocument(Document):
    """Rows of the file, from 0 after the header."""

    train: list[int]
    validation: list[int]
    test: list[int]


class EventDocument(Document):
    """What `data` holds is said for each type in ARCHITECTURE.md, under Events."""

    v: Literal[1]
    seq: int = Field(description="Counts from 1 within the study, without a gap.")
    time: datetime
    type: EventType
    subject: str
    data: dict[str, Any]


class HelloData(Document):
    study: StudyDocument


class HelloFrame(Document):
    """The first frame; `seq` is the last event's number."""

    v: Literal[1]
    type: Literal["hello"]
    seq: int
    data: HelloData


class HeartbeatFrame(Document):
    v: Literal[1]
    type: Literal["heartbeat"]
    seq: int


class ResetFrame(Document):
    """The cursor was beyond the log: forget everything, the events from 1 follow."""

    v: Literal[1]
    type: Literal["reset"]
    seq: int


Frame: TypeAlias = EventDocument | HelloFrame | HeartbeatFrame | ResetFrame


class WorkerDocument(Document):
    worker_id: str
    incarnation: str = Field(description="New at every start of the worker.")
    host: str
    pid: int
    device: str
    threads: int
    version: str
    heartbeat_at: datetime
    study_id: str = Field(description="What it trains, if anything.")
    cohort_id: str
    attempt: int
    draining: bool
    connected: bool
    disconnected_at: datetime | None = Field(description="When it was seen to go, if it was.")


class QueueDocument(Document):
    """Cohorts of studies that have not ended, as the ledger knows them."""

    waiting: int
    running: int


class WorkerList(Document):
    workers: list[WorkerDocument]
    queue: QueueDocument


class AliveDocument(Document):
    status: Literal["alive"]


class ReadyDocument(Document):
    status: Literal["ready", "unavailable", "closing"]
    unavailable: list[str] = Field(
        description="`store`, `ingest`, `datasets`: what can't be reached."
    )


class LocationDocument(Document):
    row: int | None = Field(default=None, description="1 is the first line after the header.")
    column: str | None = None


class ProblemDocument(BaseModel):
    """RFC 9457, with a stable `code` and what to do about it; absent parts are left out."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str
    hint: str | None = None
    field: str | None = None
    location: LocationDocument | None = None
    trace_id: str | None = Field(default=None, description="Finds the log lines of the request.")
