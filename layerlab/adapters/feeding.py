"""Feeds a consumer as its intake asks for it, whatever the queue is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Generic, NoReturn, Protocol, TypeVar

from layerlab.intake import Demand, Intake

_M = TypeVar("_M")
_M_co = TypeVar("_M_co", covariant=True)
# Between two looks for what nobody else waits for. Each is a command to a broker.
_LOOK_SECONDS: Final = 0.05


class Line(Protocol[_M_co]):
    """Where a consumer gets its messages. An exception from it ends the feeding."""

    async def next(self, paused: asyncio.Event) -> _M_co | None:
        """In line, for as long as it takes, or until `paused` is set: then None, and what came
        meanwhile goes to whoever is next in line."""

    async def spare(self) -> _M_co | None:
        """At once, and only what nobody is in line for."""


class Feeder(Generic[_M]):
    """Delivers each message in a task of its own."""

    def __init__(
        self, line: Line[_M], deliver: Callable[[_M], Awaitable[None]], intake: Intake | None
    ) -> None:
        self._line, self._deliver = line, deliver
        self._intake = intake or Intake()
        self.under_way = 0
        """Messages that are being delivered."""

    async def run(self) -> NoReturn:
        """Until cancelled, which cancels the deliveries, too, or until the line breaks.

        The deliveries don't notice a broken line: its exception is raised when they have ended.
        """
        async with asyncio.TaskGroup() as deliveries:
            broken = await self._take_all(deliveries)
        raise broken

    async def _take_all(self, deliveries: asyncio.TaskGroup) -> Exception:
        try:
            while True:
                message = await self._take()
                self._intake.give()
                self.under_way += 1
                deliveries.create_task(self._deliver_one(message))
        except Exception as error:
            return error

    async def _take(self) -> _M:
        while True:
            self._intake.changed.clear()
            demand, message = self._demand(), None
            if demand is Demand.NEXT:
                message = await self._line.next(self._intake.paused)
            elif demand is Demand.SPARE:
                message = await self._line.spare()
            if message is not None:
                return message
            if demand is Demand.NEXT:
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS if demand is Demand.SPARE else None):
                    await self._intake.changed.wait()

    def _demand(self) -> Demand:
        if self._intake.paused.is_set():
            return Demand.NOTHING
        return self._intake.demand if self.under_way else Demand.NEXT

    async def _deliver_one(self, message: _M) -> None:
        try:
            await self._deliver(message)
        finally:
            self.under_way -= 1
            self._intake.changed.set()
