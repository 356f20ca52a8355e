"""Many trials as JSON, an array a field: of thousands, a quarter of the bytes of an object each,
and read in half of the time. What repeats is written once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from enum import StrEnum
from itertools import repeat
from operator import attrgetter
from typing import Any, Final, TypeVar

from layerlab.domain.baseline import Baseline
from layerlab.domain.design import DESIGN_FIELDS, Design, parse_field
from layerlab.domain.json_value import JsonObject, JsonValue
from layerlab.domain.spec import Engine
from layerlab.domain.study import Purpose, Trial
from layerlab.domain.trial import FailureReason, StopReason, TrialState
from services.gateway.ledger.doc import Doc, from_time, to_time

T = TypeVar("T")
Read = Callable[[JsonValue], object]

_TIMES: Final = ("created_at", "started_at", "ended_at")
_MEMBERS: Final[dict[str, type[StrEnum]]] = {
    "state": TrialState,
    "engine": Engine,
    "reason": FailureReason,
    "stop_reason": StopReason,
    "purpose": Purpose,
    "baseline": Baseline,
}
# Of the same few values in a whole study, or cohort.
_REPEATING: Final = frozenset(
    (*_TIMES, *_MEMBERS, "cohort_id", "worker_id", "detail", "attempt", "has_model", "repeat")
) | (frozenset(DESIGN_FIELDS) - {"learning_rate"})
_FIELDS: Final = tuple(each for each in fields(Trial) if each.name != "design")


def trials_to_columns(trials: Sequence[Trial]) -> JsonObject:
    designs = [each.design for each in trials]
    return {
        "count": len(trials),
        "design": {name: _write(designs, name) for name in DESIGN_FIELDS},
        **{each.name: _write(trials, each.name) for each in _FIELDS},
    }


def trials_from_columns(doc: Doc) -> list[Trial]:
    """The inverse of `trials_to_columns`. A field that is younger than the text has its default.

    :raises TypeError: when a column is missing, or not as long as the others.
    :raises InvalidInput: when a design's value is out of its range.
    """
    count, of_design = doc.whole("count"), doc.doc("design")
    designs = _build(
        Design, [_read(of_design, each, _parser(each.name), count) for each in fields(Design)]
    )
    columns = {each.name: _read(doc, each, _reader(each.name), count) for each in _FIELDS}
    in_order = [designs if each.name == "design" else columns[each.name] for each in fields(Trial)]
    return _build(Trial, in_order)


def _build(kind: Callable[..., T], columns: Iterable[Iterable[Any]]) -> list[T]:
    return list(map(kind, *columns))


def _write(records: Sequence[Trial] | Sequence[Design], name: str) -> JsonValue:
    values = list(map(attrgetter(name), records))
    if name not in _REPEATING:
        return values
    places: dict[Any, int] = {}
    at: list[JsonValue] = [places.setdefault(each, len(places)) for each in values]
    return {"values": [_to_json(name, each) for each in places], "at": at}


def _to_json(name: str, value: Any) -> JsonValue:
    if value is None:
        return None
    if name in _TIMES:
        return to_time(value)
    written: JsonValue = list(value) if name == "hidden" else value
    return written


def _read(doc: Doc, of: Field[Any], read: Read, count: int) -> Iterable[object]:
    if not doc.has(of.name) and of.default is not MISSING:
        return repeat(of.default, count)
    if isinstance(doc.fields.get(of.name), Mapping):
        coded = doc.doc(of.name)
        values = list(map(read, coded.items("values")))
        found = [values[place] for place in coded.wholes("at")]
    else:
        found = list(map(read, doc.items(of.name)))
    if len(found) != count:
        raise TypeError(f"{of.name!r} has {len(found)} values of {count}")
    return found


def _reader(name: str) -> Read:
    kind = _MEMBERS.get(name)
    if kind is not None:
        return lambda value: None if value is None else kind(str(value))
    if name in _TIMES:
        return lambda value: None if value is None else from_time(str(value))
    return _as_it_is


def _parser(name: str) -> Read:
    return lambda value: parse_field(name, value)


def _as_it_is(value: JsonValue) -> object:
    return value
