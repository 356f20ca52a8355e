"""Holds a history to the promise. It knows nothing of how the history came about."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from layerlab.domain.trial import StudyState, TrialState
from tests.faults.audit import Finding, Sin, audit_log
from tests.faults.history import ClientLog, History, Json, StudyEnd

_UNAVAILABLE: Final = 503


@dataclass(frozen=True, slots=True)
class Verdict:
    """`recovered`: trials that have their one end after more than one attempt."""

    trials: int
    recovered: int
    findings: tuple[Finding, ...]

    def of(self, sin: Sin) -> list[str]:
        return [finding.what for finding in self.findings if finding.sin is sin]

    @property
    def is_clean(self) -> bool:
        return not self.findings


def check(history: History) -> Verdict:
    findings = [*_studies(history), *_clients(history), *_others(history), *_rest(history)]
    trials = [trial for end in history.ends.values() for trial in end.trials]
    recovered = sum(trial["attempt"] > 1 and _is_over(trial) for trial in trials)
    return Verdict(len(trials), recovered, tuple(dict.fromkeys(findings)))


def event_body(event: Json) -> str:
    """The same text for the same event, whoever sent it."""
    return json.dumps(event, sort_keys=True)


def _is_over(trial: Json) -> bool:
    return TrialState(trial["state"]).is_terminal


def _studies(history: History) -> Iterator[Finding]:
    for accepted in history.accepted:
        name = accepted.study_id
        end = history.ends.get(name)
        if end is None:
            yield Finding(Sin.LOST, f"study {name} was accepted, and nobody knows it")
            continue
        for finding in _study(end, accepted.trials):
            yield Finding(finding.sin, f"study {name}: {finding.what}")


def _study(end: StudyEnd, planned: int) -> Iterator[Finding]:
    state = end.study["state"]
    if state != StudyState.SUCCEEDED:
        yield Finding(Sin.UNEXPECTED, f"it is {state}: {end.study.get('detail', '')}")
    numbers = Counter(trial["number"] for trial in end.trials)
    for number in sorted(set(range(1, planned + 1)) - set(numbers)):
        yield Finding(Sin.LOST, f"trial {number} is not there")
    for number, times in numbers.items():
        if times > 1 or number > planned:
            yield Finding(Sin.DOUBLED, f"trial {number} is there {times} times, of {planned}")
    for name, log in end.logs.items():
        for finding in audit_log(log):
            yield Finding(finding.sin, f"{finding.what} (by {name})")
        yield from _trials_as_logged(end, log)


def _trials_as_logged(end: StudyEnd, log: object) -> Iterator[Finding]:
    """REST must say what the log says; each trial there has one end in the log."""
    assert isinstance(log, (list, tuple))
    last = {
        event["data"]["number"]: event["data"]["to"]
        for event in log
        if event["type"] == "trial.state_changed"
    }
    for trial in end.trials:
        number, state = trial["number"], trial["state"]
        if last.get(number) != state:
            yield Finding(Sin.LOST, f"trial {number} is {state}; in the log, {last.get(number)}")
        elif not _is_over(trial):
            yield Finding(Sin.LOST, f"trial {number} is {state} in the end")


def _clients(history: History) -> Iterator[Finding]:
    for client in history.clients:
        end = history.ends.get(client.study_id)
        if end is None:
            continue
        for finding in _client(client, end):
            yield Finding(finding.sin, f"client {client.name}: {finding.what}")


def _client(client: ClientLog, end: StudyEnd) -> Iterator[Finding]:
    log = next(iter(end.logs.values()))
    truth = {event["seq"]: event_body(event) for event in log}
    seen: dict[int, str] = {}
    for event in client.seen:
        if event.seq in seen:
            yield Finding(Sin.DOUBLED, f"was given {event.seq} twice")
        elif event.seq != len(seen) + 1:
            yield Finding(Sin.GAP, f"was given {event.seq} after {len(seen)}")
            return
        if truth.get(event.seq) != event.body:
            yield Finding(Sin.DOUBLED, f"was given another {event.seq} than the log has")
        seen[event.seq] = event.body
    if client.ended and len(seen) < len(truth):
        yield Finding(Sin.GAP, f"was sent home at {len(seen)} of {len(truth)}")
    if not client.ended:
        yield Finding(Sin.UNEXPECTED, f"has not heard of the end; it is at {len(seen)}")
    for refusal in client.refused:
        yield Finding(Sin.UNEXPECTED, f"was refused: {refusal}")


def _others(history: History) -> Iterator[Finding]:
    for upload in history.uploads:
        if not upload.readable:
            what = f"dataset {upload.dataset_id} was accepted, and can't be read: {upload.detail}"
            yield Finding(Sin.LOST, what)
    for answer in history.answers:
        said = f"{answer.request} was answered {answer.status} {answer.code}"
        if answer.status >= 500 and answer.status != _UNAVAILABLE:
            yield Finding(Sin.UNEXPECTED, said)
        elif answer.status == _UNAVAILABLE and not answer.retry_after:
            yield Finding(Sin.UNEXPECTED, f"{said} without Retry-After")
        elif answer.status < 500:
            yield Finding(Sin.UNEXPECTED, said)
    for trace in history.traces:
        yield Finding(Sin.UNEXPECTED, f"{trace.service} logged {trace.where}: {trace.error}")


def _rest(history: History) -> Iterator[Finding]:
    rest = history.rest
    if rest is None:
        yield Finding(Sin.UNEXPECTED, "nobody looked what was left")
        return
    if rest.ready or rest.unacknowledged:
        what = f"{rest.ready} messages wait, {rest.unacknowledged} are unacknowledged"
        yield Finding(Sin.UNEXPECTED, what)
    if rest.consumers != rest.trainers:
        yield Finding(Sin.UNEXPECTED, f"{rest.consumers} consume, of {rest.trainers} trainers")
    if rest.dead > rest.poison:
        what = f"{rest.dead} dead letters, of {rest.poison} that deserved it"
        yield Finding(Sin.UNEXPECTED, what)
