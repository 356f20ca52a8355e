"""Every bad request: a clear answer, nothing kept, and the server goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio

from layerlab.domain.space import MAX_GRID
from services.gateway.samples import get_sample
from tests.integration.gateway_world import CSV, World, check_problem, running_gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")

_LIMIT = 200_000
_PENGUINS = sha256(get_sample("penguins").read()).hexdigest()
_JSON = {"Content-Type": "application/json"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder: Path = tmp_path_factory.mktemp("gateway")
    async with running_gateway(
        folder, max_upload_bytes=_LIMIT, max_document_bytes=50_000, patience_seconds=1.0
    ) as world:
        await world.penguins()
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def world(gateway: World) -> AsyncIterator[World]:
    before = await gateway.kept()
    yield gateway
    assert (await gateway.http.get("/healthz")).status_code == 200
    await gateway.until_kept(before)


async def ask(world: World, **more: Any) -> httpx.Response:
    document = {"dataset_id": _PENGUINS, "target": "species", **more}
    # Python's own JSON says NaN and Infinity, which is what a careless client would send.
    return await world.http.post("/v1/studies", content=json.dumps(document), headers=_JSON)


async def raw(world: World, *pieces: bytes, pause: float = 0.0) -> bytes:
    """Everything the server answers to these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    reading = asyncio.create_task(_read_all(reader))
    # The answer may come, and the connection go, before everything was sent.
    with suppress(ConnectionError):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
    async with asyncio.timeout(15):
        answer = await reading
    writer.close()
    return answer


async def _read_all(reader: asyncio.StreamReader) -> bytes:
    answer = b""
    with suppress(ConnectionError):
        while piece := await reader.read(1 << 16):
            answer += piece
    return answer


# Names, kinds of content, sizes, speed.


async def test_a_file_name_that_climbs_out_of_its_folder_is_only_text(
    gateway: World,
) -> None:
    name = "../../../etc/\x00passwd\u202e.csv"
    answer = await gateway.upload(b"a,b\n" + b"1,x\n2,y\n" * 15, name)
    assert answer.status_code == 201
    assert answer.json()["name"] == "../../../etc/passwd.csv"
    _, _, files = await gateway.kept()
    assert not any("passwd" in file for file in files)


async def test_another_kind_of_content_is_refused_and_the_right_one_is_named(world: World) -> None:
    for kind in ("application/octet-stream", "multipart/form-data; boundary=x", "image/png", ""):
        answer = await world.http.post(
            "/v1/datasets", content=b"a,b\n1,2\n", headers={"Content-Type": kind}
        )
        problem = check_problem(answer, 415, "content_type")
        assert "text/csv" in problem["hint"]
    answer = await world.http.post("/v1/studies", content=b"{}", headers=CSV)
    check_problem(answer, 415, "content_type")


async def test_a_compressed_body_is_refused(world: World) -> None:
    headers = {**CSV, "Content-Encoding": "gzip"}
    answer = await world.http.post("/v1/datasets", content=b"\x1f\x8b", headers=headers)
    check_problem(answer, 415, "content_encoding")


