"""Bytes that are no message: the caller's mistake, which gRPC itself would call INTERNAL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, TypeAlias

import grpc
from google.protobuf.message import DecodeError

from layerlab.domain.problem import Malformed
from layerlab.wire.errors import errors_as_status

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]
Handler: TypeAlias = Any  # grpc's RpcMethodHandler has its members at run time only.

_OURS: Final = "/layerlab."


class MalformedMessages(grpc.aio.ServerInterceptor):
    """Ends a call of our services whose message can't be read with INVALID_ARGUMENT."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        handler = await continuation(handler_call_details)
        if handler is None or not str(handler_call_details.method).startswith(_OURS):
            return handler
        return _checked(handler)


class _Unreadable:
    """Stands for a message until there is a context to refuse it with."""


def _checked(handler: Handler) -> Handler:
    coders = {
        "request_deserializer": _lenient(handler.request_deserializer),
        "response_serializer": handler.response_serializer,
    }
    if handler.request_streaming and handler.response_streaming:

        async def stream_stream(requests: AsyncIterator[Any], context: Context) -> Any:
            async for response in handler.stream_stream(_readable(requests), context):
                yield response

        return grpc.stream_stream_rpc_method_handler(stream_stream, **coders)
    if handler.request_streaming:

        async def stream_unary(requests: AsyncIterator[Any], context: Context) -> Any:
            return await handler.stream_unary(_readable(requests), context)

        return grpc.stream_unary_rpc_method_handler(stream_unary, **coders)
    if handler.response_streaming:

        async def unary_stream(request: Any, context: Context) -> Any:
            await _refuse_unreadable(request, context)
            async for response in handler.unary_stream(request, context):
                yield response

        return grpc.unary_stream_rpc_method_handler(unary_stream, **coders)

    async def unary_unary(request: Any, context: Context) -> Any:
        await _refuse_unreadable(request, context)
        return await handler.unary_unary(request, context)

    return grpc.unary_unary_rpc_method_handler(unary_unary, **coders)


def _lenient(decode: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def decode_or_mark(body: bytes) -> Any:
        try:
            return decode(body)
        except DecodeError:
            return _Unreadable()

    return decode_or_mark


async def _readable(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for request in requests:
        if isinstance(request, _Unreadable):
            # The servicer reads inside `errors_as_status`, which makes a status of it.
            raise _malformed()
        yield request


async def _refuse_unreadable(request: Any, context: Context) -> None:
    if isinstance(request, _Unreadable):
        async with errors_as_status(context):
            raise _malformed()


def _malformed() -> Malformed:
    return Malformed(
        "malformed_message",
        "The bytes are no message of this method's type.",
        hint="Generate the client from protos/layerlab/v1.",
    )
