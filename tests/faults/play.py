"""A cluster with users and a nemesis on it, from its first request to the verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final

import httpx

from tests.faults.cluster import Cluster
from tests.faults.collect import collect
from tests.faults.history import History
from tests.faults.nemesis import Nemesis
from tests.faults.workload import Workload

_PATIENCE_SECONDS: Final = 90.0
_POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Holder:
    """The trainer that has a cohort, and which attempt of it."""

    trainer: str
    worker_id: str
    cohort_id: str
    attempt: int


class Play:
    """Open it with `with`; `end` says what happened, once all studies have ended."""

    def __init__(self, cluster: Cluster, seed: int, rows: int = 1500, epochs: int = 30) -> None:
        self.cluster = cluster
        # What was logged before is another play's.
        self._marks = {service.name: len(service.output) for service in cluster.services()}
        self.nemesis = Nemesis(cluster, seed)
        self.workload = Workload(cluster, seed, rows, epochs)

    def __enter__(self) -> Play:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.workload.close()
        self.workload.crowd.stop()
        self.nemesis.wait()

    def end(self) -> History:
        """Waits for every study, then looks at everything."""
        for accepted in self.workload.accepted:
            self.workload.wait_for(accepted.study_id)
        self.nemesis.wait()
        self.workload.close()
        return collect(self.cluster, self.workload, self.nemesis, self._marks)

    def logged_since(self, service: str) -> str:
        """What a service has logged in this play."""
        return self.cluster.servers[service].output[self._marks[service] :]

    def trials(self, study_id: str, **choice: Any) -> list[dict[str, Any]]:
        """A page of them, from whoever answers."""
        answer = httpx.get(
            f"{self.cluster.url}/v1/studies/{study_id}/trials",
            params={"page_size": 1000, **choice},
            timeout=30,
        )
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["trials"]
        return found

    def holders(self, study_id: str) -> Iterator[Holder]:
        """Trainers that are training a cohort of the study now."""
        try:
            running = self.trials(study_id, state="RUNNING")
        except httpx.HTTPError:
            return
        for trial in running:
            worker_id = str(trial["worker_id"])
            trainer = self.cluster.trainer_of(int(worker_id.rpartition("-")[2]))
            if trainer is not None:
                yield Holder(trainer, worker_id, trial["cohort_id"], trial["attempt"])

    def wait_for_holder(self, study_id: str) -> Holder:
        """Somebody who has just begun, more likely than one who is about to end."""
        known: set[Holder] = set(self.holders(study_id))

        def find() -> Holder | None:
            return next((each for each in self.holders(study_id) if each not in known), None)

        found: Holder = wait_for(find, "a cohort that begins")
        return found

    def cohort(self, study_id: str, cohort_id: str) -> list[dict[str, Any]]:
        return [each for each in self.trials(study_id) if each["cohort_id"] == cohort_id]


def wait_for(find: Callable[[], Any], what: str, seconds: float = _PATIENCE_SECONDS) -> Any:
    """The first thing found that counts as true.

    :raises AssertionError: naming `what`, when there is none for so long.
    """
    deadline = time.monotonic() + seconds
    while not (found := find()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(_POLL_SECONDS)
    return found
