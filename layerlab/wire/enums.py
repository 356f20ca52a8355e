"""A domain enum's member and the proto's value have one name, but for the proto's prefix."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any, Protocol, TypeVar

from layerlab.domain.problem import Malformed

E = TypeVar("E", bound=StrEnum)


class ProtoEnum(Protocol):
    """What every generated enum class offers."""

    def __hash__(self) -> int: ...
    def keys(self) -> list[str]: ...
    def Value(self, name: str) -> Any: ...


def enum_to_proto(value: StrEnum | None, proto: ProtoEnum) -> Any:
    """None is the proto's UNSPECIFIED."""
    return _numbers(proto)["UNSPECIFIED" if value is None else value.name]


def enum_from_proto(number: int, proto: ProtoEnum, domain: type[E]) -> E | None:
    """UNSPECIFIED is None.

    :raises Malformed: for a number that this version doesn't know.
    """
    if number == 0:
        return None
    try:
        return domain[_names(proto)[number]]
    except KeyError as error:
        raise Malformed("unknown_enum", f"{number} is no known {domain.__name__}.") from error


def required_enum(number: int, proto: ProtoEnum, domain: type[E]) -> E:
    """:raises Malformed: also for UNSPECIFIED."""
    value = enum_from_proto(number, proto, domain)
    if value is None:
        raise Malformed("missing_enum", f"A {domain.__name__} is missing.")
    return value


# Once for each enum: a trial on the wire has six of them.
@cache
def _numbers(proto: ProtoEnum) -> Mapping[str, int]:
    """By name, without the proto's prefix."""
    names = proto.keys()
    prefix = names[0].removesuffix("UNSPECIFIED")
    return {name.removeprefix(prefix): proto.Value(name) for name in names}


@cache
def _names(proto: ProtoEnum) -> Mapping[int, str]:
    return {number: name for name, number in _numbers(proto).items()}
