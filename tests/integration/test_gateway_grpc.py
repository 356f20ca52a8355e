"""The public gRPC services: the same functions as REST, the same codes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_health.v1 import health_pb2

from layerlab import wire
from layerlab.domain.json_value import JsonObject
from layerlab.serving import grpc_channel
from layerlab.v1 import dataset_pb2, dataset_pb2_grpc, study_pb2, study_pb2_grpc
from services.gateway.samples import SAMPLES, get_sample
from tests.integration.gateway_world import World, running_gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder: Path = tmp_path_factory.mktemp("gateway")
    async with running_gateway(folder, max_upload_bytes=100_000) as world:
        yield world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def channel(world: World) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc_channel(world.grpc) as channel:
        yield channel


@pytest.fixture
def studies(channel: grpc.aio.Channel) -> study_pb2_grpc.StudyServiceAsyncStub:
    stub: study_pb2_grpc.StudyServiceAsyncStub = study_pb2_grpc.StudyServiceStub(channel)
    return stub


@pytest.fixture
def datasets(channel: grpc.aio.Channel) -> dataset_pb2_grpc.DatasetServiceAsyncStub:
    stub: dataset_pb2_grpc.DatasetServiceAsyncStub = dataset_pb2_grpc.DatasetServiceStub(channel)
    return stub


def pieces(name: str, body: bytes, size: int = 5000) -> Iterator[dataset_pb2.UploadDatasetRequest]:
    yield dataset_pb2.UploadDatasetRequest(name=name)
    for start in range(0, len(body), size):
        yield dataset_pb2.UploadDatasetRequest(chunk=body[start : start + size])


def create(dataset_id: str, space: JsonObject | None = None, **more: Any) -> Any:
    return study_pb2.CreateStudyRequest(
        dataset_id=dataset_id,
        target="species",
        space=None if space is None else wire.struct_from_json(space),
        **more,
    )


def reason(error: grpc.aio.AioRpcError) -> str:
    """The stable code of a refusal, the same as REST's."""
    metadata = dict(error.trailing_metadata() or ())
    details = metadata["grpc-status-details-bin"]
    assert isinstance(details, bytes)
    info = ErrorInfo()
    assert Status.FromString(details).details[0].Unpack(info)
    return str(info.reason)


async def test_a_table_is_uploaded_in_pieces_and_is_the_one_that_rest_shows(
    world: World, datasets: dataset_pb2_grpc.DatasetServiceAsyncStub
) -> None:
    uploaded = await datasets.UploadDataset(pieces("penguins", get_sample("penguins").read()))
    dataset_id = uploaded.dataset.dataset_id
    shown = (await world.http.get(f"/v1/datasets/{dataset_id}")).json()
    assert (shown["name"], shown["rows"]) == (uploaded.dataset.name, uploaded.dataset.rows)
    found = await datasets.GetDataset(dataset_pb2.GetDatasetRequest(dataset_id=dataset_id))
    assert found.dataset == uploaded.dataset
    listed = await datasets.ListDatasets(dataset_pb2.ListDatasetsRequest())
    assert uploaded.dataset in listed.datasets


async def test_a_tables_first_rows_are_those_that_rest_shows(
    world: World, datasets: dataset_pb2_grpc.DatasetServiceAsyncStub
) -> None:
    dataset_id = await world.penguins()
    shown = (await world.http.get(f"/v1/datasets/{dataset_id}/rows?limit=3")).json()
    told = (await datasets.ListRows(pb_rows(dataset_id, 3))).rows
    assert [list(row.cells) for row in told.rows] == shown["rows"]
    assert (list(told.columns), told.total_size) == (shown["columns"], 344)
    assert len((await datasets.ListRows(pb_rows(dataset_id))).rows.rows) == 50
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await datasets.ListRows(pb_rows(dataset_id, 201))
    assert reason(refused.value) == "row_limit"
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await datasets.ListRows(pb_rows("0" * 64))
    assert reason(refused.value) == "unknown_dataset"


def pb_rows(dataset_id: str, limit: int = 0) -> dataset_pb2.ListRowsRequest:
    return dataset_pb2.ListRowsRequest(dataset_id=dataset_id, limit=limit)


async def test_samples_are_listed_with_their_bytes(
    datasets: dataset_pb2_grpc.DatasetServiceAsyncStub,
) -> None:
    listed = await datasets.ListSamples(dataset_pb2.ListSamplesRequest())
    assert [sample.csv for sample in listed.samples] == [sample.read() for sample in SAMPLES]


