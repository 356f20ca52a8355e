"""How long recovery took, from what a history says: by the ledger's times and the clients'."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Final

from layerlab.domain.trial import CohortState
from tests.faults.history import ClientLog, Fault, History, Json

KILL, STOP = "kill", "stop"
"""The faults that are timed: kill -9, and SIGSTOP."""

# A fault is felt until its process is back, and a little longer.
_AFTERMATH_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Seconds; `alone`: no other fault was felt meanwhile."""

    seconds: float
    alone: bool


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    wanted_seconds: float
    samples: tuple[Sample, ...]

    def seconds(self, alone_only: bool) -> list[float]:
        """Sorted."""
        return sorted(each.seconds for each in self.samples if each.alone or not alone_only)


def measure(history: History) -> list[Figure]:
    timeline = _Timeline(history)
    return [
        Figure("trainer killed → its cohort claimed anew", 5.0, tuple(timeline.reruns(KILL))),
        Figure("trainer stopped → its cohort claimed anew", 45.0, tuple(timeline.reruns(STOP))),
        Figure("broker back → a cohort claimed", 15.0, tuple(timeline.flows("broker", True))),
        Figure("database back → an event recorded", 15.0, tuple(timeline.flows("store", False))),
        Figure("gateway back → every client caught up", 5.0, tuple(timeline.catch_ups())),
    ]


def percentile(ordered: Sequence[float], part: float) -> float:
    """By nearest rank; `ordered` is not empty."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


@dataclass(frozen=True, slots=True)
class _Claim:
    """A cohort's stay with one worker; `left` is when it was over, `again` the next claim."""

    worker_id: str
    began: float
    left: float
    again: float | None


class _Timeline:
    def __init__(self, history: History) -> None:
        self._history = history
        logs = [next(iter(end.logs.values())) for end in history.ends.values()]
        self._claims = [claim for log in logs for claim in _claims(log)]
        events = list(chain.from_iterable(logs))
        self._recorded = sorted(_time(event) for event in events)
        self._claimed = sorted(claim.began for claim in self._claims)
        self._felt = [(fault, self._until(fault)) for fault in history.faults]

    def reruns(self, kind: str) -> Iterator[Sample]:
        for fault in self._history.faults:
            if fault.kind != kind or not fault.target.startswith("trainer"):
                continue
            for claim in self._claims:
                # A claim before the fault that was not left before it, by that very process.
                held = claim.worker_id.endswith(f"-{fault.pid}") and claim.began < fault.began
                if not held or claim.left < fault.began or claim.again is None:
                    continue
                # Who goes on in time is not replaced; what happens to it later is another story.
                if kind == KILL or claim.again < fault.ended:
                    yield self._sample(fault, fault.began, claim.again)

    def flows(self, target: str, claims: bool) -> Iterator[Sample]:
        times = self._claimed if claims else self._recorded
        for fault in self._history.faults:
            back = self._back(fault)
            if fault.kind != KILL or fault.target != target or back is None:
                continue
            flow = next((at for at in times if at > back), None)
            if flow is not None and not self._died_again(target, back, flow):
                yield self._sample(fault, back, flow)

    def catch_ups(self) -> Iterator[Sample]:
        for fault in self._history.faults:
            back = self._back(fault)
            if fault.kind != KILL or not fault.target.startswith("gateway") or back is None:
                continue
            theirs = [each for each in self._history.clients if each.gateway == fault.target]
            caught = [at for client in theirs if (at := _caught_up(client, fault.began, back))]
            if caught and not self._died_again(fault.target, back, max(caught)):
                yield self._sample(fault, back, max(caught))

    def _sample(self, fault: Fault, began: float, ended: float) -> Sample:
        alone = not any(
            other is not fault and other.began < ended and until > fault.began
            for other, until in self._felt
        )
        return Sample(max(0.0, ended - began), alone)

    def _died_again(self, target: str, back: float, until: float) -> bool:
        """What is killed before it could serve is timed from its next return."""
        return any(
            fault.kind == KILL and fault.target == target and back <= fault.began < until
            for fault in self._history.faults
        )

    def _back(self, fault: Fault) -> float | None:
        came = (at for name, at in self._history.came if name == fault.target and at > fault.began)
        return min(came, default=None)

    def _until(self, fault: Fault) -> float:
        back = self._back(fault) if fault.kind == KILL else None
        return max(fault.ended, back or 0.0) + _AFTERMATH_SECONDS


def _claims(log: Sequence[Json]) -> Iterator[_Claim]:
    """Every attempt at every cohort."""
    moves: dict[str, list[Json]] = {}
    for event in log:
        if event["type"] == "cohort.state_changed":
            moves.setdefault(event["data"]["cohort_id"], []).append(event)
    for changes in moves.values():
        for place, event in enumerate(changes):
            if event["data"]["to"] != CohortState.RUNNING:
                continue
            later = changes[place + 1 :]
            again = (_time(each) for each in later if each["data"]["to"] == CohortState.RUNNING)
            left = _time(later[0]) if later else float("inf")
            yield _Claim(event["data"]["worker_id"], _time(event), left, next(again, None))


def _caught_up(client: ClientLog, killed: float, back: float) -> float | None:
    """When it had everything that the log held as it came back; None: it did not lose anything."""
    if not any(each.at < killed for each in client.connected):
        return None
    connected = next((each for each in client.connected if each.at > back), None)
    if connected is None:
        return None
    had = next((each.at for each in client.seen if each.seq >= connected.last), connected.at)
    return max(had, connected.at)


def _time(event: Json) -> float:
    return datetime.fromisoformat(event["time"]).timestamp()
