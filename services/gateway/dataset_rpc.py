"""The public DatasetService: the same functions as REST's /v1/datasets and /v1/samples."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, TypeAlias

import grpc

from layerlab import wire
from layerlab.domain.problem import Malformed
from layerlab.v1 import dataset_pb2 as pb
from layerlab.v1 import dataset_pb2_grpc
from services.gateway.application import Application
from services.gateway.samples import SAMPLES, Sample
from services.gateway.uploads import UploadLimits, limited

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

_DEFAULT_PAGE = 100
_DEFAULT_ROWS = 50


class DatasetServicer(dataset_pb2_grpc.DatasetServiceServicer):
    def __init__(self, app: Application, limits: UploadLimits) -> None:
        self._app = app
        self._limits = limits

    async def UploadDataset(
        self, requests: AsyncIterator[pb.UploadDatasetRequest], context: Context
    ) -> pb.UploadDatasetResponse:
        async with wire.errors_as_status(context):
            first = await anext(requests, None)
            if first is None or first.WhichOneof("part") != "name":
                raise _out_of_order("The first message must be the name.")
            chunks = limited(_chunks(requests), self._limits)
            dataset = await self._app.upload_dataset(first.name, chunks)
        return pb.UploadDatasetResponse(dataset=wire.dataset_to_proto(dataset))

    async def GetDataset(
        self, request: pb.GetDatasetRequest, context: Context
    ) -> pb.GetDatasetResponse:
        async with wire.errors_as_status(context):
            dataset = await self._app.get_dataset(request.dataset_id)
        return pb.GetDatasetResponse(dataset=wire.dataset_to_proto(dataset))

    async def ListDatasets(
        self, request: pb.ListDatasetsRequest, context: Context
    ) -> pb.ListDatasetsResponse:
        async with wire.errors_as_status(context):
            datasets = await self._app.list_datasets(request.page_size or _DEFAULT_PAGE)
        return pb.ListDatasetsResponse(datasets=[wire.dataset_to_proto(each) for each in datasets])

    async def ListRows(self, request: pb.ListRowsRequest, context: Context) -> pb.ListRowsResponse:
        async with wire.errors_as_status(context):
            rows = await self._app.list_rows(request.dataset_id, request.limit or _DEFAULT_ROWS)
        return pb.ListRowsResponse(rows=wire.rows_to_proto(rows))

    async def ListSamples(
        self, request: pb.ListSamplesRequest, context: Context
    ) -> pb.ListSamplesResponse:
        async with wire.errors_as_status(context):
            return pb.ListSamplesResponse(samples=[_sample_to_proto(each) for each in SAMPLES])


async def _chunks(requests: AsyncIterator[pb.UploadDatasetRequest]) -> AsyncIterator[bytes]:
    async for request in requests:
        if request.WhichOneof("part") != "chunk":
            raise _out_of_order("Every message but the first must be a chunk.")
        yield request.chunk


def _out_of_order(detail: str) -> Malformed:
    return Malformed("upload_order", detail, hint="Send the name, then the bytes in order.")


def _sample_to_proto(sample: Sample) -> pb.Sample:
    return pb.Sample(
        name=sample.name,
        title=sample.title,
        description=sample.description,
        target=sample.target,
        task=wire.enum_to_proto(sample.task, pb.Task),
        rows=sample.rows,
        columns=sample.columns,
        source=sample.source,
        csv=sample.read(),
    )
