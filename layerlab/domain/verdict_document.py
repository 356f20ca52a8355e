"""A verdict as JSON: in the ledger, on the wire and in public answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final, TypeVar

from layerlab.domain.baseline import Baseline
from layerlab.domain.design import Design
from layerlab.domain.json_value import JsonObject, JsonValue
from layerlab.domain.metric import Metric
from layerlab.domain.problem import Malformed
from layerlab.domain.verdict import (
    Comparison,
    Contender,
    CurveStep,
    Effect,
    Importance,
    Interval,
    Outcome,
    Relation,
    Verdict,
)

T = TypeVar("T")


def verdict_to_json(verdict: Verdict) -> dict[str, JsonValue]:
    document = _plain(verdict)
    assert isinstance(document, dict)
    return document


def verdict_from_json(value: JsonObject) -> Verdict:
    """What a version that knows more has added is left out.

    :raises Malformed: `not_a_verdict`.
    """
    try:
        return _build(Verdict, value)
    except (KeyError, TypeError, ValueError) as error:
        raise Malformed("not_a_verdict", f"This is no verdict: {error!r}.") from error


def _plain(value: Any) -> JsonValue:
    if isinstance(value, Design):
        return value.to_json()
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if hasattr(value, "__dataclass_fields__"):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    return value  # type: ignore[no-any-return]  # Texts (enums among them), numbers, None.


def _build(kind: type[T], value: JsonObject) -> T:
    known = {each.name for each in fields(kind)}  # type: ignore[arg-type]  # Dataclasses all.
    return kind(**{name: _read(name, each) for name, each in value.items() if name in known})


def _read(name: str, value: Any) -> Any:
    if value is None:
        return None
    read = _READERS.get(name)
    if isinstance(value, list):
        return tuple(read(each) if read else each for each in value)
    return read(value) if read else value


def _of(kind: type[T]) -> Callable[[JsonObject], T]:
    return lambda value: _build(kind, value)


_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "outcome": Outcome,
    "metric": Metric,
    "relation": Relation,
    "baseline": Baseline,
    "design": Design.from_json,
    "interval": _of(Interval),
    "test_interval": _of(Interval),
    "contenders": _of(Contender),
    "rivals": _of(Comparison),
    "baselines": _of(Comparison),
    "ablation": _of(Effect),
    "importances": _of(Importance),
    "learning_curve": _of(CurveStep),
}
