"""Typed reading of the ledger's own JSON: what is there was written by the ledger itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar, cast

from layerlab.domain.json_value import JsonObject, JsonValue

E = TypeVar("E", bound=StrEnum)


def to_time(value: datetime) -> str:
    """RFC 3339, UTC, to the millisecond: no store keeps less, and text sorts as time does."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_optional_time(value: datetime | None) -> str | None:
    return None if value is None else to_time(value)


def from_time(value: str) -> datetime:
    """:raises ValueError: when it is no RFC 3339 time with a zone."""
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError(f"no time zone: {value!r}")
    return time if time.tzinfo is UTC else time.astimezone(UTC)


class Doc:
    """A JSON object read field by field.

    :raises TypeError: when a field is missing or of another type: another program wrote this.
    """

    __slots__ = ("fields",)

    def __init__(self, fields: JsonValue) -> None:
        if not isinstance(fields, Mapping):
            raise TypeError(f"not an object: {fields!r}")
        self.fields: JsonObject = fields

    def text(self, name: str) -> str:
        value = self.fields.get(name)
        if not isinstance(value, str):
            raise TypeError(f"{name!r} is no text: {value!r}")
        return value

    def whole(self, name: str) -> int:
        value = self.fields.get(name)
        if not isinstance(value, int):
            raise TypeError(f"{name!r} is no whole number: {value!r}")
        return value

    def number(self, name: str) -> float:
        value = self.fields.get(name)
        if not isinstance(value, (int, float)):
            raise TypeError(f"{name!r} is no number: {value!r}")
        return value

    def flag(self, name: str) -> bool:
        value = self.fields.get(name)
        if not isinstance(value, bool):
            raise TypeError(f"{name!r} is neither true nor false: {value!r}")
        return value

    def time(self, name: str) -> datetime:
        return from_time(self.text(name))

    def member(self, name: str, kind: type[E]) -> E:
        value = self.text(name)
        member = kind._value2member_map_.get(value)
        # The class is called for its complaint only: it takes ten times as long.
        return member if isinstance(member, kind) else kind(value)

    def doc(self, name: str) -> Doc:
        return Doc(self.fields.get(name))

    def object(self, name: str) -> JsonObject:
        value = self.fields.get(name)
        if not isinstance(value, Mapping):
            raise TypeError(f"{name!r} is no object: {value!r}")
        return value

    def items(self, name: str) -> Sequence[JsonValue]:
        value = self.fields.get(name)
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise TypeError(f"{name!r} is no list: {value!r}")
        return value

    def docs(self, name: str) -> list[Doc]:
        return [Doc(each) for each in self.items(name)]

    def wholes(self, name: str) -> tuple[int, ...]:
        values = self.items(name)
        # Lists can be as long as a study: no Python code a value.
        if not set(map(type, values)) <= {int}:
            raise TypeError(f"{name!r} is no list of whole numbers: {values!r}")
        return cast("tuple[int, ...]", tuple(values))

    def texts(self, name: str) -> tuple[str, ...]:
        values = self.items(name)
        if not all(isinstance(each, str) for each in values):
            raise TypeError(f"{name!r} is no list of texts: {values!r}")
        return tuple(each for each in values if isinstance(each, str))

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.fields.get(name) is not None

    def optional_whole(self, name: str) -> int | None:
        return self.whole(name) if self.has(name) else None

    def optional_number(self, name: str) -> float | None:
        return self.number(name) if self.has(name) else None

    def optional_time(self, name: str) -> datetime | None:
        return self.time(name) if self.has(name) else None

    def optional_member(self, name: str, kind: type[E]) -> E | None:
        return self.member(name, kind) if self.has(name) else None