async def test_a_table_that_is_too_large_is_refused_at_the_first_byte_too_many(
    world: World,
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b"a,b\n"
        while sent < 100 * _LIMIT:
            sent += 50_000
            yield b"1,2\n" * 12_500

    # Chunked: no Content-Length tells the size in advance.
    answer = await world.http.post("/v1/datasets", content=endless(), headers=CSV)
    problem = check_problem(answer, 413, "body_too_large")
    assert problem["limit"] == _LIMIT


async def test_a_content_length_that_lies_changes_nothing(world: World) -> None:
    head = b"POST /v1/datasets HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n"
    answer = await raw(world, head + b"Content-Length: 999999\r\n\r\na,b\n1,2\n")
    assert answer.startswith(b"HTTP/1.1 408 ")
    answer = await raw(world, head + b"Content-Length: 9\r\nContent-Length: 1\r\n\r\na")
    assert answer.startswith(b"HTTP/1.1 400 ")


async def test_a_document_that_is_too_large_is_refused(world: World) -> None:
    answer = await ask(world, name="x" * 60_000)
    check_problem(answer, 413, "body_too_large")


async def test_a_body_that_stops_half_way_is_answered_with_408(world: World) -> None:
    head = (
        b"POST /v1/datasets HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    answer = await raw(world, head + b"8\r\na,b\n1,2\n\r\n")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"body_too_slow"' in answer
    assert b"connection: close" in answer.lower()


async def test_a_body_that_drips_is_answered_with_408(world: World) -> None:
    head = (
        b"POST /v1/studies HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    drops = [b"1\r\n \r\n"] * 6
    answer = await raw(world, head, *drops, pause=0.25)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"body_too_slow"' in answer


async def test_headers_that_never_end_are_answered_with_408(world: World) -> None:
    answer = await raw(world, b"GET /healthz HTTP/1.1\r\n", b"Host: localhost\r\n", b"X-A: b\r\n")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code": "headers_too_slow"' in answer


async def test_a_client_that_leaves_half_way_leaves_nothing_behind(world: World) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", world.port)
    writer.write(
        b"POST /v1/datasets HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n"
        b"Content-Length: 100000\r\n\r\na,b\n" + b"1,2\n" * 10_000
    )
    await writer.drain()
    await asyncio.sleep(0.2)
    writer.transport.abort()


async def test_bytes_that_are_no_http_are_answered_with_400(world: World) -> None:
    assert (await raw(world, b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")).startswith(b"HTTP/1.1 400 ")


# Documents that can't be read.


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"a": 1,}', b"hello", b'{"a": 1} x', b'{"a": "\xff\xfe"}', b"{'a': 1}"],
)
async def test_malformed_json_is_answered_with_400(world: World, body: bytes) -> None:
    answer = await world.http.post("/v1/studies", content=body, headers=_JSON)
    check_problem(answer, 400, "malformed_json")


@pytest.mark.parametrize("depth", [40, 1_000, 20_000])
async def test_deep_nesting_is_answered_with_400(world: World, depth: int) -> None:
    body = b'{"space": ' + b"[" * depth + b"]" * depth + b"}"
    answer = await world.http.post("/v1/studies", content=body, headers=_JSON)
    check_problem(answer, 400, "too_deep")


@pytest.mark.parametrize("body", [b"[]", b"null", b"17", b'"text"', b"NaN"])
async def test_json_that_is_no_object_is_answered_with_422(world: World, body: bytes) -> None:
    answer = await world.http.post("/v1/studies", content=body, headers=_JSON)
    check_problem(answer, 422, "not_an_object")


async def test_a_key_that_is_given_twice_is_refused(world: World) -> None:
    answer = await world.http.post(
        "/v1/studies", content=b'{"target": "a", "target": "b"}', headers=_JSON
    )
    check_problem(answer, 422, "duplicate_key", "target")


async def test_text_that_is_half_a_character_is_refused(world: World) -> None:
    check_problem(await ask(world, name="\ud800"), 422, "invalid_text", "name")


# Unknown things.


async def test_an_unknown_id_is_answered_with_404_whatever_it_looks_like(world: World) -> None:
    for name in ("nothing", "0" * 64, "../../etc/passwd", "a" * 5000, "%00", "'; DROP TABLE--"):
        answer = await world.http.get(f"/v1/studies/{quote(name, safe='%')}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
    check_problem(
        await world.http.get("/v1/datasets/nothing"), 404, "unknown_dataset", "dataset_id"
    )
    check_problem(await world.http.get("/v1/samples/nothing"), 404, "unknown_sample")
    for verb in ("suspend", "resume", "stop", "cancel"):
        answer = await world.http.post(f"/v1/studies/nothing:{verb}")
        check_problem(answer, 404, "unknown_study")
    for path in ("trials", "trials/1", "split", "events"):
        answer = await world.http.get(f"/v1/studies/nothing/{path}")
        check_problem(answer, 404, "unknown_study")


async def test_a_study_of_an_unknown_dataset_is_answered_with_404(world: World) -> None:
    answer = await ask(world, dataset_id="f" * 64)
    check_problem(answer, 404, "unknown_dataset", "dataset_id")


async def test_an_unknown_route_is_answered_with_404_and_says_where_the_routes_are(
    world: World,
) -> None:
    for path in ("/v1", "/v1/nope", "/v2/studies", "/nope.php", "/assets/nope.js"):
        problem = check_problem(await world.http.get(path), 404, "unknown_route")
        assert "/openapi.json" in problem["hint"]
    check_problem(await world.http.post("/v1/nope"), 404, "unknown_route")


async def test_a_wrong_method_is_answered_with_405_and_the_right_ones(world: World) -> None:
    answer = await world.http.delete("/v1/presets")
    check_problem(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]


# Values that are not acceptable.


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"max_trails": 5}, "unknown_field", "max_trails"),
        ({"budget": {"trials": 5}}, "unknown_field", "budget.trials"),
        ({"budget": {"max_trials": -1}}, "invalid_value", "budget.max_trials"),
        ({"budget": {"max_trials": 0}}, "invalid_value", "budget.max_trials"),
        ({"budget": {"max_trials": True}}, "invalid_value", "budget.max_trials"),
        ({"budget": {"max_trials": 1.5}}, "invalid_value", "budget.max_trials"),
        ({"budget": {"max_trials": "64"}}, "invalid_value", "budget.max_trials"),
        ({"budget": {"max_trials": 100_001}}, "invalid_value", "budget.max_trials"),
        ({"budget": {"max_trials": 10**30}}, "number_too_large", "budget.max_trials"),
        ({"budget": {"max_epochs": 10_001}}, "invalid_value", "budget.max_epochs"),
        ({"budget": {"time_seconds": 0.5}}, "invalid_value", "budget.time_seconds"),
        ({"budget": {"time_seconds": 8 * 24 * 3600}}, "invalid_value", "budget.time_seconds"),
        ({"budget": {"time_seconds": float("nan")}}, "not_finite", "budget.time_seconds"),
        ({"budget": {"time_seconds": float("inf")}}, "not_finite", "budget.time_seconds"),
        ({"budget": {"time_seconds": True}}, "invalid_value", "budget.time_seconds"),
        ({"budget": []}, "invalid_value", "budget"),
        ({"seed": -1}, "invalid_value", "seed"),
        ({"seed": False}, "invalid_value", "seed"),
        ({"seed": 2**53}, "number_too_large", "seed"),
        ({"target": ""}, "invalid_value", "target"),
        ({"target": 5}, "invalid_value", "target"),
        ({"target": None}, "invalid_value", "target"),
        ({"task": "clustering"}, "invalid_value", "task"),
        ({"search": 1}, "invalid_value", "search"),
        ({"engine": "jax"}, "invalid_value", "engine"),
        ({"recipe": ["paper"]}, "invalid_value", "recipe"),
        ({"preset": "heroic"}, "unknown_preset", "preset"),
        ({"space": {"learning_rate": [-0.1]}}, "invalid_space", "space.learning_rate"),
        ({"space": {"learning_rate": [float("nan")]}}, "not_finite", "space.learning_rate.0"),
        ({"space": {"learning_rate": [True]}}, "invalid_space", "space.learning_rate"),
        ({"space": {"dropout": {"low": float("-inf")}}}, "not_finite", "space.dropout.low"),
        ({"space": {"dropout": 1.0}}, "invalid_space", "space.dropout"),
        ({"space": {"batch_size": [10**400]}}, "not_finite", "space.batch_size.0"),
        ({"space": {"hidden": [[10**20]]}}, "number_too_large", "space.hidden.0.0"),
        ({"space": {"hidden": [[-8]]}}, "invalid_space", "space.hidden"),
        ({"space": {"hidden": [[True]]}}, "invalid_space", "space.hidden"),
        ({"space": {"widths": [8]}}, "invalid_space", "space.widths"),
        ({"space": {"momentum": [1.0]}}, "invalid_space", "space.momentum"),
        ({"space": {"schedule": "step"}}, "invalid_space", "space.schedule"),
        ({"space": {"warmup_epochs": -1}}, "invalid_space", "space.warmup_epochs"),
        ({"space": {"class_weight": {"a": 2}}}, "invalid_space", "space.class_weight"),
        ({"space": {"class_weight": "balanced"}, "target": "year", "task": "regression"},
         "invalid_space", "space.class_weight"),
        ({"column_kinds": {"nope": "number"}}, "unknown_column", "column_kinds"),
        ({"column_kinds": {"year": "colour"}}, "invalid_value", "column_kinds.year"),
    ],
)  # fmt: skip
async def test_a_value_that_is_not_acceptable_is_answered_with_422_and_its_field(
    world: World, more: dict[str, Any], code: str, field: str
) -> None:
    check_problem(await ask(world, **more), 422, code, field)


