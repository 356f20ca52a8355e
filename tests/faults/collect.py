"""The end of a drill: what the ledger, the datasets, the queue and the logs say then."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Final

from layerlab.adapters.grpc_ingest import GrpcIngest
from layerlab.client import Client
from layerlab.client.errors import NotFound
from layerlab.domain.dataset import Task
from layerlab.domain.matrices import MatrixSpec
from layerlab.domain.problem import Problem
from layerlab.domain.recipe import RecipeName
from layerlab.serving import grpc_channel
from tests.faults.cluster import Cluster
from tests.faults.followers import SocketFollower
from tests.faults.history import History, Json, Rest, StudyEnd, Upload
from tests.faults.logs import traces
from tests.faults.nemesis import Nemesis
from tests.faults.tables import TARGET
from tests.faults.workload import Workload

_SETTLE_SECONDS: Final = 90.0


def collect(
    cluster: Cluster, workload: Workload, nemesis: Nemesis, marks: Mapping[str, int]
) -> History:
    """Call it when every study has ended and every fault is over.

    `marks`: how much each service had logged before.
    """
    cluster.wait_until_ready()
    workload.crowd.wait(_SETTLE_SECONDS)
    return History(
        accepted=workload.accepted,
        ends=study_ends(cluster, [each.study_id for each in workload.accepted]),
        uploads=asyncio.run(_read_all(cluster, workload.datasets)),
        clients=workload.crowd.logs,
        answers=workload.answers,
        faults=nemesis.faults,
        came=[(came.name, came.at) for came in cluster.came],
        traces=[
            trace
            for service in cluster.services()
            for trace in traces(service.name, service.output[marks[service.name] :])
        ],
        rest=rest(cluster, nemesis.poison),
    )


def study_ends(cluster: Cluster, study_ids: Iterable[str]) -> dict[str, StudyEnd]:
    ends = {}
    with cluster.client() as client:
        for study_id in study_ids:
            try:
                study = client.studies.get(study_id)
            except NotFound:
                continue
            trials = [trial.document for trial in study.trials(order_by="number")]
            logs = {name: _log(study_id, url) for name, url in cluster.gateway_urls.items()}
            ends[study_id] = StudyEnd(study.document, trials, logs)
    return ends


def rest(cluster: Cluster, poison: int = 0) -> Rest:
    """Once nothing waits in the queue; or whatever is left there after a patient wait."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    trainers = cluster.topology.trainers
    while True:
        queue = cluster.queue()
        settled = queue.is_empty and queue.consumers == trainers
        if settled or time.monotonic() > deadline:
            break
        time.sleep(1.0)
    return Rest(queue.ready, queue.unacknowledged, queue.consumers, trainers, queue.dead, poison)


def _log(study_id: str, url: str) -> list[Json]:
    reader = SocketFollower("reader", study_id, url)
    patience = threading.Event()
    timer = threading.Timer(_SETTLE_SECONDS, patience.set)
    timer.start()
    reader.run(patience)
    timer.cancel()
    return [json.loads(seen.body) for seen in reader.log.seen]


async def _read_all(cluster: Cluster, dataset_ids: Iterable[str]) -> list[Upload]:
    """Splits every table by ingest, and asks the ledger for it: both must know it."""
    address = f"127.0.0.1:{cluster.ingest_port}"
    async with grpc_channel(address) as channel:
        ingest = GrpcIngest(channel)
        return [await _read(cluster, ingest, each) for each in dataset_ids]


async def _read(cluster: Cluster, ingest: GrpcIngest, dataset_id: str) -> Upload:
    spec = MatrixSpec(dataset_id, TARGET, Task.CLASSIFICATION, RecipeName.PAPER, seed=1)
    try:
        split = await ingest.get_split(spec)
        dataset = await asyncio.to_thread(_known, cluster, dataset_id)
    except (Problem, NotFound) as problem:
        return Upload(dataset_id, readable=False, detail=str(problem))
    rows = len(split.train) + len(split.validation) + len(split.test)
    return Upload(dataset_id, readable=rows == dataset, detail=f"{rows} of {dataset} rows")


def _known(cluster: Cluster, dataset_id: str) -> int:
    """The rows that the ledger knows of."""
    with Client(cluster.url) as client:
        return client.datasets.get(dataset_id).rows
