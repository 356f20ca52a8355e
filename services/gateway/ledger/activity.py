"""What happened to a study, newest first."""

from __future__ import annotations

from typing import Final

from layerlab.domain.event import Event, EventType
from layerlab.ports import RunStore
from services.gateway.ledger.pages import check_page_size, decode_token, encode_token, invalid_token
from services.gateway.ledger.views import ActivityPage

# The log is read from its end in parts; a page may be short where many epochs are reported.
_PART: Final = 1000
_MOST_PARTS: Final = 20


async def page_of_activity(
    store: RunStore, study_id: str, last: int, size: int, token: str
) -> ActivityPage:
    """Without reports of epochs. `last`: the number of the study's last event.

    :raises InvalidInput: `invalid_page_size`, `invalid_page_token`.
    """
    check_page_size(size)
    end = _read_token(token, last) if token else last
    found: list[Event] = []
    for _ in range(_MOST_PARTS):
        if end == 0 or len(found) >= size:
            break
        start = max(0, end - _PART)
        events = await store.read_events(study_id, start, end - start)
        notable = (each for each in events if each.type is not EventType.EPOCHS_REPORTED)
        found += reversed([*notable])
        end = start
    page = found[:size]
    if len(found) > size:
        end = page[-1].seq - 1
    return ActivityPage(tuple(page), encode_token([end]) if end else "")


def _read_token(token: str, last: int) -> int:
    match decode_token(token):
        case [int(end)] if 0 < end <= last:
            return end
    raise invalid_token()
