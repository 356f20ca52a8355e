"""Problems ↔ gRPC statuses: the code travels in ErrorInfo, the rest in its metadata."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import grpc
import structlog
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from layerlab.domain.json_value import canonical
from layerlab.domain.problem import (
    Conflict,
    InvalidInput,
    Malformed,
    NotFound,
    OutOfSpace,
    Problem,
    TimedOut,
    TooLarge,
    Unavailable,
    UnsupportedMedia,
)

log = structlog.get_logger()

ERROR_DOMAIN: Final = "layerlab"
_DETAILS_KEY: Final = "grpc-status-details-bin"
_STATUS: Final[dict[type[Problem], grpc.StatusCode]] = {
    InvalidInput: grpc.StatusCode.INVALID_ARGUMENT,
    Malformed: grpc.StatusCode.INVALID_ARGUMENT,
    UnsupportedMedia: grpc.StatusCode.INVALID_ARGUMENT,
    NotFound: grpc.StatusCode.NOT_FOUND,
    Conflict: grpc.StatusCode.FAILED_PRECONDITION,
    TooLarge: grpc.StatusCode.RESOURCE_EXHAUSTED,
    OutOfSpace: grpc.StatusCode.RESOURCE_EXHAUSTED,
    TimedOut: grpc.StatusCode.DEADLINE_EXCEEDED,
    Unavailable: grpc.StatusCode.UNAVAILABLE,
}
_BY_NAME: Final = {kind.__name__: kind for kind in _STATUS}


@asynccontextmanager
async def errors_as_status(context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[None]:
    """Around a servicer's work: a Problem ends the call with its status.

    Anything else that is raised is a mistake of ours: it is logged, and the caller reads
    INTERNAL without a trace of it.
    """
    try:
        yield
    except Problem as problem:
        code = _STATUS.get(type(problem), grpc.StatusCode.UNKNOWN)
        await context.abort(code, problem.detail, _details(problem, code))
    except grpc.aio.AbortError:
        raise
    except Exception:
        log.exception("a call failed")
        ours = Problem("internal", "Something went wrong on our side.")
        code = grpc.StatusCode.INTERNAL
        await context.abort(code, ours.detail, _details(ours, code))


@contextmanager
def statuses_as_errors() -> Iterator[None]:
    """Around a client's call: a status becomes the Problem that it was on the other side."""
    try:
        yield
    except grpc.aio.AioRpcError as error:
        raise problem_from_rpc_error(error) from error
    except grpc.aio.UsageError as error:
        # The channel was closed under a call: this side is shutting down.
        raise Unavailable("connection_closed", str(error)) from error


def problem_from_rpc_error(error: grpc.aio.AioRpcError) -> Problem:
    for key, value in error.trailing_metadata() or ():
        if key == _DETAILS_KEY and isinstance(value, bytes):
            for detail in Status.FromString(value).details:
                info = ErrorInfo()
                if detail.Unpack(info) and info.domain == ERROR_DOMAIN:
                    return _problem(info, error.details() or "")
    if error.code() is grpc.StatusCode.NOT_FOUND:
        return NotFound("not_found", error.details() or "")
    if error.code() is grpc.StatusCode.UNKNOWN:
        return Problem("internal", error.details() or "")
    # Whatever else the transport says means that the call may be made again; INTERNAL, too, is
    # its own word for a connection that broke while something was being sent.
    problem = Unavailable(
        "unavailable",
        "Another part of LayerLab can't be reached right now.",
        hint="Try again in a moment.",
    )
    # For whoever reads a log; addresses are nothing for a client.
    problem.add_note(f"{error.code().name}: {error.details()}")
    return problem


def _details(problem: Problem, code: grpc.StatusCode) -> tuple[tuple[str, bytes], ...]:
    info = ErrorInfo(reason=problem.code, domain=ERROR_DOMAIN)
    info.metadata["kind"] = type(problem).__name__
    for name in ("hint", "field", "column"):
        if getattr(problem, name):
            info.metadata[name] = getattr(problem, name)
    if problem.row is not None:
        info.metadata["row"] = str(problem.row)
    if problem.extra:
        info.metadata["extra"] = canonical(problem.extra)
    packed = AnyMessage()
    packed.Pack(info)
    status = Status(code=code.value[0], message=problem.detail, details=[packed])
    return ((_DETAILS_KEY, status.SerializeToString()),)


def _problem(info: ErrorInfo, detail: str) -> Problem:
    facts = info.metadata
    return _BY_NAME.get(facts.get("kind", ""), Problem)(
        code=info.reason,
        detail=detail,
        hint=facts.get("hint", ""),
        field=facts.get("field", ""),
        row=int(facts["row"]) if "row" in facts else None,
        column=facts.get("column", ""),
        extra=json.loads(facts["extra"]) if "extra" in facts else {},
    )
