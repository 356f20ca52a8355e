"""JSON from strangers."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerlab.domain.problem import InvalidInput, Malformed, Problem
from services.gateway.strict_json import MAX_DEPTH, MAX_INTEGER, parse_object

_KEYS = st.text(st.characters(codec="utf-8", exclude_characters=".$"), max_size=8)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_KEYS, _VALUES, max_size=5))
def test_an_honest_document_is_read_as_it_is(document: dict[str, object]) -> None:
    assert parse_object(json.dumps(document).encode()) == document
    assert parse_object(json.dumps(document, ensure_ascii=False).encode()) == document


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8")))
def test_any_bytes_are_read_or_refused_in_words(body: bytes) -> None:
    try:
        answer: object = parse_object(body)
    except (InvalidInput, Malformed) as problem:
        answer = problem.detail
    assert answer == {} or answer


@pytest.mark.parametrize(
    ("body", "kind", "code", "field"),
    [
        (b'{"a": NaN}', InvalidInput, "not_finite", "a"),
        (b'{"a": {"b": [1, -Infinity]}}', InvalidInput, "not_finite", "a.b.1"),
        (b'{"a": 1e999}', InvalidInput, "not_finite", "a"),
        (b'{"a": 9007199254740992}', InvalidInput, "number_too_large", "a"),
        (b'{"a": ' + b"9" * 10_000 + b"}", InvalidInput, "not_finite", "a"),
        (b'{"a": -' + b"9" * 10_000 + b"}", InvalidInput, "not_finite", "a"),
        (b'{"a": {"b": 1, "b": 2}}', InvalidInput, "duplicate_key", "b"),
        (b'{"a": {"$gt": ""}}', InvalidInput, "invalid_key", "a.$gt"),
        (b'{"a.b": 1}', InvalidInput, "invalid_key", "a.b"),
        (b'{"a": "\\ud800"}', InvalidInput, "invalid_text", "a"),
        (b'{"\\udfff": 1}', InvalidInput, "invalid_text", "body"),
        (b"\xff", Malformed, "malformed_json", ""),
        (b"[" * 100_000, Malformed, "too_deep", ""),
        (b'{"a":' * 40 + b"1" + b"}" * 40, Malformed, "too_deep", ""),
    ],
)
def test_what_cannot_be_relied_on_is_refused(
    body: bytes, kind: type[Problem], code: str, field: str
) -> None:
    with pytest.raises(kind) as refused:
        parse_object(body)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_names_of_columns_may_have_dots_and_dollars() -> None:
    document = {"column_kinds": {"sepal.length": "number", "$price": "number"}}
    assert parse_object(json.dumps(document).encode()) == document


def test_the_deepest_document_that_is_allowed_is_read() -> None:
    body = b'{"a":' * (MAX_DEPTH - 1) + b"1" + b"}" * (MAX_DEPTH - 1)
    assert "a" in parse_object(body)
