"""The gateway as a running service: health, metrics, the page, what it needs, how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, AsyncExitStack, closing
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from layerlab.adapters.grpc_ingest import GrpcIngest
from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.adapters.memory import MemoryEventFeed
from layerlab.adapters.objects import FileDatasetStore
from layerlab.adapters.sqlite import open_sqlite
from layerlab.domain.design import Design
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.study import CohortRef, Proposal, Purpose, TrialEnd
from layerlab.domain.trial import StudyState, TrialState
from layerlab.readiness import Readiness
from layerlab.serving import check_serving, grpc_channel
from services.gateway.server import gateway_service
from services.gateway.settings import GatewaySettings, RemoteWithoutLogin
from tests.integration.gateway_world import World, check_problem, running_gateway
from tests.servers.process import killed_at_last

pytestmark = pytest.mark.asyncio(loop_scope="module")

_HEAVY = ("torch", "keras", "pandas", "numpy", "optuna", "pyarrow", "sklearn")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder: Path = tmp_path_factory.mktemp("gateway")
    assets = folder / "page" / "assets"
    assets.mkdir(parents=True)
    (folder / "page" / "index.html").write_text("<!doctype html><title>LayerLab</title>")
    (folder / "page" / "favicon.svg").write_text("<svg/>")
    (assets / "index-4f2a.js").write_text("export {}")
    (folder / "secret.txt").write_text("not for the world")
    async with running_gateway(folder) as world:
        yield world


async def test_a_whole_gateway_is_alive_and_ready(world: World) -> None:
    assert (await world.http.get("/healthz")).json() == {"status": "alive"}
    answer = await world.http.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "unavailable": []})


async def test_without_ingest_it_is_alive_but_says_what_is_missing_and_answers_503(
    tmp_path: Path,
) -> None:
    nobody = socket.create_server(("127.0.0.1", 0))
    address = f"127.0.0.1:{nobody.getsockname()[1]}"
    nobody.close()
    settings = GatewaySettings(http="127.0.0.1:0", grpc="127.0.0.1:0")
    files = FileDatasetStore(tmp_path / "datasets")
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        store = await enter(open_sqlite(tmp_path / "ledger.db"))
        channel = await enter(grpc_channel(address))
        readiness = Readiness({"store": store.now, "ingest": partial(check_serving, channel)})
        gateway = await enter(
            gateway_service(
                settings, store, MemoryEventFeed(), GrpcIngest(channel), files, readiness
            )
        )
        http = await enter(httpx.AsyncClient(base_url=gateway.http.url))
        assert (await http.get("/healthz")).status_code == 200
        ready = await http.get("/readyz")
        assert (ready.status_code, ready.json()["unavailable"]) == (503, ["ingest"])
        answer = await http.post(
            "/v1/datasets", content=b"a,b\n1,2\n", headers={"Content-Type": "text/csv"}
        )
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["content-type"] == "application/problem+json"


async def test_metrics_count_what_ended_and_what_waits(world: World) -> None:
    study_id = (await world.study())["study_id"]
    async with grpc_channel(world.grpc) as channel:
        ledger, cohort = GrpcLedger(channel), CohortRef(study_id, "first")
        await ledger.move_study(study_id, StudyState.RUNNING)
        proposals = [Proposal(number, Design((8,)), 1) for number in (1, 2)]
        await ledger.register_cohort(cohort, Purpose.SEARCH, proposals)
        waiting = await scrape(world, 'layerlab_queue_messages{kind="ready"}', 1)
        await ledger.claim_cohort(cohort, "worker", "incarnation")

        async def batches() -> AsyncIterator[ReportBatch]:
            end = TrialEnd(1, TrialState.SUCCEEDED, score_val=0.5, fit_time_seconds=2.5)
            yield ReportBatch(1, ends=(end,))

        async for _ in ledger.report_cohort(cohort, 1, batches()):
            pass
    await world.http.post(f"/v1/studies/{study_id}:cancel")
    after = await scrape(world, 'layerlab_trials_total{state="cancelled"}', 1)
    assert waiting['layerlab_queue_messages{kind="unacknowledged"}'] == 0
    assert after['layerlab_queue_messages{kind="ready"}'] == 0
    assert after['layerlab_trials_total{state="succeeded"}'] == 1
    assert after['layerlab_trials_total{state="cancelled"}'] == 1
    assert after['layerlab_trial_duration_seconds_bucket{le="3.0"}'] == 2
    assert after["layerlab_trial_duration_seconds_sum"] == 2.5
    assert "layerlab_worker_heartbeat_timestamp_seconds" in after
    assert not any(study_id in name for name in after)


async def scrape(world: World, name: str, value: float) -> dict[str, float]:
    """The metrics once `name` has `value`: they follow the ledger, and don't hold it up."""
    deadline = monotonic() + 10
    while True:
        text = (await world.http.get("/metrics")).text
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        metrics = {each: float(number) for each, _, number in (x.rpartition(" ") for x in lines)}
        if metrics.get(name) == value:
            return metrics
        assert monotonic() < deadline, text


