"""Tracebacks in the services' logs: what nobody has foreseen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from tests.faults.history import Trace

_BEGIN: Final = "Traceback (most recent call last)"
_LOUD: Final = frozenset({"error", "critical"})
# The dead letters themselves are counted, on the broker.
_COUNTED: Final = "cohort moved to the dead letters"


def traces(service: str, log: str) -> Iterator[Trace]:
    """Those of lines logged as errors, and those that were printed past the log."""
    printed: list[str] | None = None
    for line in log.splitlines():
        entry = _entry(line)
        if entry is not None:
            exception = entry.get("exception", "")
            if exception and entry.get("level") in _LOUD and entry.get("event") != _COUNTED:
                yield Trace(service, str(entry.get("event")), exception.splitlines()[-1])
        elif _BEGIN in line:
            printed = []
        elif printed is not None and line[:1].strip():
            # The first line that isn't indented is the error itself.
            yield Trace(service, "a traceback", line)
            printed = None


def _entry(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
