"""Histories made up for the checker's own tests: a study in which all went well, to be spoilt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tests.faults.checker import event_body
from tests.faults.history import Accepted, ClientLog, Fault, History, Rest, Seen, StudyEnd

Event = dict[str, Any]

STUDY, COHORT, WORKER = "s1", "c1", "host-77"
TIME = "2026-11-23T12:00:{:06.3f}Z"


def event(kind: str, moment: float = 0.0, /, **data: Any) -> Event:
    """`moment` in seconds, as in TIME."""
    time = TIME.format(moment)
    return {"v": 1, "seq": 0, "time": time, "type": kind, "subject": "", "data": data}


def moved(number: int, before: str | None, to: str, actor: str, attempt: int = 0) -> Event:
    data: Event = {"number": number, "from": before, "to": to, "actor": actor}
    data |= {"attempt": attempt, "cohort_id": COHORT, "worker_id": WORKER}
    if to in ("SUCCEEDED", "FAILED"):
        data |= {"epochs": 2, "reason": None}
    return event("trial.state_changed", **data)


def cohort_moved(before: str, to: str, attempt: int, at: float = 0.0) -> Event:
    change: Event = {"from": before, "to": to, "attempt": attempt, "worker_id": WORKER}
    return event("cohort.state_changed", at, cohort_id=COHORT, **change)


def study_moved(before: str, to: str) -> Event:
    change: Event = {"from": before, "to": to, "actor": "scheduler", "detail": ""}
    return event("study.state_changed", **change)


def reported(number: int, epoch: int, attempt: int) -> Event:
    report = {"number": number, "epoch": epoch}
    return event("trial.epochs_reported", cohort_id=COHORT, attempt=attempt, reports=[report])


def was_tested(number: int) -> Event:
    return event("trial.tested", number=number, score_test=0.9)


def a_log() -> list[Event]:
    """One trial whose first attempt was lost after an epoch; the second ended it."""
    return [
        event("study.created", state="PENDING"),
        study_moved("PENDING", "RUNNING"),
        event("cohort.registered", cohort_id=COHORT, numbers=[1], purpose="search"),
        moved(1, None, "PENDING", "scheduler"),
        cohort_moved("PENDING", "QUEUED", 0),
        moved(1, "PENDING", "QUEUED", "scheduler"),
        cohort_moved("QUEUED", "RUNNING", 1, at=1.0),
        moved(1, "QUEUED", "RUNNING", "trainer", 1),
        reported(1, 1, 1),
        cohort_moved("RUNNING", "RUNNING", 2, at=6.0),
        moved(1, "RUNNING", "RUNNING", "trainer", 2),
        reported(1, 1, 2),
        reported(1, 2, 2),
        moved(1, "RUNNING", "SUCCEEDED", "trainer", 2),
        cohort_moved("RUNNING", "ENDED", 2, at=7.0),
        was_tested(1),
        study_moved("RUNNING", "SUCCEEDED"),
    ]


def numbered(log: Sequence[Event]) -> list[Event]:
    return [{**each, "seq": seq} for seq, each in enumerate(log, start=1)]


def a_client(log: Sequence[Event], name: str = "a client") -> ClientLog:
    seen = [Seen(float(each["seq"]), each["seq"], event_body(each)) for each in log]
    return ClientLog(name, STUDY, seen=seen, ended=True)


def a_history(log: Sequence[Event] | None = None) -> History:
    """In which every number that the log has was given to a client, too."""
    log = numbered(a_log() if log is None else log)
    trial = {"number": 1, "state": "SUCCEEDED", "attempt": 2}
    study = {"study_id": STUDY, "state": "SUCCEEDED", "detail": ""}
    return History(
        accepted=[Accepted(STUDY, 1)],
        ends={STUDY: StudyEnd(study, [trial], {"gateway-1": log})},
        clients=[a_client(log)],
        rest=Rest(0, 0, consumers=3, trainers=3, dead=4, poison=4),
    )


def a_kill(at: float, target: str = "trainer-1", pid: int = 77) -> Fault:
    """`at` as in TIME."""
    return Fault("kill", target, wall(at), wall(at), pid)


def wall(at: float) -> float:
    return datetime.fromisoformat(TIME.format(at)).timestamp()
