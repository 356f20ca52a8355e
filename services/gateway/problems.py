"""Whatever goes wrong, as `application/problem+json` (RFC 9457), and never as a trace."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from layerlab.domain.json_value import JsonValue
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
from layerlab.tracing import current_traceparent, trace_id_of
from services.gateway.study_request import problem_of

log = structlog.get_logger()

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_SECONDS: Final = 5

_KINDS: Final[Mapping[type[Problem], tuple[int, str]]] = {
    InvalidInput: (422, "The request can't be accepted"),
    Malformed: (400, "The request can't be read"),
    NotFound: (404, "There is no such thing"),
    Conflict: (409, "Not in this state"),
    UnsupportedMedia: (415, "Another kind of content is needed"),
    TooLarge: (413, "Too large"),
    TimedOut: (408, "Too slow"),
    Unavailable: (503, "A part of LayerLab is unavailable"),
    OutOfSpace: (507, "The disk is full"),
}


def problem_response(problem: Problem) -> Response:
    """The answer for `problem`; of a kind that no one foresaw, 500."""
    status, title = _KINDS.get(type(problem), (500, "Something went wrong on our side"))
    headers: dict[str, str] = {}
    if status == 503:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if status == 408:
        # What is left of the request will not be waited for.
        headers["Connection"] = "close"
    return _response(document(problem, status, title), headers)


def document(problem: Problem, status: int, title: str) -> dict[str, JsonValue]:
    """The members of the problem document; absent parts are left out."""
    location: dict[str, JsonValue] = {}
    if problem.row is not None:
        location["row"] = problem.row
    if problem.column:
        location["column"] = problem.column
    parts: dict[str, JsonValue] = {
        **problem.extra,
        "type": f"urn:layerlab:problem:{problem.code}",
        "title": title,
        "status": status,
        "code": problem.code,
        "detail": problem.detail,
        "hint": problem.hint,
        "field": problem.field,
        "location": location,
        # Of the log lines that say more.
        "trace_id": trace_id_of(current_traceparent()),
    }
    return {name: value for name, value in parts.items() if value not in ("", {})}


def refusal(status: int, code: str, detail: str, hint: str = "") -> Response:
    """A problem that only HTTP knows: a wrong method, host or origin."""
    return _response(document(Problem(code, detail, hint), status, HTTPStatus(status).phrase))


def internal_error() -> Response:
    detail = "The error was logged, with everything that is needed to find its cause."
    return problem_response(Problem("internal", detail, hint="Trying again may help."))


def install_problem_handlers(app: FastAPI) -> None:
    """Makes every way to fail inside `app` answer with a problem document."""
    app.exception_handler(Problem)(_on_problem)
    app.exception_handler(HTTPException)(_on_http_exception)
    app.exception_handler(RequestValidationError)(_on_validation_error)
    app.exception_handler(ClientDisconnect)(_on_disconnect)
    app.add_middleware(LastResort)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    if type(error) not in _KINDS:
        log.error("a request failed", path=request.url.path, code=error.code, detail=error.detail)
        return internal_error()
    return problem_response(error)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = request.url.path
    if error.status_code == 404:
        hint = "The routes are listed in /openapi.json."
        return problem_response(NotFound("unknown_route", f"There is nothing at {path}.", hint))
    if error.status_code == 405:
        detail = f"{request.method} is not possible at {path}."
        response = refusal(405, "method_not_allowed", detail)
    else:
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
        response = refusal(error.status_code, code, str(error.detail))
    response.headers.update(error.headers or {})
    return response


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # The first part of a location says where (path, query); the field has only one place here.
    complaints = [(tuple(each["loc"])[1:], each["type"], each["msg"]) for each in error.errors()]
    return problem_response(problem_of(complaints))


async def _on_disconnect(request: Request, error: Exception) -> Response:
    # Nobody reads this answer: the client has gone.
    return refusal(400, "client_disconnected", "The client left before the request was complete.")


class LastResort:
    """What nobody foresaw is logged once, and answered with 500 and no trace of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def note_start(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, note_start)
        except Exception:
            log.exception("a request failed", method=scope["method"], path=scope["path"])
            if started:
                # Half an answer must not look like a whole one: the server cuts the connection.
                raise
            await internal_error()(scope, receive, send)


def _response(parts: Mapping[str, JsonValue], headers: Mapping[str, str] | None = None) -> Response:
    status = parts["status"]
    assert isinstance(status, int)
    return JSONResponse(dict(parts), status, headers=headers, media_type=MEDIA_TYPE)
