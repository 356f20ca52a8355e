"""A study's events, live: by websocket and as server-sent events."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import BaseModel
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.domain.design import Design
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.study import CohortRef, EpochReport, Proposal, Purpose
from layerlab.domain.trial import StudyState
from layerlab.serving import grpc_channel
from services.gateway.models import EventDocument, HeartbeatFrame, HelloFrame, ResetFrame
from tests.integration.gateway_world import World, check_problem, running_gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")

LANES, EPOCHS = 500, 30
SLOW_SECONDS = 2.0

_SHAPES: dict[str, type[BaseModel]] = {
    "hello": HelloFrame,
    "heartbeat": HeartbeatFrame,
    "reset": ResetFrame,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder: Path = tmp_path_factory.mktemp("gateway")
    async with running_gateway(
        folder, heartbeat_seconds=0.3, slow_client_seconds=SLOW_SECONDS
    ) as world:
        yield world


async def move(world: World, study: dict[str, Any], *verbs: str) -> dict[str, Any]:
    for verb in verbs:
        answer = await world.http.post(f"/v1/studies/{study['study_id']}:{verb}")
        assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def read_frames(connection: ClientConnection) -> tuple[list[dict[str, Any]], int | None]:
    """Every frame until the server closes, and the code it closes with."""
    frames = []
    async with asyncio.timeout(20):
        try:
            while True:
                frames.append(json.loads(await connection.recv()))
        except ConnectionClosed as closed:
            code = None if closed.rcvd is None else closed.rcvd.code
    for frame in frames:
        _SHAPES.get(frame["type"], EventDocument).model_validate(frame)
    return frames, code


def numbers(frames: list[dict[str, Any]]) -> list[int]:
    return [frame["seq"] for frame in frames if frame["type"] not in _SHAPES]


async def test_a_reader_is_greeted_and_sent_every_event_to_the_end_of_the_study(
    world: World,
) -> None:
    study = await world.study()
    async with connect(world.socket_url(study["study_id"])) as connection:
        hello = json.loads(await connection.recv())
        assert hello["data"]["study"]["study_id"] == study["study_id"]
        assert (hello["seq"], hello["data"]["study"]["state"]) == (1, "PENDING")
        assert json.loads(await connection.recv())["type"] == "study.created"
        ended = await move(world, study, "suspend", "resume", "cancel")
        frames, code = await read_frames(connection)
    assert numbers(frames) == list(range(2, ended["seq"] + 1))
    assert [frame["data"]["to"] for frame in frames if frame["type"] == "study.state_changed"] == [
        "SUSPENDED",
        "RUNNING",
        "CANCELLED",
    ]
    assert code == 1000


async def test_a_reader_that_comes_back_goes_on_after_its_cursor(world: World) -> None:
    study = await move(world, await world.study(), "suspend", "resume", "cancel")
    async with connect(world.socket_url(study["study_id"], "?after=2")) as connection:
        frames, code = await read_frames(connection)
    assert frames[0]["type"] == "hello"
    assert numbers(frames) == list(range(3, study["seq"] + 1))
    assert code == 1000


async def test_a_reader_that_has_everything_is_told_so_and_let_go(world: World) -> None:
    study = await move(world, await world.study(), "cancel")
    async with connect(world.socket_url(study["study_id"], f"?after={study['seq']}")) as connection:
        frames, code = await read_frames(connection)
    assert [frame["type"] for frame in frames] == ["hello"]
    assert code == 1000


@pytest.mark.parametrize("cursor", ["9999", "-1", "x", "1.5", "9" * 40, "%F0%9F%90%A7"])
async def test_a_bad_cursor_is_answered_with_a_reset_and_everything(
    world: World, cursor: str
) -> None:
    study = await move(world, await world.study(), "cancel")
    async with connect(world.socket_url(study["study_id"], f"?after={cursor}")) as connection:
        frames, code = await read_frames(connection)
    assert [frame["type"] for frame in frames[:2]] == ["hello", "reset"]
    assert frames[1]["seq"] == study["seq"]
    assert numbers(frames) == list(range(1, study["seq"] + 1))
    assert code == 1000


async def test_silence_is_filled_with_heartbeats(world: World) -> None:
    study = await world.study()
    async with connect(world.socket_url(study["study_id"], "?after=1")) as connection:
        kinds = [json.loads(await connection.recv())["type"] for _ in range(3)]
    assert kinds == ["hello", "heartbeat", "heartbeat"]


async def test_an_unknown_study_is_answered_with_404_before_the_handshake(world: World) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(world.socket_url("nothing"))
    assert refused.value.response.status_code == 404
    assert json.loads(refused.value.response.body or b"")["code"] == "unknown_study"


@pytest.mark.parametrize("junk", ["hello?", "[1, 2]", "{", b"\x00\x01", "[" * 4000])
async def test_junk_is_answered_with_1007(world: World, junk: str | bytes) -> None:
    study = await world.study()
    async with connect(world.socket_url(study["study_id"])) as connection:
        await connection.send(junk)
        _, code = await read_frames(connection)
    assert code == 1007


async def test_text_that_is_no_utf_8_is_answered_with_1007(world: World) -> None:
    study = await world.study()
    async with connect(world.socket_url(study["study_id"])) as connection:
        await connection.send(b"\xff\xfe\xfd", text=True)
        _, code = await read_frames(connection)
    assert code == 1007


async def test_a_message_that_is_too_large_is_answered_with_1009(world: World) -> None:
    study = await world.study()
    async with connect(world.socket_url(study["study_id"])) as connection:
        await connection.send('{"a": "' + "x" * 10_000 + '"}')
        _, code = await read_frames(connection)
    assert code == 1009


async def test_a_flood_is_answered_with_1008_and_a_few_words_are_not(world: World) -> None:
    study = await world.study()
    async with connect(world.socket_url(study["study_id"])) as connection:
        for _ in range(10):
            await connection.send("{}")
        assert json.loads(await connection.recv())["type"] == "hello"
    async with connect(world.socket_url(study["study_id"])) as connection:
        for _ in range(31):
            await connection.send("{}")
        _, code = await read_frames(connection)
    assert code == 1008


async def test_another_sites_page_is_turned_away_with_1008(world: World) -> None:
    study = await world.study()
    async with connect(
        world.socket_url(study["study_id"]), origin=Origin("https://evil.example")
    ) as connection:
        frames, code = await read_frames(connection)
    assert (frames, code) == ([], 1008)
    own = connect(world.socket_url(study["study_id"]), origin=Origin(world.url))
    async with own as connection:
        assert json.loads(await connection.recv())["type"] == "hello"


async def test_a_name_that_was_made_to_point_here_is_turned_away(world: World) -> None:
    study = await world.study()
    with pytest.raises(InvalidStatus) as refused:
        await connect(
            world.socket_url(study["study_id"]).replace("127.0.0.1", "rebound.example"),
            host="127.0.0.1",
            port=world.port,
        )
    assert refused.value.response.status_code == 403


async def test_a_reader_that_does_not_read_is_closed_with_1013_and_a_hundred_others_miss_nothing(
    world: World,
) -> None:
    study = await world.study(budget={"max_trials": LANES, "max_epochs": EPOCHS})
    url = world.socket_url(study["study_id"])
    small = socket.create_connection(("127.0.0.1", world.port))
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    async with AsyncExitStack() as stack:
        slow = await stack.enter_async_context(
            connect(url, sock=small, max_queue=1, max_size=None, ping_interval=None)
        )
        others = [await stack.enter_async_context(connect(url, max_size=None)) for _ in range(100)]
        reading = [asyncio.create_task(read_numbers(each)) for each in others]
        channel = await stack.enter_async_context(grpc_channel(world.grpc))
        await report_much(GrpcLedger(channel), study["study_id"])
        # Whoever doesn't read is told to leave, and then the others can't be waiting for it.
        ended = await move(world, study, "suspend", "cancel")
        results = await asyncio.gather(*reading)
        slow_frames, slow_code = await read_frames(slow)
    everything = list(range(1, ended["seq"] + 1))
    assert all(result == (everything, 1000) for result in results)
    assert slow_code == 1013
    assert len(numbers(slow_frames)) < len(everything)


async def read_numbers(connection: ClientConnection) -> tuple[list[int], int | None]:
    """Of every event until the server closes, by the beginning of its text; and the code."""
    found: list[int] = []
    async with asyncio.timeout(60):
        try:
            while True:
                start = str(await connection.recv())[:40]
                if match := re.match(r'{"v":1,"seq":(\d+),"time"', start):
                    found.append(int(match[1]))
        except ConnectionClosed as closed:
            return found, None if closed.rcvd is None else closed.rcvd.code


async def report_much(ledger: GrpcLedger, study_id: str) -> None:
    """More than all the buffers between the gateway and a reader hold, in a few large events;
    half of it later than a reader may leave unread what it was sent.
    """
    await ledger.move_study(study_id, StudyState.RUNNING)
    cohort = CohortRef(study_id, "cohort")
    proposals = [Proposal(number, Design((8,)), seed=1) for number in range(1, LANES + 1)]
    await ledger.register_cohort(cohort, Purpose.SEARCH, proposals)
    claim = await ledger.claim_cohort(cohort, "worker", "incarnation")
    assert claim.assignment is not None

    async def batches() -> AsyncIterator[ReportBatch]:
        for epoch in range(1, EPOCHS + 1):
            if epoch == EPOCHS // 2:
                await asyncio.sleep(2 * SLOW_SECONDS)
            lanes = range(1, LANES + 1)
            reports = (EpochReport(lane, epoch, 0.5, 0.6, 0.7, 1.0) for lane in lanes)
            yield ReportBatch(epoch, epochs=tuple(reports))

    async for _ in ledger.report_cohort(cohort, claim.assignment.attempt, batches()):
        pass


async def sse(answer: httpx.Response) -> list[tuple[str | None, dict[str, Any]]]:
    """Every frame with its id, until the server ends the answer."""
    frames = []
    number: str | None = None
    async for line in answer.aiter_lines():
        if line.startswith("id: "):
            number = line.removeprefix("id: ")
        elif line.startswith("data: "):
            frames.append((number, json.loads(line.removeprefix("data: "))))
        elif not line:
            number = None
    return frames


async def test_server_sent_events_are_the_same_frames_with_the_number_as_id(world: World) -> None:
    study = await move(world, await world.study(), "suspend", "cancel")
    url = f"/v1/studies/{study['study_id']}/events"
    async with world.http.stream("GET", url, headers={"Accept": "text/event-stream"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        frames = await sse(answer)
    assert frames[0][0] is None
    assert frames[0][1]["type"] == "hello"
    assert [int(number or 0) for number, _ in frames[1:]] == list(range(1, study["seq"] + 1))
    assert [frame["seq"] for _, frame in frames[1:]] == list(range(1, study["seq"] + 1))


async def test_a_browser_that_reconnects_goes_on_after_its_last_event_id(world: World) -> None:
    study = await move(world, await world.study(), "suspend", "cancel")
    url = f"/v1/studies/{study['study_id']}/events"
    async with world.http.stream("GET", url, headers={"Last-Event-ID": "2"}) as answer:
        frames = await sse(answer)
    assert [frame["seq"] for _, frame in frames[1:]] == list(range(3, study["seq"] + 1))
    # With everything read, 204 is the one answer that keeps it from coming back for ever.
    answer = await world.http.get(url, headers={"Last-Event-ID": str(study["seq"])})
    assert answer.status_code == 204


async def test_server_sent_events_have_resets_and_heartbeats_too(world: World) -> None:
    study = await world.study()
    kinds: list[str] = []
    url = f"/v1/studies/{study['study_id']}/events?after=99"
    async with world.http.stream("GET", url) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                kinds.append(json.loads(line.removeprefix("data: "))["type"])
            if len(kinds) == 4:
                break
    assert kinds == ["hello", "reset", "study.created", "heartbeat"]


async def test_events_of_an_unknown_study_are_answered_with_404(world: World) -> None:
    check_problem(await world.http.get("/v1/studies/nothing/events"), 404, "unknown_study")


async def test_a_restart_closes_websockets_with_1012_and_ends_streams_and_nothing_is_missed(
    tmp_path: Path,
) -> None:
    async with AsyncExitStack() as clients:
        async with running_gateway(tmp_path) as world:
            study = await world.study()
            connection = await clients.enter_async_context(
                connect(world.socket_url(study["study_id"]))
            )
            other = await clients.enter_async_context(httpx.AsyncClient(base_url=world.url))
            stream = await clients.enter_async_context(
                other.stream("GET", f"/v1/studies/{study['study_id']}/events")
            )
            lines = aiter(stream.aiter_lines())
            while "study.created" not in await anext(lines):
                pass
            await connection.recv()
            await connection.recv()
        frames, code = await read_frames(connection)
        assert (frames, code) == ([], 1012)
        assert not any([line async for line in lines])
    async with running_gateway(tmp_path) as world:
        await move(world, study, "cancel")
        async with connect(world.socket_url(study["study_id"], "?after=1")) as connection:
            frames, code = await read_frames(connection)
    assert numbers(frames)[0] == 2
    assert code == 1000
