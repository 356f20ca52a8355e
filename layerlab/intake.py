"""How much a consumer of the queue wants at a time: said by who handles, heeded by the queue."""

from __future__ import annotations

import asyncio
from enum import Enum


class Demand(Enum):
    """What a consumer wants beside the cohorts that it handles."""

    NOTHING = "nothing"
    SPARE = "spare"
    """A cohort that no other consumer is in line for."""
    NEXT = "next"
    """To be in line for a cohort like a consumer that handles none."""


class Intake:
    """One consumer's demand. It is asked for anew for each cohort: being given one ends it.

    A consumer that handles nothing is always in line, whatever this says, unless it is paused.
    """

    def __init__(self) -> None:
        self._demand = Demand.NOTHING
        self.paused = asyncio.Event()
        """For the queue: set while no cohort is wanted, whether any is handled or none."""
        self.changed = asyncio.Event()
        """For the queue: set whenever it should look at the demand again."""

    @property
    def demand(self) -> Demand:
        return self._demand

    def ask(self, demand: Demand) -> None:
        if demand is not self._demand:
            self._demand = demand
            self.changed.set()

    def pause(self) -> None:
        """What is handled goes on; whoever is in line for more steps out of it."""
        self.paused.set()
        self.changed.set()

    def resume(self) -> None:
        self.paused.clear()
        self.changed.set()

    def give(self) -> None:
        """The queue has given it a cohort."""
        self._demand = Demand.NOTHING
