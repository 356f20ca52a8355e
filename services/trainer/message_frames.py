"""Messages as frames. Fields of one name are read alike, whatever message they are of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Final, get_args

from layerlab.domain.baseline import Baseline
from layerlab.domain.cohort_stats import CohortStats
from layerlab.domain.dataset import Task
from layerlab.domain.design import Design
from layerlab.domain.evaluation import EvaluatedRows, Evaluation
from layerlab.domain.evaluation_document import evaluation_from_json, evaluation_to_json
from layerlab.domain.halving import Rung
from layerlab.domain.metric import Metric
from layerlab.domain.spec import Engine
from layerlab.domain.study import EpochReport, Proposal, Standing, TestScore, TrialEnd
from layerlab.domain.trial import FailureReason, StopReason, TrialState
from services.trainer.frames import BrokenFrame, Frame
from services.trainer.messages import ArrayFiles, Command, Made, Message

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
    if isinstance(value, Evaluation):
        return evaluation_to_json(value)
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
    "part": EvaluatedRows,
    "classes": str,
    "evaluation": evaluation_from_json,
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
