"""What happened in a drill, as its clients, its nemesis and its end saw it. Plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Json: TypeAlias = Mapping[str, Any]
"""A document as the server sent it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An event that a client was given; times are seconds of the wall clock."""

    at: float
    seq: int
    body: str


@dataclass(frozen=True, slots=True)
class Connected:
    """A client got through; the log ended at `last` then."""

    at: float
    last: int


@dataclass(slots=True)
class ClientLog:
    """One client that followed one study. `ended`: it was told that the study has ended."""

    name: str
    study_id: str
    gateway: str = ""
    """The one that it keeps to; empty: it goes through the address before all."""
    seen: list[Seen] = field(default_factory=list)
    connected: list[Connected] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    ended: bool = False
    closed: list[int] = field(default_factory=list)
    """Close codes, as the server gave them."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A study that was answered with 201."""

    study_id: str
    trials: int


@dataclass(frozen=True, slots=True)
class Upload:
    """A table that was answered with 201; `readable`: its rows came back, in the end."""

    dataset_id: str
    readable: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Anything but a success that REST gave."""

    at: float
    request: str
    status: int
    code: str
    retry_after: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """What the nemesis did. `pid`: of the process that it was done to; 0 if to none."""

    kind: str
    target: str
    began: float
    ended: float
    pid: int = 0


@dataclass(frozen=True, slots=True)
class Trace:
    """A traceback in a service's log; `error` is its last line."""

    service: str
    where: str
    error: str


@dataclass(frozen=True, slots=True)
class StudyEnd:
    """A study in the end: its document and trials by REST, and its log by each gateway."""

    study: Json
    trials: Sequence[Json]
    logs: Mapping[str, Sequence[Json]]


@dataclass(frozen=True, slots=True)
class Rest:
    """What was left when everything had ended."""

    ready: int
    unacknowledged: int
    consumers: int
    trainers: int
    dead: int
    poison: int
    """How many messages the nemesis had sent that no trainer can read."""


@dataclass(slots=True)
class History:
    accepted: list[Accepted] = field(default_factory=list)
    ends: dict[str, StudyEnd] = field(default_factory=dict)
    """By study; one that is accepted and not here is unknown to the ledger."""
    uploads: list[Upload] = field(default_factory=list)
    clients: list[ClientLog] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    came: list[tuple[str, float]] = field(default_factory=list)
    """Processes that could be reached, again or for the first time, and when."""
    traces: list[Trace] = field(default_factory=list)
    rest: Rest | None = None
