"""What a trainer and its training child say to each other, as values and as frames.

Down: a job (`TrainJob` or `ScoreJob`), `StopLanes`, `CancelJob`. Up: `Ready` once; then, for each
job, `Beat` and `Progress` as it runs, and one of `Done`, `Scored` and `Failed`. The next job may be
sent while one runs: jobs are done in their order. A process that fits baselines gets a
`BaselineJob` and says `Fitted` of each lane.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, TypeAlias, get_args

from layerlab.domain.baseline import Baseline
from layerlab.domain.cohort_stats import CohortStats
from layerlab.domain.dataset import Task
from layerlab.domain.design import Design
from layerlab.domain.halving import Rung
from layerlab.domain.metric import Metric
from layerlab.domain.spec import Engine
from layerlab.domain.study import EpochReport, Proposal, Standing, TestScore, TrialEnd
from layerlab.domain.trial import FailureReason, StopReason, TrialState
from services.trainer.frames import BrokenFrame, Frame


@dataclass(frozen=True, slots=True)
class ArrayFiles:
    """Paths of .npy files: features (rows, n_inputs) float32, targets (rows,)."""

    features: str
    targets: str


@dataclass(frozen=True, slots=True)
class TrainJob:
    """`seconds_left` until the deadline, from when it is read; None without one.

    Weights are wanted of the best `keep` lanes that beat `best`, the last of the study's `keep`
    best trials so far. `metric` None: the task's. `target_scale`: own units of a standardized one.
    `share` of the training rows are used, those that `rows_key` chooses. `stop_after` so many
    epochs every lane ends, though its schedule lasts `max_epochs`.
    """

    lanes: tuple[Proposal, ...]
    engine: Engine
    task: Task
    n_outputs: int
    train: ArrayFiles
    validation: ArrayFiles
    max_epochs: int
    seconds_left: float | None
    best: Standing | None
    rungs: tuple[Rung, ...] = ()
    metric: Metric | None = None
    target_scale: float = 1.0
    keep: int = 1
    share: float = 1.0
    rows_key: str = ""
    stop_after: int | None = None

    @property
    def last_epoch(self) -> int:
        return min(self.max_epochs, self.stop_after or self.max_epochs)


@dataclass(frozen=True, slots=True)
class ScoreJob:
    """Score trained weights, a safetensors document, on rows of their own. `metric` and
    `target_scale`: as in `TrainJob`."""

    lane: Proposal
    engine: Engine
    task: Task
    rows: ArrayFiles
    weights: bytes
    metric: Metric | None = None
    target_scale: float = 1.0


@dataclass(frozen=True, slots=True)
class BaselineJob:
    """Fit the lanes' baselines and score them; all else as in `TrainJob`. `test` rows are scored,
    too, if there are any."""

    lanes: tuple[Proposal, ...]
    task: Task
    n_outputs: int
    train: ArrayFiles
    validation: ArrayFiles
    test: ArrayFiles | None
    seconds_left: float | None
    metric: Metric | None = None
    target_scale: float = 1.0
    share: float = 1.0
    rows_key: str = ""


@dataclass(frozen=True, slots=True)
class StopLanes:
    """Of the `job`-th job since the child was started; so in `CancelJob`."""

    job: int
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CancelJob:
    job: int


@dataclass(frozen=True, slots=True)
class Ready:
    """It takes jobs; what they need may still be loading. `device` is what it trains on."""

    device: str
    threads: int


@dataclass(frozen=True, slots=True)
class Beat:
    """The job makes progress."""


@dataclass(frozen=True, slots=True)
class Made:
    """What has computed results: versions by name, and the machine's parts by name."""

    versions: Mapping[str, str] = field(default_factory=dict)
    machine: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """What happened since the last one, in one epoch or several. `weights` are those of trial
    `model`, if there is one; `stats` and what has `made` all that come with the last ends."""

    reports: tuple[EpochReport, ...]
    ends: tuple[TrialEnd, ...]
    model: int | None = None
    weights: bytes = b""
    stats: CohortStats | None = None
    made: Made | None = None


@dataclass(frozen=True, slots=True)
class Done:
    pass


