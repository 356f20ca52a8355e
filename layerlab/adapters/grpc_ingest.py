"""Ingest over gRPC, for the gateway and the trainers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

import grpc

from layerlab import wire
from layerlab.domain.dataset import Dataset, TableRows
from layerlab.domain.matrices import MatricesHeader, MatrixChunk, MatrixSpec, Part, Split
from layerlab.v1 import ingest_pb2 as pb
from layerlab.v1 import ingest_pb2_grpc

# A large table takes long to send over a slow line, and to prepare on a busy machine; ingest has
# limits of its own. A service that is gone is noticed by the channel.
_TIMEOUT_SECONDS: Final = 3600.0
CHUNK_BYTES: Final = 1 << 20


class GrpcIngest:
    """An Ingest."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: ingest_pb2_grpc.IngestServiceAsyncStub = ingest_pb2_grpc.IngestServiceStub(
            channel
        )

    async def store_dataset(self, name: str, chunks: AsyncIterator[bytes]) -> Dataset:
        failure: list[BaseException] = []

        async def requests() -> AsyncIterator[pb.StoreDatasetRequest]:
            yield pb.StoreDatasetRequest(name=name)
            try:
                async for chunk in chunks:
                    for start in range(0, len(chunk), CHUNK_BYTES):
                        yield pb.StoreDatasetRequest(chunk=chunk[start : start + CHUNK_BYTES])
            except Exception as error:
                # The sender's own trouble must reach the caller, and end the call without an
                # orderly end, so that ingest keeps nothing.
                failure.append(error)
                call.cancel()
                raise

        call = self._stub.StoreDataset(requests(), timeout=_TIMEOUT_SECONDS)
        try:
            with wire.statuses_as_errors():
                response = await call
        except BaseException:
            if failure:
                raise failure[0] from None
            raise
        return wire.dataset_from_proto(response.dataset)

    async def fetch_matrices(
        self, spec: MatrixSpec, parts: Sequence[Part]
    ) -> AsyncIterator[MatricesHeader | MatrixChunk]:
        request = pb.FetchMatricesRequest(
            spec=wire.matrix_spec_to_proto(spec), parts=[wire.part_to_proto(part) for part in parts]
        )
        call = self._stub.FetchMatrices(request, timeout=_TIMEOUT_SECONDS)
        try:
            with wire.statuses_as_errors():
                async for message in call:
                    yield wire.matrix_message_from_proto(message)
        finally:
            call.cancel()

    async def get_split(self, spec: MatrixSpec) -> Split:
        request = pb.GetSplitRequest(spec=wire.matrix_spec_to_proto(spec))
        with wire.statuses_as_errors():
            response = await self._stub.GetSplit(request, timeout=_TIMEOUT_SECONDS)
        return wire.split_from_proto(response)

    async def read_rows(self, dataset_id: str, limit: int) -> TableRows:
        request = pb.ReadRowsRequest(dataset_id=dataset_id, limit=limit)
        with wire.statuses_as_errors():
            response = await self._stub.ReadRows(request, timeout=_TIMEOUT_SECONDS)
        return wire.rows_from_proto(response.rows)