async def test_the_page_is_served_at_its_addresses_and_its_files_are_kept_for_ever(
    world: World,
) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml"}
    for path in ("/", "/studies/abc", "/studies/abc/trials/1", "/new/upload", "/nothing"):
        answer = await world.http.get(path, headers=browser)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
        assert "<title>LayerLab</title>" in answer.text
    script = await world.http.get("/assets/index-4f2a.js")
    assert "immutable" in script.headers["cache-control"]
    assert script.headers["content-type"].startswith("text/javascript")
    assert (await world.http.get("/favicon.svg")).text == "<svg/>"
    assert (await world.http.head("/")).status_code == 200


async def test_a_page_that_is_not_built_says_so(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as world:
        answer = await world.http.get("/")
        assert answer.status_code == 503
        assert "make web" in answer.text
        assert (await world.http.get("/healthz")).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/" + "a" * 5000],
)
async def test_nothing_outside_the_page_is_served(world: World, path: str) -> None:
    request = world.http.build_request("GET", world.url)
    # httpx would resolve the dots before it sends them.
    request.url = request.url.copy_with(raw_path=path.encode())
    answer = await world.http.send(request)
    check_problem(answer, 404, "unknown_route")


async def test_every_answer_tells_browsers_what_to_hold_the_page_to(world: World) -> None:
    for path in ("/", "/healthz", "/v1/studies", "/v1/nothing", "/openapi.json"):
        headers = (await world.http.get(path)).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe-eval" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers


async def test_the_openapi_document_is_served_and_is_the_printed_one(world: World) -> None:
    command = [sys.executable, "-m", "services.gateway.openapi"]
    printed = await asyncio.to_thread(subprocess.check_output, command, timeout=60)
    assert (await world.http.get("/openapi.json")).json() == json.loads(printed)


async def test_what_nobody_foresaw_is_logged_once_and_answered_with_500_and_no_trace(
    tmp_path: Path,
) -> None:
    async with running_gateway(tmp_path) as world:
        study = await world.study()
        await world.http.post(f"/v1/studies/{study['study_id']}:cancel")
        # As if another program had written into the ledger.
        with closing(sqlite3.connect(tmp_path / "ledger.db")) as database, database:
            database.execute("UPDATE studies SET body = 'nonsense'")
        with capture_logs() as logs:
            check_problem(await world.http.get("/v1/studies"), 500, "internal")
        assert [each["path"] for each in logs if each["log_level"] == "error"] == ["/v1/studies"]
        assert (await world.http.get("/healthz")).status_code == 200


@pytest.mark.parametrize("name", ["http", "grpc"])
async def test_it_refuses_to_listen_where_strangers_are(tmp_path: Path, name: str) -> None:
    for address in ("0.0.0.0:0", "[::]:0", "192.0.2.1:8080", "example.com:8080"):
        settings: dict[str, Any] = {name: address}
        with pytest.raises(RemoteWithoutLogin, match=f"LAYERLAB_GATEWAY__{name.upper()}"):
            async with running_gateway(tmp_path, **settings):
                pass


