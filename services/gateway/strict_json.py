"""JSON from strangers: parsed, then held to what the rest of the gateway can rely on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from layerlab.domain.json_value import JsonObject, JsonValue
from layerlab.domain.problem import InvalidInput, Malformed

MAX_DEPTH: Final = 32
MAX_INTEGER: Final = 2**53 - 1
"""Beyond it a browser reads another number than was written."""

# Python refuses to parse far longer ones, to protect itself; far shorter ones are too large too.
_MAX_DIGITS: Final = 100
# Keys of these objects are names that users gave to columns, and may hold any character.
_FREE_KEYS: Final = frozenset({"column_kinds"})


def parse_object(body: bytes) -> JsonObject:
    """The JSON object in `body`: finite numbers, whole numbers that survive a browser, no key
    twice, no key with `$` or a dot, no lone surrogate, no deep nesting.

    :raises Malformed: `malformed_json`, `too_deep`.
    :raises InvalidInput: `not_an_object`, `duplicate_key`, `invalid_key`, `not_finite`,
        `number_too_large`, `invalid_text`, naming the field.
    """
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_int=_parse_int)
    except UnicodeDecodeError as error:
        raise Malformed(
            "malformed_json",
            f"The body is not UTF-8: byte {error.start} can't be read.",
            hint="Encode the JSON document as UTF-8.",
        ) from error
    except json.JSONDecodeError as error:
        raise Malformed(
            "malformed_json",
            f"The body is no JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
            hint="Send one JSON object.",
        ) from error
    except RecursionError as error:
        raise _too_deep() from error
    if not isinstance(value, dict):
        raise InvalidInput(
            "not_an_object", "The body is no JSON object.", hint='Send {"name": value, …}.'
        )
    check_values(value)
    return value


def check_values(document: JsonObject) -> None:
    """Holds an already parsed document to the same rules; see `parse_object` for its errors."""
    for path, value, depth in _walk(document):
        if depth > MAX_DEPTH:
            raise _too_deep()
        if isinstance(value, str):
            _check_text(path, value)
        elif isinstance(value, (int, float)):
            _check_number(path, value)


def _walk(document: JsonObject) -> Iterator[tuple[str, JsonValue, int]]:
    """Every value with its path. Iterative, because the nesting is the sender's choice."""
    waiting: list[tuple[str, JsonValue, int]] = [("", document, 1)]
    while waiting:
        path, value, depth = waiting.pop()
        yield path, value, depth
        if isinstance(value, dict):
            for key, each in value.items():
                _check_key(path, key)
                waiting.append((f"{path}.{key}" if path else key, each, depth + 1))
        elif isinstance(value, list):
            waiting.extend((f"{path}.{i}", each, depth + 1) for i, each in enumerate(value))


def _check_key(path: str, key: str) -> None:
    _check_text(path or "body", key)
    if path not in _FREE_KEYS and (key.startswith("$") or "." in key):
        raise InvalidInput(
            "invalid_key",
            f"`{key}` is no name of a field: names have no dot and don't start with $.",
            hint="Nest objects instead of dotting names.",
            field=f"{path}.{key}" if path else key,
        )


def _check_text(path: str, text: str) -> None:
    if not text.isprintable() and any("\ud800" <= each <= "\udfff" for each in text):
        raise InvalidInput(
            "invalid_text", f"`{path}` holds half a surrogate pair, which is no text.", field=path
        )


def _check_number(path: str, value: int | float) -> None:
    if value != value or value in (float("inf"), float("-inf")):
        raise InvalidInput(
            "not_finite",
            f"`{path}` must be a finite number, not {value}.",
            field=path,
        )
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise InvalidInput(
            "number_too_large",
            f"`{path}` is a whole number beyond 2^53 - 1.",
            field=path,
        )


def _parse_int(digits: str) -> int | float:
    if len(digits) > _MAX_DIGITS:
        return float("-inf") if digits.startswith("-") else float("inf")
    return int(digits)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for key, value in pairs:
        if key in document:
            # Two readers would see two different documents.
            raise InvalidInput("duplicate_key", f"`{key}` is given twice.", field=key)
        document[key] = value
    return document


def _too_deep() -> Malformed:
    return Malformed(
        "too_deep",
        f"The document is nested more than {MAX_DEPTH} levels deep.",
        hint="No request of this API needs more than five.",
    )
