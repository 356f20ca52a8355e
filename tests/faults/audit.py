"""One study's event log, held to the tables of moves and to what is promised of metrics."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from layerlab.domain.trial import (
    COHORT_MOVES,
    STUDY_MOVES,
    TRIAL_MOVES,
    Actor,
    CohortState,
    FailureReason,
    StudyState,
    TrialState,
)
from tests.faults.history import Json


class Sin(StrEnum):
    LOST = "lost"
    DOUBLED = "doubled"
    UNEXPECTED = "unexpected"
    GAP = "gaps"


@dataclass(frozen=True, slots=True)
class Finding:
    sin: Sin
    what: str


_TRAINED: Final = frozenset({TrialState.SUCCEEDED, TrialState.PRUNED})


def audit_log(events: Sequence[Json]) -> Iterator[Finding]:
    """Everything that is wrong with the log of a study that has ended; nothing, if all is well."""
    yield from _numbers(events)
    auditor = _Auditor()
    for event in events:
        yield from auditor.take(event)
    yield from auditor.close()


def _numbers(events: Sequence[Json]) -> Iterator[Finding]:
    for expected, event in enumerate(events, start=1):
        if event["seq"] != expected:
            sin = Sin.GAP if event["seq"] > expected else Sin.DOUBLED
            yield Finding(sin, f"the log has {event['seq']} where {expected} belongs")
            return


class _Auditor:
    """Folds the log anew, by the tables alone."""

    def __init__(self) -> None:
        self._study = StudyState.PENDING
        self._trials: dict[int, TrialState] = {}
        self._cohorts: dict[str, CohortState] = {}
        self._attempts: dict[str, int] = defaultdict(int)
        self._ends: Counter[int] = Counter()
        self._tests: Counter[int] = Counter()
        self._epochs: dict[tuple[int, int], int] = defaultdict(int)

    def take(self, event: Json) -> Iterator[Finding]:
        data = event["data"]
        match event["type"]:
            case "study.state_changed":
                yield from self._move_study(data)
            case "cohort.registered":
                if data["cohort_id"] in self._cohorts:
                    yield Finding(Sin.DOUBLED, f"cohort {data['cohort_id']} is registered twice")
                self._cohorts[data["cohort_id"]] = CohortState.PENDING
            case "cohort.state_changed":
                yield from self._move_cohort(data)
            case "trial.state_changed":
                yield from self._move_trial(data)
            case "trial.epochs_reported":
                yield from self._report(data)
            case "trial.tested":
                self._tests[data["number"]] += 1

    def close(self) -> Iterator[Finding]:
        if not self._study.is_terminal:
            yield Finding(Sin.LOST, f"the study is {self._study} in the end")
        for number, state in self._trials.items():
            if not state.is_terminal:
                yield Finding(Sin.LOST, f"trial {number} is {state} in the end")
        for name, cohort in self._cohorts.items():
            if cohort is CohortState.RUNNING:
                yield Finding(Sin.LOST, f"cohort {name} is RUNNING in the end")
        for what, counts in (("ends", self._ends), ("test scores", self._tests)):
            for number, times in counts.items():
                if times > 1:
                    yield Finding(Sin.DOUBLED, f"trial {number} has {times} {what}")

    def _move_study(self, data: Json) -> Iterator[Finding]:
        before, to = StudyState(data["from"]), StudyState(data["to"])
        legal = Actor(data["actor"]) in STUDY_MOVES.get((before, to), frozenset())
        if before is not self._study or not legal:
            yield Finding(Sin.UNEXPECTED, f"the study, {self._study}, moved {_said(data)}")
        self._study = to

    def _move_cohort(self, data: Json) -> Iterator[Finding]:
        name, known = data["cohort_id"], self._cohorts.get(data["cohort_id"])
        before, to = CohortState(data["from"]), CohortState(data["to"])
        if before is not known or (before, to) not in COHORT_MOVES:
            yield Finding(Sin.UNEXPECTED, f"cohort {name}, {known}, moved {_said(data)}")
        if to is CohortState.RUNNING:
            if data["attempt"] != self._attempts[name] + 1:
                yield Finding(Sin.UNEXPECTED, f"cohort {name} skipped an attempt: {_said(data)}")
            self._attempts[name] = data["attempt"]
        self._cohorts[name] = to

    def _move_trial(self, data: Json) -> Iterator[Finding]:
        number, to = data["number"], TrialState(data["to"])
        known = self._trials.get(number)
        self._trials[number] = to
        if data["from"] is None:
            if known is not None:
                yield Finding(Sin.DOUBLED, f"trial {number} is registered twice")
            return
        before = TrialState(data["from"])
        legal = Actor(data["actor"]) in TRIAL_MOVES.get((before, to), frozenset())
        if before is not known or not legal:
            yield Finding(Sin.UNEXPECTED, f"trial {number}, {known}, moved {_said(data)}")
        if to.is_terminal:
            yield from self._end(number, to, data)

    def _end(self, number: int, to: TrialState, data: Json) -> Iterator[Finding]:
        self._ends[number] += 1
        current = self._attempts[data["cohort_id"]]
        if data["actor"] == Actor.TRAINER and data["attempt"] != current:
            what = f"trial {number} was ended by attempt {data['attempt']}, not {current}"
            yield Finding(Sin.UNEXPECTED, what)
        if to is TrialState.FAILED:
            reason, detail = FailureReason(data["reason"]), data.get("detail", "")
            yield Finding(Sin.UNEXPECTED, f"trial {number} FAILED: {reason}: {detail}")
        reported = self._epochs[number, data["attempt"]]
        if to in _TRAINED and data["epochs"] != reported:
            what = f"trial {number} ended after {data['epochs']} epochs; the log has {reported}"
            yield Finding(Sin.LOST, what)

    def _report(self, data: Json) -> Iterator[Finding]:
        attempt, current = data["attempt"], self._attempts[data["cohort_id"]]
        if attempt != current:
            what = f"epochs of attempt {attempt} of {data['cohort_id']}; {current} was current"
            yield Finding(Sin.UNEXPECTED, what)
        for report in data["reports"]:
            key = report["number"], attempt
            if report["epoch"] != self._epochs[key] + 1:
                sin = Sin.DOUBLED if report["epoch"] <= self._epochs[key] else Sin.LOST
                what = f"trial {key[0]}, attempt {attempt}: epoch {report['epoch']} follows "
                yield Finding(sin, what + str(self._epochs[key]))
            self._epochs[key] = report["epoch"]


def _said(data: Json) -> str:
    told = ("from", "to", "actor", "attempt", "worker_id")
    return ", ".join(f"{name} {data[name]}" for name in told if name in data)