async def test_who_says_so_may_listen_everywhere_and_then_any_host_name_will_do(
    tmp_path: Path,
) -> None:
    async with running_gateway(tmp_path, http="0.0.0.0:0", allow_remote=True) as world:
        url = f"http://127.0.0.1:{world.port}/v1/studies"
        answer = await world.http.get(url, headers={"Host": "layerlab.example"})
        assert answer.status_code == 200


async def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        for name in ("http", "grpc"):
            settings: dict[str, Any] = {name: address}
            with pytest.raises(OSError, match=address):
                async with running_gateway(tmp_path, **settings):
                    pass


# As a process.


def start(
    folder: Path, *arguments: str, **settings: str
) -> AbstractContextManager[subprocess.Popen[str]]:
    environment = {
        **os.environ,
        "LAYERLAB_DATA_DIR": str(folder),
        "LAYERLAB_GATEWAY__HTTP": "127.0.0.1:0",
        "LAYERLAB_GATEWAY__GRPC": "127.0.0.1:0",
        **settings,
    }
    return killed_at_last(
        subprocess.Popen(
            [sys.executable, *(arguments or ("-m", "services.gateway"))],
            env=environment,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
    )


async def where_it_is(process: subprocess.Popen[str]) -> str:
    """The address that its first line names."""
    assert process.stderr is not None
    line = await asyncio.to_thread(process.stderr.readline)
    url = re.search(r"http://127\.0\.0\.1:\d+", line)
    assert url is not None, line
    return url.group()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_as_a_process_it_says_where_it_is_and_a_signal_ends_it_well(
    tmp_path: Path, number: signal.Signals
) -> None:
    with start(tmp_path) as process:
        url = await where_it_is(process)
        async with httpx.AsyncClient(base_url=url) as http:
            assert (await http.get("/healthz")).status_code == 200
        process.send_signal(number)
        _, output = await asyncio.to_thread(process.communicate, timeout=20)
    assert process.returncode == 0, output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"LAYERLAB_GATEWAY__HTTP": "0.0.0.0:0"}, "LAYERLAB_GATEWAY__ALLOW_REMOTE"),
        ({"LAYERLAB_GATEWAY__HTTP": "nonsense"}, "LAYERLAB_GATEWAY__HTTP"),
        ({"LAYERLAB_STORE__URL": "oracle://user:secret@host/"}, "LAYERLAB_STORE__URL"),
    ],
)
async def test_as_a_process_it_refuses_a_setting_that_cannot_be_met_by_its_name(
    tmp_path: Path, settings: dict[str, str], named: str
) -> None:
    with start(tmp_path, **settings) as process:
        _, output = await asyncio.to_thread(process.communicate, timeout=20)
    assert process.returncode == 2
    assert named in output
    assert "secret" not in output
    assert "Traceback" not in output


async def test_it_serves_where_torch_keras_pandas_numpy_and_optuna_are_not_installed(
    tmp_path: Path,
) -> None:
    program = f"""
        import runpy, sys

        class Absent:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] in {_HEAVY!r}:
                    raise ModuleNotFoundError(name)

        sys.meta_path.insert(0, Absent())
        sys.argv = ["services.gateway"]
        runpy.run_module("services.gateway", run_name="__main__", alter_sys=True)
    """
    with start(tmp_path, "-c", textwrap.dedent(program)) as process:
        url = await where_it_is(process)
        async with httpx.AsyncClient(base_url=url) as http:
            assert (await http.get("/healthz")).json() == {"status": "alive"}
            assert len((await http.get("/v1/samples")).json()["samples"]) == 3
        process.terminate()
        await asyncio.to_thread(process.communicate, timeout=20)
    assert process.returncode == 0