@pytest.mark.parametrize(
    ("requests", "status", "code"),
    [
        ([], grpc.StatusCode.INVALID_ARGUMENT, "upload_order"),
        ([*pieces("t", b"a,b\n")][1:], grpc.StatusCode.INVALID_ARGUMENT, "upload_order"),
        ([*pieces("t", b"a"), *pieces("t", b"")], grpc.StatusCode.INVALID_ARGUMENT, "upload_order"),
        ([*pieces("t", b"")], grpc.StatusCode.INVALID_ARGUMENT, "empty_file"),
        ([*pieces("t", b"a,b\n1\n" * 9)], grpc.StatusCode.INVALID_ARGUMENT, "ragged_rows"),
        ([*pieces("t", b"1,2\n" * 30_000)], grpc.StatusCode.RESOURCE_EXHAUSTED, "body_too_large"),
    ],
)  # fmt: skip
async def test_a_bad_upload_is_refused_with_rests_code_and_not_kept(
    world: World,
    datasets: dataset_pb2_grpc.DatasetServiceAsyncStub,
    requests: list[dataset_pb2.UploadDatasetRequest],
    status: grpc.StatusCode,
    code: str,
) -> None:
    before = await world.kept()
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await datasets.UploadDataset(iter(requests))
    assert (refused.value.code(), reason(refused.value)) == (status, code)
    await world.until_kept(before)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, {"factor": 3, "min_epochs": 7}),
        ({"halving_mode": study_pb2.HALVING_MODE_AUTO}, {"factor": 3, "min_epochs": 7}),
        ({"halving_mode": study_pb2.HALVING_MODE_OFF}, "off"),
        (
            {"halving": study_pb2.Halving(factor=2, min_epochs=4)},
            {"factor": 2, "min_epochs": 4},
        ),
    ],
    ids=["nothing", "auto", "off", "a rule"],
)
async def test_a_halving_can_be_asked_for_as_over_rest(
    world: World,
    studies: study_pb2_grpc.StudyServiceAsyncStub,
    asked: dict[str, Any],
    told: object,
) -> None:
    created = (await studies.CreateStudy(create(await world.penguins(), **asked))).study.study
    shown = (await world.http.get(f"/v1/studies/{created.study_id}")).json()
    assert shown["halving"] == told
    assert created.spec.HasField("halving") == (told != "off")


async def test_a_halving_without_its_numbers_is_refused(
    world: World, studies: study_pb2_grpc.StudyServiceAsyncStub
) -> None:
    request = create(await world.penguins(), halving=study_pb2.Halving())
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await studies.CreateStudy(request)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "halving.factor" in str(refused.value.details())


async def test_a_study_is_created_looked_at_moved_and_watched_to_its_end(
    world: World, studies: study_pb2_grpc.StudyServiceAsyncStub
) -> None:
    dataset_id = await world.penguins()
    request = create(
        dataset_id,
        # A Struct has doubles only; widths are whole numbers all the same.
        {"hidden": [[64, 64], [128]], "learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}},
        search=study_pb2.SEARCH_RANDOM,
        seed=3,
        budget=study_pb2.Budget(max_trials=7),
        column_kinds={"year": dataset_pb2.COLUMN_KIND_CATEGORY},
    )
    created = (await studies.CreateStudy(request)).study
    study_id = created.study.study_id
    shown = (await world.http.get(f"/v1/studies/{study_id}")).json()
    assert shown["space"]["hidden"] == [[64, 64], [128]]
    assert (shown["seed"], shown["budget"]["max_trials"]) == (3, 7)
    assert shown["column_kinds"] == {"year": "category"}

    found = await studies.GetStudy(study_pb2.GetStudyRequest(study_id=study_id))
    assert found.study.study == created.study
    listed = await studies.ListStudies(study_pb2.ListStudiesRequest(page_size=1))
    assert listed.studies[0].study.study_id == study_id

    await studies.SuspendStudy(study_pb2.SuspendStudyRequest(study_id=study_id))
    await studies.ResumeStudy(study_pb2.ResumeStudyRequest(study_id=study_id))
    await studies.StopStudy(study_pb2.StopStudyRequest(study_id=study_id))
    ended = await studies.CancelStudy(study_pb2.CancelStudyRequest(study_id=study_id))
    assert ended.study.study.state == study_pb2.STUDY_STATE_CANCELLED

    watch = studies.WatchStudy(study_pb2.WatchStudyRequest(study_id=study_id, after=1))
    events = [answer.event async for answer in watch]
    assert [event.seq for event in events] == list(range(2, ended.study.seq + 1))
    assert events[-1].type == "study.state_changed"


async def test_a_study_is_described_found_deleted_and_restored(
    world: World, studies: study_pb2_grpc.StudyServiceAsyncStub
) -> None:
    study_id = (await world.study())["study_id"]
    named = await studies.UpdateStudy(
        study_pb2.UpdateStudyRequest(
            study_id=study_id,
            name=" A  name ",
            note="<b>why</b>",
            tags=study_pb2.Tags(tags=["x", "y", "x"]),
        )
    )
    view = named.study
    assert (view.study.spec.name, view.note, [*view.tags]) == ("A name", "<b>why</b>", ["x", "y"])
    request = study_pb2.UpdateStudyRequest(study_id=study_id, tags=study_pb2.Tags())
    bare = (await studies.UpdateStudy(request)).study
    assert (bare.study.spec.name, bare.note, [*bare.tags]) == ("A name", "<b>why</b>", [])
    found = await studies.ListStudies(study_pb2.ListStudiesRequest(query="WHY"))
    assert [each.study.study_id for each in found.studies] == [study_id]

    delete = study_pb2.DeleteStudyRequest(study_id=study_id)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await studies.DeleteStudy(delete)
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert reason(refused.value) == "study_is_active"
    await studies.CancelStudy(study_pb2.CancelStudyRequest(study_id=study_id))
    assert (await studies.DeleteStudy(delete)).study.HasField("deleted_at")
    for deleted in (True, False):
        listed = await studies.ListStudies(study_pb2.ListStudiesRequest(deleted=deleted))
        assert (study_id in [each.study.study_id for each in listed.studies]) is deleted
    restored = await studies.RestoreStudy(study_pb2.RestoreStudyRequest(study_id=study_id))
    assert not restored.study.HasField("deleted_at")


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", " "), ("name", "x" * 10_000), ("note", "x" * 10_001), ("tags", ["t" * 41])],
)
async def test_a_description_that_rest_refuses_grpc_refuses_naming_the_field(
    world: World, studies: study_pb2_grpc.StudyServiceAsyncStub, field: str, value: Any
) -> None:
    study_id = (await world.study())["study_id"]
    fields: dict[str, Any] = {field: study_pb2.Tags(tags=value) if field == "tags" else value}
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await studies.UpdateStudy(study_pb2.UpdateStudyRequest(study_id=study_id, **fields))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert field in str(refused.value.details())