async def test_what_is_missing_is_named(world: World) -> None:
    answer = await world.http.post("/v1/studies", json={})
    problem = check_problem(answer, 422, "missing_field", "dataset_id")
    assert [each["field"] for each in problem["errors"]] == ["dataset_id", "target"]


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"target": {"$gt": ""}}, "invalid_key", "target.$gt"),
        ({"dataset_id": {"$gt": ""}}, "invalid_key", "dataset_id.$gt"),
        ({"$where": "1"}, "invalid_key", "$where"),
        ({"budget.max_trials": 5}, "invalid_key", "budget.max_trials"),
        ({"space": {"hidden.0": [8]}}, "invalid_key", "space.hidden.0"),
        ({"column_kinds": {"$gt": "number"}}, "unknown_column", "column_kinds"),
    ],
)
async def test_operators_and_dotted_keys_are_answered_with_422(
    world: World, more: dict[str, Any], code: str, field: str
) -> None:
    check_problem(await ask(world, **more), 422, code, field)


async def test_a_grid_of_a_million_million_is_refused_with_its_size(world: World) -> None:
    space = {
        "hidden": {"layers": {"low": 4, "high": 4}, "width": list(range(1, 1001))},
        "activation": ["relu"],
        "norm": ["none"],
        "dropout": [0],
        "residual": [False],
        "optimizer": ["adam"],
        "learning_rate": [0.001],
        "weight_decay": [0],
        "batch_size": [32],
    }
    problem = check_problem(
        await ask(world, search="grid", recipe="paper", space=space), 422, "grid_too_large", "space"
    )
    assert (problem["size"], problem["limit"]) == (10**12, MAX_GRID)


