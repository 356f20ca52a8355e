"""One cluster for all tests that leave it as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.cluster import Cluster
from tests.faults.layout import Topology
from tests.servers import why_no_rabbitmq

# Shorter than by default, so that a worker that hangs is given up while a test waits.
_LEASE_SECONDS = 6


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three trainers, two gateways behind one address, two schedulers, real servers."""
    if missing := why_no_rabbitmq():
        pytest.skip(missing)
    settings = {
        "LAYERLAB_SCHEDULER__MAX_LANES": "4",
        "LAYERLAB_GATEWAY__LEASE_SECONDS": str(_LEASE_SECONDS),
    }
    topology = Topology(trainers=3, gateways=2, schedulers=2)
    with Cluster(tmp_path_factory.mktemp("cluster"), topology, settings) as cluster:
        yield cluster
