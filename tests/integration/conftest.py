"""What more than one file of these tests stands on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.integration.scheduler_world import SchedulerWorld, open_scheduler_world
from tests.servers import Mongod, RabbitMQ, S3Server
from tests.servers.deployment import Deployment
from tests.waiting import wait_until


@pytest.fixture(scope="package")
def deployment(
    rabbitmq: RabbitMQ,
    mongod: Mongod,
    s3_server: S3Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployment]:
    """Every service a process, two trainers, everything kept on real servers.

    It is for every test that leaves it as it was.
    """
    settings = {
        "LAYERLAB_BROKER__URL": rabbitmq.url,
        "LAYERLAB_STORE__URL": mongod.url_of("deployment"),
        "LAYERLAB_DATASETS__URL": s3_server.new_url(),
        **s3_server.environment,
    }
    folder = tmp_path_factory.mktemp("deployment")
    with Deployment(folder, settings, trainers=2) as deployment:
        wait_until(lambda: deployment.gateway.get("/readyz")[0] == 200)
        yield deployment


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[SchedulerWorld]:
    """A ledger in a file, and whatever schedulers and trainers a test puts beside it."""
    async with open_scheduler_world(tmp_path) as here:
        yield here
