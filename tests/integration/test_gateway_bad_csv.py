"""Every bad table, through REST and the real ingest: what is wrong, and where; nothing is kept."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.gateway_world import World, check_problem, running_gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROWS = [f"{i % 7},{i * 0.5},{'ab'[i % 2]}" for i in range(30)]
GOOD = "x,y,label\n" + "\n".join(ROWS) + "\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder: Path = tmp_path_factory.mktemp("gateway")
    async with running_gateway(folder) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def world(gateway: World) -> AsyncIterator[World]:
    before = await gateway.kept()
    yield gateway
    assert (await gateway.http.get("/healthz")).status_code == 200
    await gateway.until_kept(before)


async def accepted(world: World, body: bytes) -> dict[str, Any]:
    answer = await world.upload(body)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def refused(
    world: World, body: bytes, code: str, status: int = 422
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The problem and its location; every one says what to do."""
    problem = check_problem(await world.upload(body), status, code)
    assert problem["hint"]
    location: dict[str, Any] = problem.get("location", {})
    return problem, location


def kinds(dataset: dict[str, Any]) -> dict[str, str]:
    return {column["name"]: column["kind"] for column in dataset["columns"]}


def warnings(dataset: dict[str, Any]) -> dict[str, str]:
    return {each["code"]: each["detail"] for each in dataset["warnings"]}


async def test_an_empty_file_is_refused(world: World) -> None:
    await refused(world, b"", "empty_file")


async def test_a_header_without_rows_is_refused(world: World) -> None:
    await refused(world, b"a,b,c\n", "no_rows")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
async def test_a_byte_order_mark_is_understood_and_said(gateway: World, encoding: str) -> None:
    dataset = await accepted(gateway, GOOD.encode(encoding))
    assert [column["name"] for column in dataset["columns"]] == ["x", "y", "label"]
    assert encoding.removesuffix("-sig") in dataset["encoding"]


async def test_latin_1_is_read_with_a_warning_or_refused_by_the_first_byte(
    gateway: World,
) -> None:
    answer = await gateway.upload(GOOD.replace("a\n", "ä\n").encode("latin-1"))
    if answer.status_code == 201:
        assert any("byte" in detail for detail in warnings(answer.json()).values())
    else:
        check_problem(answer, 422, "encoding")


async def test_quoted_newlines_are_one_cell(gateway: World) -> None:
    dataset = await accepted(gateway, GOOD.replace("a\n", '"a\nb"\n').encode())
    assert dataset["rows"] == 30


async def test_a_quote_that_never_ends_is_refused_with_the_row_where_it_began(
    world: World,
) -> None:
    body = GOOD.replace(ROWS[4], '1,2,"open').encode()
    _, location = await refused(world, body, "unterminated_quote")
    assert location["row"] == 5


async def test_ragged_rows_are_refused_with_their_numbers(world: World) -> None:
    lines = ["x,y,label", *ROWS]
    for row in (3, 7, 8, 15, 20, 25):
        lines[row] = "1,2"
    problem, location = await refused(world, "\n".join(lines).encode(), "ragged_rows")
    assert location["row"] == 3
    assert [each["row"] for each in problem["rows"]] == [3, 7, 8, 15, 20]
    assert problem["expected"] == 3
    assert {each["found"] for each in problem["rows"]} == {2}


async def test_column_names_that_are_blank_or_given_twice_are_listed(world: World) -> None:
    await refused(world, GOOD.replace("x,y,label", "x,,label").encode(), "blank_columns")
    problem, _ = await refused(
        world, GOOD.replace("x,y,label", "x,x,label").encode(), "duplicate_columns"
    )
    assert "x" in problem["detail"]


async def test_too_many_columns_are_refused_before_the_rows_are_read(world: World) -> None:
    header = ",".join(f"c{i}" for i in range(10_001))
    problem, _ = await refused(world, f"{header}\n1\n".encode(), "too_many_columns", 413)
    assert problem["limit"] == 10_000


async def test_a_table_whose_columns_are_all_constant_is_refused(world: World) -> None:
    await refused(world, b"a,b\n" + b"1,x\n" * 30, "all_constant")


