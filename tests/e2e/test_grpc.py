"""A client that knows nothing but the server's address, as grpcurl does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from layerlab.client import Client
from tests.e2e.server import Server

_STUDIES = "layerlab.v1.StudyService"


class Reflected:
    """Calls methods by name, with JSON, from what the server says about itself."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel
        self._database = ProtoReflectionDescriptorDatabase(channel)
        self._pool = DescriptorPool(self._database)

    def services(self) -> set[str]:
        return set(self._database.get_services())

    def call(self, service: str, method: str, request: dict[str, Any]) -> dict[str, Any]:
        return next(self.stream(service, method, request))

    def stream(
        self, service: str, method: str, request: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        described = self._pool.FindServiceByName(service).FindMethodByName(method)
        message = ParseDict(request, GetMessageClass(described.input_type)())
        invoke: grpc.UnaryStreamMultiCallable[Message, Message] = self._channel.unary_stream(
            f"/{service}/{method}",
            request_serializer=lambda each: each.SerializeToString(),
            response_deserializer=GetMessageClass(described.output_type).FromString,
        )
        for answer in invoke(message, timeout=60):
            yield MessageToDict(answer, preserving_proto_field_name=True)


@pytest.fixture
def reflected(server: Server) -> Iterator[Reflected]:
    with grpc.insecure_channel(server.grpc) as channel:
        yield Reflected(channel)


def test_the_server_names_its_public_services_and_its_health(reflected: Reflected) -> None:
    assert {_STUDIES, "layerlab.v1.DatasetService", "grpc.health.v1.Health"} <= (
        reflected.services()
    )
    answer = reflected.call("grpc.health.v1.Health", "Check", {"service": _STUDIES})
    assert answer == {"status": "SERVING"}


def test_a_study_is_created_watched_to_its_end_and_listed_by_reflection(
    reflected: Reflected, client: Client
) -> None:
    dataset = client.datasets.upload(client.sample("penguins"))
    request = {
        "dataset_id": dataset.dataset_id,
        "target": "species",
        "budget": {"max_trials": 4, "max_epochs": 20},
        "verdict": "VERDICT_MODE_OFF",
    }
    created = reflected.call(_STUDIES, "CreateStudy", request)["study"]["study"]

    events = [
        answer["event"]
        for answer in reflected.stream(_STUDIES, "WatchStudy", {"study_id": created["study_id"]})
    ]

    assert [int(event["seq"]) for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["data"]["to"] == "SUCCEEDED"
    listed = reflected.call(_STUDIES, "ListStudies", {})["studies"]
    mine = [each for each in listed if each["study"]["study_id"] == created["study_id"]]
    assert mine[0]["study"]["state"] == "STUDY_STATE_SUCCEEDED"
    assert mine[0]["progress"]["done"] == 4


def test_what_rest_refuses_grpc_refuses_with_the_same_code(reflected: Reflected) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        reflected.call(_STUDIES, "GetStudy", {"study_id": "none"})
    # The stub's error is a Call too, which is where its code and metadata are.
    assert isinstance(caught.value, grpc.Call)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    metadata = dict(caught.value.trailing_metadata())
    assert b"unknown_study" in metadata["grpc-status-details-bin"]
