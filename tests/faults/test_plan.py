"""The nemesis is random, and can be had again."""

from __future__ import annotations

from tests.faults.layout import Topology
from tests.faults.plan import Kind, kills_of, plan

_TOPOLOGY = Topology(trainers=3, gateways=2, schedulers=2)


def test_the_same_seed_gives_the_same_plan_and_another_one_another() -> None:
    assert plan(1, 50, _TOPOLOGY) == plan(1, 50, _TOPOLOGY)
    assert plan(1, 50, _TOPOLOGY) != plan(2, 50, _TOPOLOGY)


def test_a_long_plan_has_as_many_kills_as_asked_for_and_spares_nobody_and_nothing() -> None:
    steps = plan(3, 300, _TOPOLOGY)
    assert kills_of(steps) == 300
    assert {step.kind for step in steps} == set(Kind)
    killed = {step.target for step in steps if step.kind is Kind.KILL}
    trainers = {f"trainer-{n}" for n in (1, 2, 3)}
    pairs = {f"{kind}-{n}" for kind in ("gateway", "scheduler") for n in (1, 2)}
    assert killed == trainers | pairs | {"broker", "store", "ingest"}


def test_some_trainer_hangs_for_longer_than_its_lease() -> None:
    steps = plan(3, 300, _TOPOLOGY)
    assert any(step.kind is Kind.STOP and step.seconds > 20 for step in steps)
