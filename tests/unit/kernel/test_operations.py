"""The operations server, readiness, and ports that give way."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from urllib.error import HTTPError
from urllib.request import urlopen

import grpc
import pytest
from structlog.testing import capture_logs

from layerlab.operations import LOOP_SECONDS, new_registry, operations_server
from layerlab.readiness import Readiness
from layerlab.serving import check_serving, grpc_channel, grpc_server


def fetch(url: str) -> tuple[int, str]:
    try:
        with urlopen(url, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


async def get(address: str, path: str) -> tuple[int, dict[str, object]]:
    status, body = await asyncio.to_thread(fetch, f"http://{address}{path}")
    document: dict[str, object] = json.loads(body)
    return status, document


class Part:
    """Something that a service needs."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    async def check(self) -> None:
        if self.error is not None:
            raise self.error


async def test_readiness_names_what_is_away_and_logs_each_change_once() -> None:
    store, broker = Part(), Part()
    readiness = Readiness({"store": store.check, "broker": broker.check})
    async with operations_server("127.0.0.1:0", readiness, new_registry("test")) as here:
        assert await get(here, "/readyz") == (200, {"status": "ready", "unavailable": []})
        broker.error = ConnectionError("refused")
        with capture_logs() as lines:
            for _ in range(3):
                status, document = await get(here, "/readyz")
                assert (status, document["unavailable"]) == (503, ["broker"])
        assert [(line["event"], line["part"]) for line in lines] == [
            ("a part is unavailable", "broker")
        ]
        assert (await get(here, "/readyz?exclude=broker"))[0] == 200
        store.error = ValueError("broken")
        assert (await get(here, "/readyz?exclude=broker&exclude=store"))[0] == 200
        store.error = broker.error = None
        assert (await get(here, "/readyz"))[0] == 200


async def test_a_part_that_does_not_answer_is_unavailable() -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    report = await Readiness({"store": hang}).report()
    assert report.unavailable == ("store",)


async def test_a_service_that_closes_is_alive_and_takes_no_more_work() -> None:
    readiness = Readiness({})
    async with operations_server("127.0.0.1:0", readiness, new_registry("test")) as here:
        readiness.close()
        assert await get(here, "/readyz") == (503, {"status": "closing", "unavailable": []})
        assert (await get(here, "/healthz"))[0] == 200


async def test_an_event_loop_that_hangs_is_noticed_while_metrics_go_on() -> None:
    answers: list[tuple[int, str]] = []
    async with operations_server("127.0.0.1:0", Readiness({}), new_registry("test")) as here:

        def ask() -> None:
            answers.append(fetch(f"http://{here}/metrics"))
            answers.append(fetch(f"http://{here}/healthz"))

        asking = threading.Thread(target=ask)
        asking.start()
        # The loop must hang for real.
        while asking.is_alive():
            time.sleep(LOOP_SECONDS / 50)  # noqa: ASYNC251
        assert (await get(here, "/healthz"))[0] == 200
    (metrics, text), (health, _) = answers
    assert (metrics, health) == (200, 503)
    assert 'layerlab_build_info{service="test"' in text


async def test_what_is_asked_elsewhere_is_not_found() -> None:
    async with operations_server("127.0.0.1:0", Readiness({}), new_registry("test")) as here:
        assert (await get(here, "/admin"))[0] == 404


async def test_a_taken_port_gives_way_only_where_it_may() -> None:
    registry, ready = new_registry("test"), Readiness({})
    async with operations_server("127.0.0.1:0", ready, registry) as first:
        with pytest.raises(OSError, match=f"{first} can't be listened on"):
            async with operations_server(first, ready, registry):
                pass
        async with operations_server(first, ready, registry, may_move=True) as second:
            assert second != first
            assert (await get(second, "/healthz"))[0] == 200
    async with grpc_server("127.0.0.1:0", lambda server: None) as port:
        with pytest.raises(OSError, match=f"127.0.0.1:{port} can't be listened on"):
            async with grpc_server(f"127.0.0.1:{port}", lambda server: None):
                pass
        async with grpc_server(f"127.0.0.1:{port}", lambda server: None, may_move=True) as other:
            assert other != port


async def is_serving(channel: grpc.aio.Channel) -> bool:
    try:
        await check_serving(channel)
    except ConnectionError:
        return False
    return True


async def test_the_health_of_grpc_follows_readiness() -> None:
    part = Part()
    part.error = ConnectionError("away")
    readiness = Readiness({"store": part.check})

    async def until(serving: bool) -> None:
        while await is_serving(channel) is not serving:  # noqa: ASYNC110  # The server's state.
            await asyncio.sleep(0.05)

    async with (
        grpc_server("127.0.0.1:0", lambda server: None, ["some.Service"], (), readiness) as port,
        grpc_channel(f"127.0.0.1:{port}") as channel,
    ):
        await check_serving(channel, "some.Service")
        async with asyncio.timeout(30):
            await until(serving=False)
            with pytest.raises(ConnectionError, match="not ready"):
                await check_serving(channel)
            part.error = None
            await until(serving=True)
    with pytest.raises(ConnectionError):
        async with grpc_channel(f"127.0.0.1:{port}") as channel:
            await check_serving(channel)
