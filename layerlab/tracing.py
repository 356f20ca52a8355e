"""Trace ids, from who asked for something to whoever works on it: W3C Trace Context.

A trace begins with a request to the gateway, unless the client brings one; it goes on in gRPC's
metadata, in the log of the study that the request made, and in the messages of its cohorts.
Every log line that is written meanwhile has its `trace_id`. There are no spans to collect.
"""

from __future__ import annotations

import random
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import grpc
import structlog

HEADER: Final = "traceparent"
# https://www.w3.org/TR/trace-context/#traceparent-header. Versions to come may append parts.
_TRACEPARENT: Final = re.compile(
    r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?"
)
_SAMPLED: Final = "01"
_current: ContextVar[str] = ContextVar("traceparent", default="")


def current_traceparent() -> str:
    """Of the trace that this code works for; empty outside of one."""
    return _current.get()


def trace_id_of(traceparent: str) -> str:
    """32 hexadecimal digits; empty when `traceparent` is not one."""
    found = _TRACEPARENT.fullmatch(traceparent)
    return found[2] if found and (found[1] != "00" or not found[4]) else ""


def enter_trace(traceparent: str = "") -> str:
    """Goes on with a trace, or begins one, until this task ends; its id."""
    trace_id = trace_id_of(traceparent)
    if trace_id:
        flags = traceparent.split("-")[3]
    else:
        trace_id, flags = _random_hex(16), _SAMPLED
    # A parent id of our own: who reads the next one must not take us for our caller.
    _current.set(f"00-{trace_id}-{_random_hex(8)}-{flags}")
    structlog.contextvars.bind_contextvars(trace_id=trace_id)
    return trace_id


@contextmanager
def trace(traceparent: str = "") -> Iterator[str]:
    """As `enter_trace`, and back to what was before at the end of the context."""
    before, bound = _current.get(), structlog.contextvars.get_contextvars().get("trace_id")
    try:
        yield enter_trace(traceparent)
    finally:
        _current.set(before)
        if bound is None:
            structlog.contextvars.unbind_contextvars("trace_id")
        else:
            structlog.contextvars.bind_contextvars(trace_id=bound)


def _random_hex(n_bytes: int) -> str:
    """Two digits a byte. Nobody needs to be unable to guess it, and every call has one."""
    return f"{random.getrandbits(8 * n_bytes):0{2 * n_bytes}x}"


class TracedCalls(grpc.aio.ServerInterceptor):
    """Every call goes on with its caller's trace. gRPC gives each call a task of its own."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        metadata = dict(handler_call_details.invocation_metadata or ())
        enter_trace(str(metadata.get(HEADER, "")))
        return await continuation(handler_call_details)


class TracingChannel:
    """A channel whose calls carry the trace that they are made in.

    It adds to the metadata of a call and leaves the call alone; an interceptor would wrap each
    stream in tasks of its own, which costs, and changes how a call is cancelled.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    def unary_unary(self, *arguments: Any, **options: Any) -> Any:
        return _carrying(self._channel.unary_unary(*arguments, **options))

    def unary_stream(self, *arguments: Any, **options: Any) -> Any:
        return _carrying(self._channel.unary_stream(*arguments, **options))

    def stream_unary(self, *arguments: Any, **options: Any) -> Any:
        return _carrying(self._channel.stream_unary(*arguments, **options))

    def stream_stream(self, *arguments: Any, **options: Any) -> Any:
        return _carrying(self._channel.stream_stream(*arguments, **options))


def _carrying(call: Callable[..., Any]) -> Callable[..., Any]:
    def begin(*arguments: Any, metadata: Any = (), **options: Any) -> Any:
        traceparent = current_traceparent()
        carried = ((HEADER, traceparent),) if traceparent else ()
        return call(*arguments, metadata=(*(metadata or ()), *carried), **options)

    return begin
