"""The type of a parsed JSON document, and its canonical text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

JsonValue: TypeAlias = (
    str | int | float | bool | Sequence["JsonValue"] | Mapping[str, "JsonValue"] | None
)
JsonObject: TypeAlias = Mapping[str, JsonValue]


# Made once: json.dumps with settings makes one a call, and every event is written this way.
_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical(value: JsonValue) -> str:
    """One text per value: keys sorted, no white space, no NaN. What gets hashed or compared.

    :raises ValueError: for NaN and infinities, which JSON cannot say.
    """
    return _ENCODER.encode(value)
