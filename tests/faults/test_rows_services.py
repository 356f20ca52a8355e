"""The failure table's rows about gateways, schedulers and restarts, on real processes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator

import httpx
import pytest

from layerlab.client import Client
from layerlab.client.errors import NotFound
from tests.faults.checker import check
from tests.faults.cluster import Cluster
from tests.faults.history import ClientLog, History
from tests.faults.play import Play
from tests.faults.tables import unknown_table

# What takes a minute here takes several where something else runs as well.
pytestmark = pytest.mark.timeout(500)

_ROWS, _EPOCHS = 1500, 30
_RESTART = 1012


def test_gateways_killed_every_few_seconds_leave_no_client_with_a_gap(cluster: Cluster) -> None:
    with Play(cluster, 11, _ROWS, _EPOCHS) as play:
        for name in 2 * cluster.names("gateway"):
            # One each, or a fast machine would have trained them all before the last kill.
            play.wait_for_holder(play.workload.start_study(trials=24))
            cluster.kill(name)
            # Not both at a time, or there would be nobody to be a client of.
            cluster.wait_until_up(name)
        history = play.end()
    assert check(history).findings == ()
    came_back = {client.gateway for client in _sockets(history) if len(client.connected) > 1}
    assert came_back >= set(cluster.names("gateway"))


def test_an_upload_whose_gateway_dies_fails_and_leaves_nothing(cluster: Cluster) -> None:
    table = unknown_table(seed=12)
    dataset_id = hashlib.sha256(table).hexdigest()
    url = cluster.gateway_urls["gateway-1"]

    def half_and_then_death() -> Iterator[bytes]:
        yield table[: len(table) // 2]
        cluster.kill("gateway-1")
        yield table[len(table) // 2 :]

    headers = {"Content-Type": "text/csv"}
    with pytest.raises(httpx.TransportError):
        httpx.post(f"{url}/v1/datasets", content=half_and_then_death(), headers=headers)
    cluster.wait_until_up("gateway-1")
    with Client(url) as client:
        with pytest.raises(NotFound):
            client.datasets.get(dataset_id)
        assert client.datasets.upload(table).dataset_id == dataset_id


def test_sigterm_to_one_service_after_the_other_disturbs_nobody(cluster: Cluster) -> None:
    with Play(cluster, 13, _ROWS, _EPOCHS) as play:
        codes = {}
        for service in cluster.services():
            # One each, or a fast machine would have trained them all before the last goes.
            play.wait_for_holder(play.workload.start_study(trials=24))
            with cluster.held(service.name):
                codes[service.name] = service.terminate()
            cluster.wait_until_up(service.name)
            # What has come up serves for a moment before the next one goes.
            time.sleep(1.0)
        history = play.end()
    verdict = check(history)
    assert verdict.findings == ()
    assert codes == dict.fromkeys(codes, 0)
    told = {client.gateway for client in _sockets(history) if _RESTART in client.closed}
    assert told >= set(cluster.names("gateway"))


def test_two_schedulers_and_two_gateways_work_as_one(cluster: Cluster) -> None:
    with Play(cluster, 14, _ROWS, _EPOCHS) as play:
        studies = [play.workload.start_study(trials=32) for _ in range(2)]
        history = play.end()
    assert check(history).findings == ()
    for study_id in studies:
        first, second = history.ends[study_id].logs.values()
        assert first == second
    requests = [cluster.links[f"scheduler-{n}>gateway"].connections for n in (1, 2)]
    assert all(requests), "a scheduler has never asked for work"


def test_one_of_two_schedulers_is_enough(cluster: Cluster) -> None:
    with Play(cluster, 15, _ROWS, _EPOCHS) as play:
        with cluster.held("scheduler-1"):
            cluster.kill("scheduler-1")
            study_id = play.workload.start_study(trials=32)
            play.workload.wait_for(study_id)
        cluster.wait_until_up("scheduler-1")
        history = play.end()
    assert check(history).findings == ()


def _sockets(history: History) -> list[ClientLog]:
    return [client for client in history.clients if client.name.startswith("Socket")]
