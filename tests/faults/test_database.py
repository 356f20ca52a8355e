"""The failure table's row about the database: mongod killed, stopped, or out of reach.

Ends are retried until they are written, the gateway says what is unavailable, and the event loop
never blocks.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from time import monotonic

import httpx
import pytest
from pymongo import MongoClient
from structlog.testing import capture_logs

from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.adapters.opening import UnknownUrl, open_run_store
from layerlab.adapters.refusals import NewerSchema
from layerlab.domain.problem import Unavailable
from layerlab.domain.study import CohortRef
from layerlab.lifecycle import background
from layerlab.serving import grpc_channel
from tests.e2e.proxy import CuttingProxy
from tests.faults.database_world import (
    MarkWriter,
    Pulse,
    again,
    epochs_in,
    is_gapless,
    open_ledger,
    start_reporter,
    until_more_by,
    whole_log,
)
from tests.integration.gateway_world import check_problem, running_gateway
from tests.servers import Mongod
from tests.waiting import until, until_true

# A group that waits behind one that fails waits for both, and a loaded machine adds to it.
_BOUND_SECONDS = 15.0
_DEAF_SECONDS = 2.0


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Mongod]:
    """A mongod that may be killed."""
    with Mongod(tmp_path / "mongod") as server:
        yield server


async def in_thread(*steps: Callable[[], object]) -> None:
    for step in steps:
        await asyncio.to_thread(step)


async def test_mongod_killed_again_and_again_loses_no_report_and_doubles_none(
    own: Mongod, tmp_path: Path
) -> None:
    pulse, kills, epochs = Pulse(), 3, 450
    async with open_ledger(own.url, tmp_path) as ledger, background(pulse.feel()):
        reporter = await start_reporter(ledger)
        study_id = reporter.cohort.study_id
        reporting = asyncio.create_task(reporter.report(epochs))
        for kill in range(kills):
            # Each kill comes in the middle of the work.
            await reporter.until(epochs * kill // kills)
            await in_thread(own.kill)
            if kill == 0:
                # Away for longer than an operation may take; the others are soon forgotten.
                await until(lambda: reporter.refusals > 0)
            await in_thread(own.start)
        await reporting
        async with open_run_store(own.url) as store:
            log = await whole_log(store, study_id)
    assert is_gapless(log)
    assert epochs_in(log) == list(range(1, epochs + 1))
    assert pulse.worst < _DEAF_SECONDS


async def test_writers_that_race_while_mongod_is_killed_leave_a_log_without_a_gap(
    own: Mongod,
) -> None:
    """What was acknowledged is there; nothing is there twice, or in part."""
    chance = Random(4)
    done = asyncio.Event()
    async with open_run_store(own.url) as one, open_run_store(own.url) as other:
        writers = [MarkWriter(store, f"{n}") for n, store in enumerate(3 * [one, other])]
        tasks = [asyncio.create_task(writer.write(done)) for writer in writers]
        for _ in range(3):
            await until_more_by(writers, chance.randrange(5, 40))
            await in_thread(own.kill, own.start)
        done.set()
        await asyncio.gather(*tasks)
        log = await whole_log(one, "s")
        summaries = await again(one.list_studies)
    marks = [event.data["mark"] for event in log]
    assert is_gapless(log)
    assert set(Counter(marks).values()) == {3}
    assert all(marks[n] == marks[n + 1] == marks[n + 2] for n in range(0, len(marks), 3))
    assert {mark for writer in writers for mark in writer.acknowledged} <= set(marks)
    assert set(marks) <= {mark for writer in writers for mark in writer.tried}
    assert [summary.study_id for summary in summaries] == ["s"]


async def test_mongod_stopped_and_continued_is_unavailable_meanwhile_and_nothing_is_lost(
    own: Mongod, tmp_path: Path
) -> None:
    pulse, epochs = Pulse(), 300
    async with open_ledger(own.url, tmp_path) as ledger, background(pulse.feel()):
        reporter = await start_reporter(ledger)
        reporting = asyncio.create_task(reporter.report(epochs))
        await reporter.until(20)
        own.pause()
        stopped = monotonic()
        for call in (ledger.list_studies, lambda: ledger.get_study(reporter.cohort.study_id)):
            before = monotonic()
            with pytest.raises(Unavailable):
                await call()
            assert monotonic() - before < _BOUND_SECONDS
        await asyncio.sleep(max(0.0, 10.0 - (monotonic() - stopped)))
        own.go_on()
        await reporting
        async with open_run_store(own.url) as store:
            log = await whole_log(store, reporter.cohort.study_id)
    assert is_gapless(log)
    assert epochs_in(log) == list(range(1, epochs + 1))
    assert pulse.worst < _DEAF_SECONDS


async def test_a_network_that_cuts_and_swallows_loses_no_report_and_doubles_none(
    own: Mongod, tmp_path: Path
) -> None:
    """An append whose acknowledgement is lost may have been made: it is not made twice."""
    proxy, epochs = CuttingProxy(own.port), 400
    async with open_ledger(own.url_of("layerlab", proxy.port), tmp_path) as ledger:
        reporter = await start_reporter(ledger)
        reporting = asyncio.create_task(reporter.report(epochs))
        for share in range(4):
            await reporter.until(epochs * share // 4)
            proxy.cut()
            await asyncio.sleep(0.3)
            proxy.blackhole()
            await asyncio.sleep(1.0)
            proxy.heal()
        await reporting
    async with open_run_store(own.url) as store:
        log = await whole_log(store, reporter.cohort.study_id)
    assert is_gapless(log)
    assert epochs_in(log) == list(range(1, epochs + 1))


async def test_a_gateway_starts_before_its_database_and_says_what_is_missing(
    tmp_path: Path,
) -> None:
    own = Mongod(tmp_path / "mongod")
    async with running_gateway(tmp_path, store_url=own.url) as world:
        check_problem(await world.http.get("/v1/studies"), 503, "store_unavailable")
        ready = await world.http.get("/readyz")
        assert (ready.status_code, ready.json()["unavailable"]) == (503, ["store"])
        with own:
            await until_answered(world.http, "/readyz")
            assert (await world.study())["state"] == "PENDING"


async def test_a_gateway_without_its_database_answers_503_in_time_and_never_500(
    own: Mongod, tmp_path: Path
) -> None:
    async with running_gateway(tmp_path, store_url=own.url) as world:
        study = await world.study()
        path = f"/v1/studies/{study['study_id']}"
        requests = [
            ("GET", "/v1/studies", None),
            ("GET", "/v1/datasets", None),
            ("GET", "/v1/workers", None),
            ("GET", path, None),
            ("GET", f"{path}/trials", None),
            ("POST", f"{path}:suspend", None),
            ("POST", "/v1/studies", {"dataset_id": study["dataset_id"], "target": "species"}),
        ]
        for fault, repair in ((own.pause, own.go_on), (own.kill, own.start)):
            fault()
            started = monotonic()
            answers = await asyncio.gather(
                *(world.http.request(verb, where, json=body) for verb, where, body in requests)
            )
            async with grpc_channel(world.grpc) as channel:
                with pytest.raises(Unavailable):
                    await GrpcLedger(channel).claim_cohort(
                        CohortRef(study["study_id"], "c1"), "w1", "i1"
                    )
            assert monotonic() - started < _BOUND_SECONDS
            for answer in answers:
                check_problem(answer, 503, "store_unavailable")
                assert int(answer.headers["Retry-After"]) > 0
            await in_thread(repair)
            await until_answered(world.http, path)


async def until_answered(http: httpx.AsyncClient, path: str) -> None:
    async def is_answered() -> bool:
        return (await http.get(path)).status_code == 200

    await until_true(is_answered)


async def test_a_wrong_password_is_said_without_repeating_it(own: Mongod) -> None:
    url = own.url.replace("://", "://somebody:s3cr3t@")
    with capture_logs() as logs:
        async with open_run_store(url) as store:
            with pytest.raises(Unavailable) as refused:
                await store.now()
    assert any("password in LAYERLAB_STORE__URL" in str(entry.get("reason")) for entry in logs)
    assert "s3cr3t" not in json.dumps(logs, default=str) + str(refused.value)


@pytest.mark.parametrize(
    "url", ["mongodb://me:s3cr3t@host:port/x", "mongodb://me:s3cr3t@/x", "mongodb://me:s3@cr3t@h/x"]
)
def test_a_url_that_cannot_be_read_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UnknownUrl, match="LAYERLAB_STORE__URL") as refused:
        open_run_store(url)
    assert "cr3t" not in str(refused.value)


async def test_a_mongod_that_was_not_told_its_replica_set_is_waited_for(tmp_path: Path) -> None:
    with capture_logs() as logs, Mongod(tmp_path / "mongod") as own:
        own.kill()
        fresh = Mongod(tmp_path / "fresh", own.port)
        fresh.start(wait=False)
        try:
            async with open_run_store(fresh.url) as store:
                with pytest.raises(Unavailable):
                    await store.now()
                await asyncio.to_thread(fresh.wait_until_ready)
                await again(store.now)
        finally:
            fresh.kill()
    assert any(entry["event"] == "MongoDB can be used again" for entry in logs)


async def test_a_database_of_a_newer_version_is_refused(own: Mongod) -> None:
    async with open_run_store(own.url):
        pass
    await in_thread(lambda: _raise_version(own))
    with pytest.raises(NewerSchema, match="newer LayerLab"):
        async with open_run_store(own.url):
            pass


def _raise_version(own: Mongod) -> None:
    client: MongoClient[dict[str, object]] = MongoClient(own.url)
    with client:
        client["layerlab"]["meta"].update_one({"_id": "schema"}, {"$set": {"version": 99}})


async def test_gateways_that_start_at_once_make_the_same_indexes(own: Mongod) -> None:
    async def start() -> None:
        async with open_run_store(own.url) as store:
            await store.now()

    await asyncio.gather(*(start() for _ in range(6)))
