"""A domain enum's member and the proto's value have one name, but for the proto's prefix."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Protocol, TypeVar

from layerlab.domain.problem import Malformed

E = TypeVar("E", bound=StrEnum)


class ProtoEnum(Protocol):
    """What every generated enum class offers."""

    def keys(self) -> list[str]: ...
    def Value(self, name: str) -> Any: ...
    def Name(self, number: Any) -> str: ...


def enum_to_proto(value: StrEnum | None, proto: ProtoEnum) -> Any:
    """None is the proto's UNSPECIFIED."""
    return proto.Value(_prefix(proto) + ("UNSPECIFIED" if value is None else value.name))


def enum_from_proto(number: int, proto: ProtoEnum, domain: type[E]) -> E | None:
    """UNSPECIFIED is None.

    :raises Malformed: for a number that this version doesn't know.
    """
    if number == 0:
        return None
    try:
        return domain[proto.Name(number).removeprefix(_prefix(proto))]
    except (ValueError, KeyError) as error:
        raise Malformed("unknown_enum", f"{number} is no known {domain.__name__}.") from error


def required_enum(number: int, proto: ProtoEnum, domain: type[E]) -> E:
    """:raises Malformed: also for UNSPECIFIED."""
    value = enum_from_proto(number, proto, domain)
    if value is None:
        raise Malformed("missing_enum", f"A {domain.__name__} is missing.")
    return value


def _prefix(proto: ProtoEnum) -> str:
    return proto.keys()[0].removesuffix("UNSPECIFIED")
