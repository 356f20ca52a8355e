"""Times, JSON documents, and numbers that may be absent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from layerlab.domain.json_value import JsonObject, JsonValue

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_A_DAY: Final = 86_400


def time_to_proto(value: datetime | None) -> Timestamp | None:
    """To the microsecond, which is all that a datetime knows."""
    if value is None:
        return None
    # What Timestamp.FromDatetime does, at a third of its cost; a trial has three times.
    since = value - _EPOCH
    return Timestamp(
        seconds=since.days * _SECONDS_A_DAY + since.seconds, nanos=since.microseconds * 1000
    )


def time_from_proto(value: Timestamp) -> datetime:
    return _EPOCH + timedelta(seconds=value.seconds, microseconds=value.nanos // 1000)


def optional_time(message: Message, field: str) -> datetime | None:
    return time_from_proto(getattr(message, field)) if message.HasField(field) else None


def optional(message: Message, field: str) -> Any:
    """A field with presence, or None."""
    return getattr(message, field) if message.HasField(field) else None


def struct_from_json(value: JsonObject) -> Struct:
    return ParseDict(dict(value), Struct())


def struct_to_json(value: Struct) -> dict[str, JsonValue]:
    plain = _restore_integers(MessageToDict(value))
    assert isinstance(plain, dict)
    return plain


def _restore_integers(value: JsonValue) -> JsonValue:
    # A Struct has one kind of number. Whole ones were integers, or may as well have been.
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _restore_integers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_restore_integers(each) for each in value]
    return value