async def test_a_random_search_may_have_a_space_of_a_million_million(gateway: World) -> None:
    space = {"hidden": {"layers": {"low": 4, "high": 4}, "width": list(range(1, 1001))}}
    answer = await ask(gateway, search="random", space=space)
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("order_by=nothing", "unknown_order", "order_by"),
        ("page_size=0", "invalid_value", "page_size"),
        ("page_size=1001", "invalid_value", "page_size"),
        ("page_size=many", "invalid_value", "page_size"),
        ("page_token=nonsense", "invalid_page_token", "page_token"),
        ("state=ASLEEP", "invalid_value", "state.0"),
    ],
)
async def test_a_query_that_makes_no_sense_is_answered_with_422(
    gateway: World, query: str, code: str, field: str
) -> None:
    study_id = (await gateway.study())["study_id"]
    answer = await gateway.http.get(f"/v1/studies/{study_id}/trials?{query}")
    check_problem(answer, 422, code, field)


async def test_a_trial_number_that_is_none_is_refused(gateway: World) -> None:
    study_id = (await gateway.study())["study_id"]
    for number in ("0", "-1", "1.5", "x", "9" * 30):
        answer = await gateway.http.get(f"/v1/studies/{study_id}/trials/{number}")
        check_problem(answer, 422, "invalid_value", "number")
    answer = await gateway.http.get(f"/v1/studies/{study_id}/trials/1")
    check_problem(answer, 404, "unknown_trial")


async def test_a_move_that_the_state_forbids_is_answered_with_409(gateway: World) -> None:
    study_id = (await gateway.study())["study_id"]
    assert (await gateway.http.post(f"/v1/studies/{study_id}:cancel")).status_code == 200
    problem = check_problem(
        await gateway.http.post(f"/v1/studies/{study_id}:resume"), 409, "illegal_move"
    )
    assert problem["state"] == "CANCELLED"


# Other people's pages.


async def test_another_sites_page_can_change_nothing(world: World) -> None:
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        answer = await world.http.post("/v1/studies/any:cancel", headers=headers)
        check_problem(answer, 403, "foreign_origin")
    answer = await world.http.get("/v1/studies", headers={"Host": "rebound.example"})
    check_problem(answer, 421, "foreign_host")


async def test_our_own_page_is_welcome(world: World) -> None:
    answer = await world.http.post("/v1/studies/any:cancel", headers={"Origin": world.url})
    check_problem(answer, 404, "unknown_study")
