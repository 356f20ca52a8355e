"""Pages of anything: their size, and the token that names where the next one begins."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from layerlab.domain.json_value import JsonValue, canonical
from layerlab.domain.problem import InvalidInput
from layerlab.domain.spec import StudyKind
from layerlab.ports import RunStore, StudySummary
from services.gateway.ledger.book import TICK
from services.gateway.ledger.doc import from_time, to_time
from services.gateway.ledger.views import StudyQuery

MAX_PAGE: Final = 1000


async def page_of_studies(store: RunStore, query: StudyQuery) -> tuple[list[StudySummary], str]:
    """Newest first, and the token of the next page. Probes and replays are in no list.

    :raises InvalidInput: `invalid_page_size`, `invalid_page_token`.
    """
    size, token = query.page_size, query.page_token
    check_page_size(size)
    time, shown = _read_token(token) if token else (None, [])
    before = None if time is None else time + TICK
    fresh: list[StudySummary] = []
    async for each in _newest_first(store, before, batch=len(shown) + size + 1):
        if each.study_id not in shown and _is_listed(each, query):
            fresh.append(each)
        if len(fresh) > size:
            break
    page = fresh[:size]
    if len(fresh) == len(page):
        return page, ""
    # Studies of one tick may be on both sides of a page's end: the token names those shown.
    last = page[-1].created_at
    same = [each.study_id for each in page if each.created_at == last]
    return page, encode_token([to_time(last), [*(shown if time == last else []), *same]])


async def _newest_first(
    store: RunStore, before: datetime | None, batch: int
) -> AsyncIterator[StudySummary]:
    """All studies created before `before`, `batch` at a time."""
    seen: set[str] = set()
    while True:
        limit = batch + len(seen)
        page = await store.list_studies(limit=limit, before=before)
        fresh = [each for each in page if each.study_id not in seen]
        for each in fresh:
            yield each
        if len(page) < limit or not fresh:
            return
        # Those of the last tick come again, since there may be more of them.
        last = page[-1].created_at
        seen = {each.study_id for each in page if each.created_at == last}
        before = last + TICK


def _is_listed(summary: StudySummary, query: StudyQuery) -> bool:
    study = json.loads(summary.body)
    # Summaries from before there were other kinds, notes and tags don't say.
    if study.get("kind", StudyKind.STUDY) != StudyKind.STUDY:
        return False
    if (study.get("deleted_at") is not None) is not query.deleted:
        return False
    tags = study.get("tags", [])
    if (query.states and study["state"] not in query.states) or not query.tags.issubset(tags):
        return False
    words = (study["name"], study["target"], study.get("note", ""), *tags)
    return not query.text or any(query.text.casefold() in each.casefold() for each in words)


def _read_token(token: str) -> tuple[datetime, list[str]]:
    match decode_token(token):
        case [str(time), [*shown]] if all(isinstance(each, str) for each in shown):
            try:
                return from_time(time), [str(each) for each in shown]
            except ValueError:
                raise invalid_token() from None
    raise invalid_token()


def check_page_size(size: int) -> None:
    """:raises InvalidInput: `invalid_page_size`."""
    if not 1 <= size <= MAX_PAGE:
        raise InvalidInput(
            "invalid_page_size",
            f"A page has 1 to {MAX_PAGE} entries, not {size}.",
            field="page_size",
        )


def encode_token(parts: JsonValue) -> str:
    return base64.urlsafe_b64encode(canonical(parts).encode()).decode().rstrip("=")


def decode_token(token: str) -> JsonValue:
    """:raises InvalidInput: `invalid_page_token`."""
    try:
        padded = token + "=" * (-len(token) % 4)
        parts: JsonValue = json.loads(base64.b64decode(padded, b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise invalid_token() from None
    return parts


def invalid_token(why: str = "It was not made here.") -> InvalidInput:
    return InvalidInput(
        "invalid_page_token",
        f"This is no page token. {why}",
        hint="Pass on `next_page_token` as it is, with the same query.",
        field="page_token",
    )
