"""Times as MongoDB keeps them, and its clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Final

from layerlab.adapters.mongo_database import MongoDatabase

_TRUSTED_SECONDS: Final = 1.0


def time_text(time: datetime) -> str:
    """One width, so that text order is time order; BSON's own dates drop the microseconds."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


class MongoClock:
    """The primary's clock, asked at most once a second.

    Between two questions it is carried on by this machine's monotonic clock, which nobody sets:
    in a second the two part by microseconds, while leases are measured in seconds. A jump of this
    machine's own clock changes nothing.
    """

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._asked: tuple[datetime, float] | None = None

    async def now(self) -> datetime:
        """UTC. Never ahead of the primary's: the time that its answer took is not added."""
        if self._asked is None or monotonic() - self._asked[1] >= _TRUSTED_SECONDS:
            async with self._database.operation():
                answer = await self._database.clock()
            # One that was long on its way is further behind: no reason to go back in time.
            estimate = _carry_on(self._asked) if self._asked else answer
            is_noise = timedelta(0) < estimate - answer < timedelta(seconds=1)
            self._asked = (estimate if is_noise else answer, monotonic())
        return _carry_on(self._asked)


def _carry_on(asked: tuple[datetime, float]) -> datetime:
    answer, at = asked
    return answer + timedelta(seconds=monotonic() - at)