async def test_the_same_key_gives_the_first_answer_over_grpc_and_rest_alike(
    world: World, studies: study_pb2_grpc.StudyServiceAsyncStub
) -> None:
    dataset_id = await world.penguins()
    request = create(dataset_id, idempotency_key="shared")
    first = await studies.CreateStudy(request)
    assert await studies.CreateStudy(request) == first
    by_rest = await world.http.post(
        "/v1/studies",
        json={"dataset_id": dataset_id, "target": "species"},
        headers={"Idempotency-Key": "shared"},
    )
    assert by_rest.json()["study_id"] == first.study.study.study_id


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"budget": study_pb2.Budget(max_trials=0)}, "invalid_value"),
        ({"budget": study_pb2.Budget(time_seconds=float("nan"))}, "not_finite"),
        ({"seed": 2**60}, "number_too_large"),
        ({"preset": "heroic"}, "unknown_preset"),
        ({"task": 99}, "unknown_enum"),
        ({"space": {"$gt": ""}}, "invalid_key"),
        ({"space": {"hidden": [[0.5]]}}, "invalid_space"),
    ],
)
async def test_what_rest_refuses_grpc_refuses_with_the_same_code(
    world: World,
    studies: study_pb2_grpc.StudyServiceAsyncStub,
    more: dict[str, Any],
    code: str,
) -> None:
    request = create(await world.penguins(), **more)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await studies.CreateStudy(request)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason(refused.value) == code


async def test_unknown_things_are_not_found_and_forbidden_moves_are_preconditions(
    world: World, studies: study_pb2_grpc.StudyServiceAsyncStub
) -> None:
    for call in (
        studies.GetStudy(study_pb2.GetStudyRequest(study_id="nothing")),
        studies.ListTrials(study_pb2.ListTrialsRequest(study_id="nothing")),
        studies.CancelStudy(study_pb2.CancelStudyRequest(study_id="nothing")),
        studies.CreateStudy(create("0" * 64)),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    study_id = (await world.study())["study_id"]
    await studies.CancelStudy(study_pb2.CancelStudyRequest(study_id=study_id))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await studies.ResumeStudy(study_pb2.ResumeStudyRequest(study_id=study_id))
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    first = study_pb2.GetTrialRequest(study_id=study_id, number=1)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await studies.GetTrial(first)
    assert reason(refused.value) == "unknown_trial"


async def test_bytes_that_are_no_message_are_an_error_and_the_server_goes_on(
    channel: grpc.aio.Channel, studies: study_pb2_grpc.StudyServiceAsyncStub
) -> None:
    junk = b"\xff\xff\xff\xff"
    service = "/layerlab.v1.StudyService"
    one: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
        f"{service}/CreateStudy"
    )
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await one(junk)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason(refused.value) == "malformed_message"
    watch: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(
        f"{service}/WatchStudy"
    )
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await anext(aiter(watch(junk)))
    assert reason(refused.value) == "malformed_message"
    upload: grpc.aio.StreamUnaryMultiCallable[bytes, bytes] = channel.stream_unary(
        "/layerlab.v1.DatasetService/UploadDataset"
    )
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await upload(iter([junk]))
    assert reason(refused.value) == "malformed_message"
    report: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = channel.stream_stream(
        "/layerlab.v1.LedgerService/ReportCohort"
    )
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await anext(aiter(report(iter([junk]))))
    assert reason(refused.value) == "malformed_message"
    await studies.ListStudies(study_pb2.ListStudiesRequest())


async def test_health_is_told_for_every_service(channel: grpc.aio.Channel) -> None:
    check: grpc.aio.UnaryUnaryMultiCallable[
        health_pb2.HealthCheckRequest, health_pb2.HealthCheckResponse
    ] = channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )
    for name in ("", "StudyService", "DatasetService", "WorkerService", "LedgerService"):
        service = f"layerlab.v1.{name}" if name else ""
        answer = await check(health_pb2.HealthCheckRequest(service=service))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
