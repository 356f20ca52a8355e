"""The real servers that tests share; each test has its own queue or database on them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers import Mongod, RabbitMQ, S3Server, why_no_rabbitmq


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    """A running node; whoever kills or stops it makes its own."""
    if missing := why_no_rabbitmq():
        pytest.skip(missing)
    with RabbitMQ(tmp_path_factory.mktemp("rabbitmq")) as node:
        yield node


@pytest.fixture(scope="session")
def mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    """A running one-node replica set; whoever kills or stops it makes its own."""
    with Mongod(tmp_path_factory.mktemp("mongod")) as server:
        yield server


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A running one; whoever kills or stops it makes its own."""
    with S3Server(tmp_path_factory.mktemp("s3")) as server:
        yield server
