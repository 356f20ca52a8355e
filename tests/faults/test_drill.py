"""The short drill: everything at once, for a minute and a half, and nothing lost.

The long one is `make drill KILLS=300`.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.faults.drill import Drill, run_drill
from tests.faults.layout import Topology
from tests.servers import why_no_rabbitmq

_TOPOLOGY = Topology(trainers=3, gateways=2, schedulers=2)
_KNOWN_SEED = 8


@pytest.mark.timeout(900)
@pytest.mark.skipif(bool(why_no_rabbitmq()), reason=why_no_rabbitmq() or "RabbitMQ is there")
@pytest.mark.parametrize("seed", [_KNOWN_SEED, random.randrange(10**6)], ids=["known", "any"])
def test_nothing_is_lost_or_doubled_under_kills_and_other_faults(seed: int, tmp_path: Path) -> None:
    # Short studies: what is left of them when all faults are over proves no more than it costs.
    drill = Drill(seed, kills=8, topology=_TOPOLOGY, pace=0.6, study_trials=32)
    told: list[str] = []
    report = run_drill(drill, tmp_path / "cluster", told.append)
    # The seed, which stands in the report, draws the same faults again.
    assert report.verdict.is_clean, "\n".join([report.markdown(), *told])
    assert report.kills == drill.kills
    assert report.verdict.trials > 0
