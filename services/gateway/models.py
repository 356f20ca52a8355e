"""The shapes of what REST answers. The page's types are generated from them.

The documents themselves are made by `ledger.documents`; a test holds them to these shapes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from layerlab.domain.baseline import Baseline
from layerlab.domain.dataset import ColumnKind, Task
from layerlab.domain.design import Activation, ClassWeight, Norm, Optimizer, Schedule
from layerlab.domain.event import EventType
from layerlab.domain.metric import Metric
from layerlab.domain.recipe import RecipeName
from layerlab.domain.spec import Engine, Search, StudyKind, VerdictMode
from layerlab.domain.splitting import SplitMethod
from layerlab.domain.study import Purpose, StudyPhase
from layerlab.domain.trial import FailureReason, StopReason, StudyState, TrialState


class Document(BaseModel):
    """Every field is always there; what is unknown is null."""

    model_config = ConfigDict(extra="forbid")


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
    recipe: RecipeName | None = Field(
        description="How features are prepared; null: as the study's."
    )
    missing_indicators: bool = Field(description="A second input says where a cell is missing.")
    group_rare: bool = Field(description="Rare categories of a column share one input.")


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
    score_val: float | None = Field(description="The study's metric, on the validation rows.")
    score_test: float | None = Field(description="Of those that were tested, measured once.")
    val_loss: float | None
    best_epoch: int | None
    epochs: int
    fit_time_seconds: float | None
    n_params: int | None
    n_layers: int
    attempt: int
    worker_id: str
    has_model: bool
    purpose: Purpose = Field(description="Why it trains; `search`: to find designs.")
    repeat: int = Field(description="0: the study's own split; 1, 2, …: resamplings.")
    share: float = Field(description="Of the training rows, the part that it trains on.")
    baseline: Baseline | None = Field(description="With one, `design` says nothing.")
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


class SplitSpecDocument(Document):
    method: SplitMethod
    column: str | None = Field(description="Of the groups, or of the times.")
    folds: int


class ConstraintsDocument(Document):
    max_params: int | None
    max_trial_seconds: float | None


class TrialKeyDocument(Document):
    study_id: str
    number: int


class ReplayDocument(Document):
    seed: int
    repeat: int
    share: float
    epochs: int
    evaluates: bool = Field(False, description="On its validation rows.")
    model_of: TrialKeyDocument | None = Field(
        None, description="Whose weights are evaluated; null: it is trained again."
    )


class StudyEstimateDocument(Document):
    """What was predicted, and what it took."""

    estimate_id: str
    seconds_low: float
    seconds_high: float
    bytes_low: int
    bytes_high: int
    trials: int
    is_rough: bool
    actual_seconds: float | None = Field(description="Null until the study has ended.")


class TallyDocument(Document):
    done: int = 0
    total: int = 0


class ProgressDocument(Document):
    """`done` and `total` are of the search, `finals` of what follows, as far as it is planned.

    `cancelled` are those of `done` that were not trained to an end.
    """

    done: int
    total: int
    running: int
    elapsed_seconds: float
    eta_low_seconds: float | None
    eta_high_seconds: float | None
    phase: StudyPhase = StudyPhase.SEARCH
    finals: TallyDocument = TallyDocument()
    cancelled: int = 0


class StudyDocument(Document):
    study_id: str
    name: str
    state: StudyState
    detail: str
    dataset_id: str
    dataset_name: str
    target: str
    task: Task
    metric: Metric = Field(description="Of log_loss, rmse and mae the lower is the better.")
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
    split: SplitSpecDocument
    constraints: ConstraintsDocument
    designs: list[DesignDocument] = Field(description="Users' own, tried first.")
    verdict: VerdictMode = Field(
        description="What was asked for; the verdict has a path of its own."
    )
    verdict_headline: str | None = Field(
        description="Of the last verdict; null while there is none."
    )
    estimate: StudyEstimateDocument | None = Field(description="If it was created with one.")
    kind: StudyKind = Field(description="`probe` and `replay` are in no list.")
    replay: ReplayDocument | None
    progress: ProgressDocument
    best: TrialDocument | None
    seq: int = Field(description="The number of the study's last event.")
    note: str = Field(description="Its users' own words.")
    tags: list[str]
    deleted_at: datetime | None = Field(
        description="Since when it is in no list; `:restore` brings it back."
    )
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class ActivityDocument(Document):
    """An event, but none of a report of epochs."""

    seq: int
    time: datetime
    type: EventType
    subject: str
    data: dict[str, Any]


class ActivityPageDocument(Document):
    entries: list[ActivityDocument] = Field(description="Newest first.")
    next_page_token: str


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
