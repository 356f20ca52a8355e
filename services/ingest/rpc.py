"""The gRPC face of ingest: decodes, delegates, encodes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, TypeAlias

import grpc

from layerlab import wire
from layerlab.domain.problem import Malformed
from layerlab.ports import Ingest
from layerlab.v1 import ingest_pb2 as pb
from layerlab.v1 import ingest_pb2_grpc

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]
SERVICE_NAME = pb.DESCRIPTOR.services_by_name["IngestService"].full_name


class IngestServicer(ingest_pb2_grpc.IngestServiceServicer):
    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest

    async def StoreDataset(
        self, request_iterator: AsyncIterator[pb.StoreDatasetRequest], context: Context
    ) -> pb.StoreDatasetResponse:
        async with wire.errors_as_status(context):
            first = await anext(request_iterator, None)
            if first is None or first.WhichOneof("part") != "name":
                raise Malformed("no_name", "The first message must be the display name.")
            dataset = await self._ingest.store_dataset(first.name, _chunks(request_iterator))
        return pb.StoreDatasetResponse(dataset=wire.dataset_to_proto(dataset))

    async def FetchMatrices(
        self, request: pb.FetchMatricesRequest, context: Context
    ) -> AsyncIterator[pb.FetchMatricesResponse]:
        async with wire.errors_as_status(context):
            spec = wire.matrix_spec_from_proto(request.spec)
            parts = [wire.part_from_proto(part) for part in request.parts]
            async for message in self._ingest.fetch_matrices(spec, parts):
                yield wire.matrix_message_to_proto(message)

    async def GetSplit(self, request: pb.GetSplitRequest, context: Context) -> pb.GetSplitResponse:
        async with wire.errors_as_status(context):
            split = await self._ingest.get_split(wire.matrix_spec_from_proto(request.spec))
        return wire.split_to_proto(split)

    async def ReadRows(self, request: pb.ReadRowsRequest, context: Context) -> pb.ReadRowsResponse:
        async with wire.errors_as_status(context):
            rows = await self._ingest.read_rows(request.dataset_id, request.limit)
        return pb.ReadRowsResponse(rows=wire.rows_to_proto(rows))


async def _chunks(requests: AsyncIterator[pb.StoreDatasetRequest]) -> AsyncIterator[bytes]:
    async for request in requests:
        if request.WhichOneof("part") != "chunk":
            raise Malformed("no_chunk", "Every message after the first must be bytes of the file.")
        yield request.chunk