@dataclass(frozen=True, slots=True)
class Scored:
    score: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """A baseline's end, its score on the test rows, if these were to be touched, and what has
    `made` them."""

    end: TrialEnd
    test_score: TestScore | None = None
    made: Made | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    reason: FailureReason
    detail: str


Command: TypeAlias = TrainJob | ScoreJob | BaselineJob | StopLanes | CancelJob
Message: TypeAlias = Ready | Beat | Progress | Done | Scored | Fitted | Failed

_BYTES: Final = "weights"
_PROPOSAL_FIELDS: Final = tuple(each.name for each in fields(Proposal))
_REPORT_FIELDS: Final = tuple(each.name for each in fields(EpochReport))


def to_frame(message: Command | Message) -> Frame:
    values = {each.name: getattr(message, each.name) for each in fields(message)}
    payload = values.pop(_BYTES, b"")
    plain = {name: _plain(value) for name, value in values.items()}
    return Frame({"kind": type(message).__name__} | plain, payload)


def command_from_frame(frame: Frame) -> Command:
    """:raises BrokenFrame: when it is none."""
    return _from_frame(frame, _COMMANDS)  # type: ignore[no-any-return]  # The table has only commands.


def message_from_frame(frame: Frame) -> Message:
    """:raises BrokenFrame: when it is none."""
    return _from_frame(frame, _MESSAGES)  # type: ignore[no-any-return]  # The table has only messages.


_COMMANDS: Final = {kind.__name__: kind for kind in get_args(Command)}
_MESSAGES: Final = {kind.__name__: kind for kind in get_args(Message)}


def _from_frame(frame: Frame, kinds: Mapping[str, Any]) -> Any:
    kind = kinds.get(frame.kind)
    if kind is None:
        raise BrokenFrame(f"no message is called {frame.kind!r}")
    try:
        values = {n: _value(n, each) for n, each in frame.header.items() if n != "kind"}
        if any(each.name == _BYTES for each in fields(kind)):
            values[_BYTES] = frame.payload
        return kind(**values)
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenFrame(f"this is no {frame.kind}: {error!r}") from error


def _plain(value: object) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Proposal):
        plain = {name: getattr(value, name) for name in _PROPOSAL_FIELDS}
        return plain | {"design": value.design.to_json()}
    if isinstance(value, EpochReport):
        # By far the most frequent: a row, and not by asdict, which takes ten times as long.
        return [getattr(value, name) for name in _REPORT_FIELDS]
    if isinstance(value, (ArrayFiles, CohortStats, Made, Rung, Standing, TestScore, TrialEnd)):
        return asdict(value)
    return value


def _value(name: str, value: Any) -> object:
    read = _READERS.get(name)
    if read is None or value is None:
        return value
    if isinstance(value, list):
        return tuple(read(each) for each in value)
    return read(value)


def _proposal(value: Mapping[str, Any]) -> Proposal:
    baseline = value["baseline"]
    given = {
        "design": Design.from_json(value["design"]),
        "baseline": Baseline(baseline) if baseline else None,
    }
    return Proposal(**{**value, **given})


def _end(value: Mapping[str, Any]) -> TrialEnd:
    reason, stop = value["reason"], value["stop_reason"]
    enums = {
        "state": TrialState(value["state"]),
        "reason": FailureReason(reason) if reason else None,
        "stop_reason": StopReason(stop) if stop else None,
    }
    return TrialEnd(**{**value, **enums})


# How a field is read from JSON; fields that aren't here are plain values.
_READERS: Final[Mapping[str, Any]] = {
    "lanes": _proposal,
    "lane": _proposal,
    "engine": Engine,
    "task": Task,
    "metric": Metric,
    "train": lambda value: ArrayFiles(**value),
    "validation": lambda value: ArrayFiles(**value),
    "test": lambda value: ArrayFiles(**value),
    "rows": lambda value: ArrayFiles(**value),
    "best": lambda value: Standing(**value),
    "rungs": lambda value: Rung(**value),
    "numbers": int,
    "reports": lambda value: EpochReport(*value),
    "ends": _end,
    "end": _end,
    "test_score": lambda value: TestScore(**value),
    "stats": lambda value: CohortStats(**value),
    "made": lambda value: Made(**value),
    "reason": FailureReason,
}
