"""What the server says, as values. `document` is the JSON that a value was made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Protocol, TypeVar

from layerlab.client.errors import LayerLabError
from layerlab.domain.evaluation import Evaluation

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
    recipe: str | None = None
    missing_indicators: bool = False
    group_rare: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """One design trained once. Scores are natural values of the study's metric."""

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
    # Older servers don't say these.
    purpose: str = "search"
    repeat: int = 0
    share: float = 1.0
    baseline: str | None = None
    document: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    source: TrialSource | None = field(default=None, repr=False, compare=False)

    def receipt(self) -> dict[str, Any]:
        """What its result depends on: dataset, split, recipe, design, seed, versions, machine.

        :raises NotFound: before its cohort has ended.
        """
        return self._source.receipt(self.number)

    def verify(self, timeout: float = 60.0) -> Verification:
        """Has the server train it again, and compares; waits for that, `timeout` seconds at most.

        :raises RequestFailed: `not_replayable`, for baselines and for what has no score.
        """
        return self._source.verify(self.number, timeout)

    def evaluation(self, timeout: float = 60.0) -> Evaluation:
        """Where it is right and where it is wrong; see `Study.evaluation`."""
        return self._source.evaluation(self.number, timeout)

    @property
    def _source(self) -> TrialSource:
        if self.source is None:
            raise LayerLabError("This trial is not from a study: ask one for it.")
        return self.source


@dataclass(frozen=True, slots=True)
class Verification:
    """A trial that was trained again. `state`: RUNNING, MATCHES, DIFFERS or FAILED.

    `same_machine`: results must be equal to the last bit; None: not known.
    """

    verification_id: str
    state: str
    differences: tuple[str, ...]
    same_machine: bool | None
    detail: str
    document: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def matches(self) -> bool:
        return self.state == "MATCHES"


class TrialSource(Protocol):
    """The study that a trial is of."""

    def receipt(self, number: int) -> dict[str, Any]: ...

    def verify(self, number: int, timeout: float = 60.0) -> Verification: ...

    def evaluation(self, number: int, timeout: float = 60.0) -> Evaluation: ...


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a study would take, as ranges. `designs`: of the space; None when uncountable.
    `is_rough`: it could not be measured well.
    """

    estimate_id: str
    seconds_low: float
    seconds_high: float
    bytes_low: int
    bytes_high: int
    trials: int
    designs: int | None
    is_rough: bool
    document: Mapping[str, Any] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class AddedDesigns:
    """`added` will be tried next; `known` were asked for before: trial numbers, None without."""

    added: tuple[Design, ...]
    known: tuple[tuple[Design, int | None], ...]


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
    """`total` is the plan of the search; the rest of the time, with all that follows, is a range
    in seconds, once it can be told. `phase`: search, confirm, explain, test or ended. `finals` has
    the trials after the search: `{"done": …, "total": …}`, as far as they are planned.
    `cancelled` are those of `done` that were not trained to an end.
    """

    done: int
    total: int
    running: int
    elapsed_seconds: float
    eta_low_seconds: float | None
    eta_high_seconds: float | None
    document: Mapping[str, Any] = field(repr=False, compare=False)
    phase: str = "search"
    finals: Mapping[str, int] = field(default_factory=dict)
    cancelled: int = 0


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


def read_trial(document: Mapping[str, Any], source: TrialSource | None = None) -> Trial:
    values = {"design": read_design(document["design"]), "document": document, "source": source}
    return _read(Trial, {**document, **values})


def read_design(document: Mapping[str, Any]) -> Design:
    return _read(Design, {**document, "hidden": tuple(document["hidden"])})


def read_verification(document: Mapping[str, Any]) -> Verification:
    values = {"differences": tuple(document["differences"]), "document": document}
    return _read(Verification, {**document, **values})


def read_estimate(document: Mapping[str, Any]) -> Estimate:
    seconds, size = document["seconds"], document["bytes"]
    values = {
        "seconds_low": seconds["low"],
        "seconds_high": seconds["high"],
        "bytes_low": size["low"],
        "bytes_high": size["high"],
        "document": document,
    }
    return _read(Estimate, {**document, **values})


def read_added(document: Mapping[str, Any]) -> AddedDesigns:
    known = ((read_design(each["design"]), each["number"]) for each in document["known"])
    return AddedDesigns(tuple(map(read_design, document["added"])), tuple(known))


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
