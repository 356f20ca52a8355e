"""What the nemesis will do, drawn from a seed: the same seed, the same plan."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from tests.faults.layout import BROKER, INGEST, STORE, Topology

_Name = TypeVar("_Name", bound=str)


class Kind(StrEnum):
    KILL = "kill"
    """kill -9."""
    STOP = "stop"
    """SIGSTOP, and SIGCONT later."""
    STOP_CHILD = "stop child"
    """The same, of a trainer's training process."""
    CUT = "cut"
    """Every connection of a link breaks; new ones are taken."""
    PART = "part"
    """A link breaks, and takes no connection for a while."""
    BLACKHOLE = "blackhole"
    """A link stays open, and nothing arrives for a while."""
    ALARM = "alarm"
    """The broker is out of memory, and blocks who publishes."""
    POISON = "poison"
    """Messages that no trainer can read."""
    DUPLICATE = "duplicate"
    """A cohort's message, five times more."""


@dataclass(frozen=True, slots=True)
class Step:
    """After `pause` seconds, do it to `target`; what lasts, lasts `seconds`."""

    pause: float
    kind: Kind
    target: str
    seconds: float = 0.0


_KILLS: Final[Mapping[str, int]] = {
    "trainer": 45,
    "gateway": 15,
    "scheduler": 15,
    STORE: 10,
    INGEST: 8,
    BROKER: 7,
}
_OTHERS: Final[Mapping[Kind, int]] = {
    Kind.STOP: 20,
    Kind.STOP_CHILD: 10,
    Kind.CUT: 20,
    Kind.PART: 15,
    Kind.BLACKHOLE: 15,
    Kind.ALARM: 5,
    Kind.POISON: 10,
    Kind.DUPLICATE: 15,
}
_OTHERS_PER_KILL: Final = 0.4
_SECONDS: Final[Mapping[Kind, tuple[float, float]]] = {
    Kind.STOP: (1.0, 8.0),
    Kind.STOP_CHILD: (0.5, 4.0),
    Kind.PART: (1.0, 8.0),
    Kind.BLACKHOLE: (1.0, 8.0),
    Kind.ALARM: (2.0, 6.0),
}
# Every fourth trainer that hangs does so for longer than its lease.
_LONG_STOP_PART: Final = 0.25
_LONG_STOP_SECONDS: Final = (22.0, 30.0)


def plan(seed: int, kills: int, topology: Topology, pace: float = 1.0) -> list[Step]:
    """Steps with `kills` kills among them. Pauses are 4 s × `pace` on average, at most three
    times as long: several faults overlap, and some work gets done in between.
    """
    drawn = random.Random(seed)
    return list(_draw(drawn, kills, topology, 4.0 * pace))


def kills_of(steps: Sequence[Step]) -> int:
    return sum(step.kind is Kind.KILL for step in steps)


def _draw(drawn: random.Random, kills: int, topology: Topology, pause: float) -> Iterator[Step]:
    left = kills
    while left:
        wait = min(drawn.expovariate(1 / pause), 3 * pause)
        if drawn.random() < 1 / (1 + _OTHERS_PER_KILL):
            left -= 1
            yield Step(wait, Kind.KILL, _one_of(drawn, _pick(drawn, _KILLS), topology))
        else:
            yield _other(drawn, wait / 2, topology)


def _other(drawn: random.Random, pause: float, topology: Topology) -> Step:
    kind = _pick(drawn, _OTHERS)
    seconds = drawn.uniform(*_SECONDS.get(kind, (0.0, 0.0)))
    if kind is Kind.STOP and drawn.random() < _LONG_STOP_PART:
        seconds = drawn.uniform(*_LONG_STOP_SECONDS)
    match kind:
        case Kind.STOP | Kind.STOP_CHILD:
            target = _one_of(drawn, "trainer", topology)
        case Kind.CUT | Kind.PART | Kind.BLACKHOLE:
            target = drawn.choice(_links(topology))
        case _:
            target = BROKER
    return Step(pause, kind, target, seconds)


def _pick(drawn: random.Random, weights: Mapping[_Name, int]) -> _Name:
    return drawn.choices(list(weights), list(weights.values()))[0]


def _one_of(drawn: random.Random, kind: str, topology: Topology) -> str:
    many = {
        "trainer": topology.trainers,
        "gateway": topology.gateways,
        "scheduler": topology.schedulers,
    }
    return f"{kind}-{drawn.randint(1, many[kind])}" if kind in many else kind


def _links(topology: Topology) -> list[str]:
    trainers = [f"trainer-{n}" for n in range(1, topology.trainers + 1)]
    gateways = [f"gateway-{n}" for n in range(1, topology.gateways + 1)]
    schedulers = [f"scheduler-{n}" for n in range(1, topology.schedulers + 1)]
    return [
        *(f"{name}>{other}" for name in trainers for other in (BROKER, "gateway", INGEST)),
        *(f"{name}>{other}" for name in gateways for other in (STORE, INGEST)),
        *(f"{name}>{other}" for name in schedulers for other in (BROKER, "gateway")),
    ]
