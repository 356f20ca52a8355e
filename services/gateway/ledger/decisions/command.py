"""A command, and what it leads to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeAlias, TypeVar

from layerlab.domain.event import EventType
from layerlab.domain.json_value import JsonObject
from services.gateway.ledger.fold import Record

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Draft:
    """An event before it has its number and its time."""

    type: EventType
    subject: str
    data: JsonObject


@dataclass(frozen=True, slots=True)
class Decision(Generic[T]):
    """The events that follow, and the answer, taken from the record after them."""

    drafts: tuple[Draft, ...]
    answer: Callable[[Record], T]


Command: TypeAlias = Callable[[Record, datetime], Decision[T]]


def answering(value: T, *drafts: Draft) -> Decision[T]:
    """A decision whose answer is known already."""
    return Decision(drafts, lambda _: value)


def look(read: Callable[[Record, datetime], T]) -> Command[T]:
    """A command that changes nothing, of a study that exists.

    :raises NotFound: `unknown_study`, and whatever `read` raises.
    """

    def decide(record: Record, now: datetime) -> Decision[T]:
        _ = record.study
        # Read here, so that what it raises is this command's own.
        return answering(read(record, now))

    return decide