async def test_a_constant_column_is_dropped_with_a_warning(gateway: World) -> None:
    body = (
        GOOD.replace("x,y,label", "x,y,label,same").replace("a\n", "a,1\n").replace("b\n", "b,1\n")
    )
    dataset = await accepted(gateway, body.encode())
    assert kinds(dataset)["same"] == "constant"
    assert any(each["column"] == "same" for each in dataset["warnings"])


@pytest.mark.parametrize(
    ("column", "values", "code"),
    [
        ("same", ["1"] * 30, "single_class"),
        ("empty", [""] * 30, "target_missing"),
        ("unique", [f"name{i}x" for i in range(30)], "target_looks_like_id"),
        ("infinite", [*map(str, range(29)), "inf"], "target_infinite"),
    ],
)
async def test_a_target_that_cannot_be_learnt_is_refused_by_its_name(
    gateway: World, column: str, values: list[str], code: str
) -> None:
    lines = [f"x,y,label,{column}"]
    lines += [f"{row},{value}" for row, value in zip(ROWS, values, strict=True)]
    dataset = await accepted(gateway, "\n".join(lines).encode())
    answer = await gateway.http.post(
        "/v1/studies", json={"dataset_id": dataset["dataset_id"], "target": column}
    )
    problem = check_problem(answer, 422, code, "target")
    assert problem["location"] == {"column": column}
    assert problem["hint"]


async def test_infinity_in_a_feature_is_missing_and_said(gateway: World) -> None:
    dataset = await accepted(gateway, GOOD.replace(ROWS[3], "inf,1,b").encode())
    column = dataset["columns"][0]
    assert column["infinite"] == 1
    assert any(each["column"] == "x" for each in dataset["warnings"])


async def test_whole_numbers_beyond_2_to_the_53_are_never_silently_rounded(
    gateway: World,
) -> None:
    big = [str(2**53 + 1 + i % 3) for i in range(30)]
    body = "big,label\n" + "\n".join(f"{n},{'ab'[i % 2]}" for i, n in enumerate(big))
    dataset = await accepted(gateway, body.encode())
    said = any(each["column"] == "big" for each in dataset["warnings"])
    assert kinds(dataset)["big"] == "category" or said


async def test_what_was_inferred_is_said_and_can_be_corrected(gateway: World) -> None:
    lines = ["day,answer,mixed,label"]
    for i in range(40):
        answer, mixed = "Yes" if i % 3 else "No", "n/a?" if i % 5 else str(i)
        lines.append(f"2024-01-{i % 28 + 1:02},{answer},{mixed},{'ab'[i % 2]}")
    dataset = await accepted(gateway, "\n".join(lines).encode())
    assert kinds(dataset)["day"] == "date"
    assert all(column["reason"] for column in dataset["columns"])
    created = await gateway.http.post(
        "/v1/studies",
        json={
            "dataset_id": dataset["dataset_id"],
            "target": "label",
            "column_kinds": {"day": "category", "mixed": "ignore"},
        },
    )
    assert created.status_code == 201, created.text
    assert created.json()["column_kinds"] == {"day": "category", "mixed": "ignore"}


async def test_a_binary_or_compressed_file_with_a_csv_name_is_answered_with_415(
    world: World,
) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("table.csv", GOOD)
    for body in (
        gzip.compress(GOOD.encode()),
        archive.getvalue(),
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        bytes(range(256)) * 40,
    ):
        await refused(world, body, "not_csv", 415)


async def test_cells_that_look_like_formulas_are_kept_as_they_are(gateway: World) -> None:
    cells = ["=1+1", "+cmd", "-x", "@sum"]
    body = "f,label\n" + "\n".join(f"{cells[i % 4]},{'ab'[i % 2]}" for i in range(40))
    dataset = await accepted(gateway, body.encode())
    top = {each["value"] for each in dataset["columns"][0]["top"]}
    assert top == set(cells)


async def test_a_huge_cell_is_refused_with_the_limit_and_the_row(world: World) -> None:
    body = GOOD.replace(ROWS[1], "1,2," + "z" * (3 << 20)).encode()
    problem, location = await refused(world, body, "field_too_large")
    assert location["row"] == 2
    assert problem["limit"]


async def test_the_same_bytes_are_the_same_dataset(gateway: World) -> None:
    first, second = [await accepted(gateway, GOOD.encode()) for _ in range(2)]
    assert first["dataset_id"] == second["dataset_id"]
