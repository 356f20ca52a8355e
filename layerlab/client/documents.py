"""What the server says, as values. `document` is the JSON that a value was made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Design:
    """One network and how to train it. Strings where the server may know more than this client."""

    hidden: tuple[int, ...]
    activation: str
    norm: str
    dropout: float
    residual: bool
    optimizer: str
    learning_rate: float
    weight_decay: float
    batch_size: int
    # Older servers don't say these.
    momentum: float = 0.9
    schedule: str = "constant"
    warmup_epochs: float = 0.0
    class_weight: str = "none"


@dataclass(frozen=True, slots=True)
class Trial:
    """One design trained once. Scores are accuracy or R²: higher is better."""

    number: int
    state: str
    design: Design
    engine: str
    seed: int
    reason: str | None
    stop_reason: str | None
    detail: str
    score_val: float | None
    score_test: float | None
    val_loss: float | None
    best_epoch: int | None
    epochs: int
    fit_time_seconds: float | None
    n_params: int | None
    n_layers: int
    attempt: int
    worker_id: str
    document: Mapping[str, Any] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class CohortStats:
    """What the training of a cohort took. Bytes are those beyond an idle training process."""

    lanes: int
    groups: int
    padding_share: float
    predicted_bytes: int
    peak_bytes: int | None
    train_seconds: float
    flops: float
    flops_per_second: float


@dataclass(frozen=True, slots=True)
class Cohort:
    """Trials, by number, that one trainer trained together; `stats` once they have ended."""

    cohort_id: str
    purpose: str
    state: str
    numbers: tuple[int, ...]
    attempt: int
    worker_id: str
    stats: CohortStats | None
    document: Mapping[str, Any] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Progress:
    """`total` is the plan; the rest of the time is a range, in seconds, once it can be told."""

    done: int
    total: int
    running: int
    elapsed_seconds: float
    eta_low_seconds: float | None
    eta_high_seconds: float | None
    document: Mapping[str, Any] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: str
    reason: str
    missing: int
    distinct: int
    document: Mapping[str, Any] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Dataset:
    dataset_id: str
    name: str
    rows: int
    size_bytes: int
    columns: tuple[Column, ...]
    suggested_target: str
    suggested_task: str
    document: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def warnings(self) -> list[str]:
        """What is odd about the table, a sentence each."""
        return [str(each["detail"]) for each in self.document.get("warnings", ())]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a study; `seq` counts from 1 without a gap."""

    seq: int
    time: str
    type: str
    subject: str
    data: Mapping[str, Any]


def read_trial(document: Mapping[str, Any]) -> Trial:
    design = {**document["design"], "hidden": tuple(document["design"]["hidden"])}
    return _read(Trial, {**document, "design": _read(Design, design), "document": document})


def read_cohort(document: Mapping[str, Any]) -> Cohort:
    stats = document.get("stats")
    values = {
        "numbers": tuple(document["numbers"]),
        "stats": _read(CohortStats, stats) if stats else None,
        "document": document,
    }
    return _read(Cohort, {**document, **values})


def read_progress(document: Mapping[str, Any]) -> Progress:
    return _read(Progress, {**document, "document": document})


def read_dataset(document: Mapping[str, Any]) -> Dataset:
    columns = tuple(_read(Column, {**each, "document": each}) for each in document["columns"])
    return _read(Dataset, {**document, "columns": columns, "document": document})


def read_event(document: Mapping[str, Any]) -> Event:
    return _read(Event, document)


def _read(kind: type[T], document: Mapping[str, Any]) -> T:
    """Fields that this client doesn't know are left out: a newer server may send more. What an
    older one doesn't send is the field's default, None without one."""
    known = fields(kind)  # type: ignore[arg-type]  # Only dataclasses above.
    defaults = {each.name: None if each.default is MISSING else each.default for each in known}
    return kind(**{name: document.get(name, default) for name, default in defaults.items()})
