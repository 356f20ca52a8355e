"""What can be wrong with a request, in words that a client can act on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from layerlab.domain.json_value import JsonValue


@dataclasses.dataclass(eq=False)
class Problem(Exception):
    """Base of every error that crosses a border. `wire` maps the subclass to a status, once.

    `code` is stable and machine-readable; `detail` says what is wrong with this request;
    `hint` says what to do about it. `field`, `row` (1 is the first line after the header)
    and `column` locate it. `extra` holds further facts a client may use (a size, a limit).
    """

    code: str
    detail: str
    hint: str = ""
    field: str = ""
    row: int | None = None
    column: str = ""
    extra: Mapping[str, JsonValue] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class InvalidInput(Problem):
    """Understood, and not acceptable: a value, a table, a combination."""


class Malformed(Problem):
    """Not understood at all: broken JSON, a broken message."""


class NotFound(Problem):
    """No such thing, or not for this caller; the two look the same on purpose."""


class Conflict(Problem):
    """Acceptable at another time: the state that the record is in forbids it."""


class UnsupportedMedia(Problem):
    """The bytes are of another kind than the request says or the service reads."""


class TooLarge(Problem):
    """More bytes, rows or columns than the documented limit."""


class TimedOut(Problem):
    """The client sent too slowly."""


class Unavailable(Problem):
    """A part that the request needs is down; trying again later is right."""


class OutOfSpace(Problem):
    """The disk is full; nothing was kept."""
