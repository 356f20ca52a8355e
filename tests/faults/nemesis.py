"""Does what the plan says, while others try to work."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

import httpx

from tests.e2e.proxy import CuttingProxy
from tests.faults.cluster import Cluster
from tests.faults.history import Fault
from tests.faults.messages import copies, poison, publish
from tests.faults.plan import Kind, Step

_UP_SECONDS: Final = 60.0
# RabbitMQ's own default, and one that every node is above.
_WATERMARK, _DROWNED = "0.4", "0.00001"


class Nemesis:
    """`faults` is what was done, `poison` how many messages of it no trainer can read."""

    def __init__(self, cluster: Cluster, seed: int) -> None:
        self.faults: list[Fault] = []
        self.poison = 0
        self._cluster = cluster
        self._drawn = random.Random(seed)
        self._lasting: list[threading.Thread] = []

    @property
    def kills(self) -> int:
        return sum(fault.kind == Kind.KILL for fault in self.faults)

    def run(
        self, steps: Sequence[Step], tell: Callable[[str], None], enough: threading.Event
    ) -> None:
        """Returns when all is done and over, or once it is `enough`.

        What lasts overlaps with what comes next.
        """
        for step in steps:
            if enough.wait(step.pause):
                break
            tell(f"{step.kind} {step.target} {step.seconds or '':.3}")
            self.do(step)
        self.wait()

    def wait(self) -> None:
        """Until nothing lasts any more."""
        for thread in self._lasting:
            thread.join()
        self._lasting.clear()

    def do(self, step: Step) -> None:
        """Returns at once when it is a fault that lasts."""
        match step.kind:
            case Kind.KILL:
                self._kill(step.target)
            case Kind.POISON:
                bodies = poison(self._drawn)
                # Whether the broker has taken them or not.
                self.poison += len(bodies)
                self._publish(step, bodies)
            case Kind.DUPLICATE:
                self._publish(step, self._copies())
            case _:
                thread = threading.Thread(target=self._last, args=(step,), daemon=True)
                self._lasting.append(thread)
                thread.start()

    def _kill(self, name: str) -> None:
        # The dead can't be killed, and what never gets up does no work that could be lost.
        self._cluster.wait_until_up(name, _UP_SECONDS)
        began = time.time()
        pid = self._cluster.kill(name)
        self._note(Step(0, Kind.KILL, name), began, pid)

    def _last(self, step: Step) -> None:
        began, pid = time.time(), 0
        match step.kind:
            case Kind.STOP:
                pid = self._cluster.servers[step.target].pid
                _stop([pid], step.seconds)
            case Kind.STOP_CHILD:
                _stop(self._cluster.children_of(step.target), step.seconds)
            case Kind.ALARM:
                self._drown(step.seconds)
            case _:
                _break(self._cluster.links[step.target], step)
        self._note(step, began, pid)

    def _drown(self, seconds: float) -> None:
        for watermark, pause in ((_DROWNED, seconds), (_WATERMARK, 0.0)):
            # A node that is down has no alarm, and comes up with none.
            with suppress(AssertionError, subprocess.TimeoutExpired):
                self._cluster.broker.control("set_vm_memory_high_watermark", watermark)
            time.sleep(pause)

    def _publish(self, step: Step, bodies: list[bytes]) -> None:
        began = time.time()
        with suppress(OSError, TimeoutError):
            publish(self._cluster.broker.url, bodies)
        self._note(step, began, 0)

    def _copies(self) -> list[bytes]:
        """Of cohorts that are being trained, or of all that there are."""
        with suppress(httpx.HTTPError), httpx.Client(base_url=self._cluster.url, timeout=5) as http:
            workers: list[dict[str, Any]] = http.get("/v1/workers").json().get("workers", [])
            busy = [each for each in workers if each["cohort_id"]]
            if busy:
                chosen = self._drawn.choice(busy)
                return copies(chosen["study_id"], chosen["cohort_id"])
        return []

    def _note(self, step: Step, began: float, pid: int) -> None:
        self.faults.append(Fault(step.kind.value, step.target, began, time.time(), pid))


def _stop(pids: list[int], seconds: float) -> None:
    for number, pause in ((signal.SIGSTOP, seconds), (signal.SIGCONT, 0.0)):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        time.sleep(pause)


def _break(link: CuttingProxy, step: Step) -> None:
    match step.kind:
        case Kind.CUT:
            link.cut()
        case Kind.PART:
            link.part()
        case Kind.BLACKHOLE:
            link.blackhole()
    time.sleep(step.seconds)
    link.heal()
