"""HTTP to the gateway: addresses, retries, and problem documents as exceptions."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from layerlab.client.errors import NotFound, RequestFailed, ServerUnreachable

_RETRIES: Final = 3
_FIRST_PAUSE_SECONDS: Final = 0.2
_MAX_PAUSE_SECONDS: Final = 5.0


class Transport:
    """One server. Requests that are safe to repeat are repeated when the connection breaks."""

    def __init__(self, url: str, timeout: float) -> None:
        """:raises ValueError: when `url` is no http address."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError(f"{url!r} is not an address such as http://127.0.0.1:8080")
        self.url = url.rstrip("/")
        self._http = httpx.Client(base_url=self.url, timeout=timeout)

    @property
    def websocket_url(self) -> str:
        """The same server for websockets: ws for http, wss for https."""
        return "ws" + self.url.removeprefix("http")

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """:raises RequestFailed: :raises ServerUnreachable:"""
        given = {key: value for key, value in (params or {}).items() if value is not None}
        return self._json(self._repeat("GET", path, params=given))

    def get_bytes(self, path: str, params: Mapping[str, Any] | None = None) -> bytes:
        given = {key: value for key, value in (params or {}).items() if value is not None}
        return self._repeat("GET", path, params=given).content

    def patch(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Of what is safe to say twice."""
        return self._json(self._repeat("PATCH", path, json=body))

    def delete(self, path: str) -> dict[str, Any]:
        return self._json(self._repeat("DELETE", path))

    def post(
        self, path: str, body: Mapping[str, Any] | None = None, key: str | None = None
    ) -> dict[str, Any]:
        """`key` makes it safe to repeat: the server gives its first answer again."""
        headers = {"Idempotency-Key": key} if key else {}
        send = self._repeat if key else self._send
        return self._json(send("POST", path, json=body, headers=headers))

    def post_stream(
        self, path: str, chunks: Iterable[bytes], size: int | None, params: Mapping[str, str]
    ) -> dict[str, Any]:
        """Sends text/csv as it comes. `size` in bytes, if known."""
        headers = {"Content-Type": "text/csv"}
        if size is not None:
            headers["Content-Length"] = str(size)
        # The answer comes after the whole table was read and profiled.
        patient = httpx.Timeout(30.0, read=1800.0, write=600.0)
        return self._json(
            self._send(
                "POST", path, content=chunks, headers=headers, params=params, timeout=patient
            )
        )

    def _repeat(self, method: str, path: str, **options: Any) -> httpx.Response:
        pause = _FIRST_PAUSE_SECONDS
        for _ in range(_RETRIES):
            with suppress(ServerUnreachable):
                response = self._exchange(method, path, **options)
                if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    return _checked(response)
                pause = max(pause, _retry_after(response))
            time.sleep(pause)
            pause = min(2 * pause, _MAX_PAUSE_SECONDS)
        return self._send(method, path, **options)

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        return _checked(self._exchange(method, path, **options))

    def _exchange(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **options)
        except httpx.TransportError as error:
            # Some of these have no text of their own.
            why = str(error) or type(error).__name__
            raise ServerUnreachable(f"No answer from {self.url}: {why}") from error

    @staticmethod
    def _json(response: httpx.Response) -> dict[str, Any]:
        try:
            body = response.json()
        except ValueError as error:
            raise RequestFailed(
                response.status_code,
                {
                    "code": "not_layerlab",
                    "detail": "The answer is not JSON.",
                    "hint": f"Is {response.url.host}:{response.url.port} a LayerLab server?",
                },
            ) from error
        return dict(body)


def _retry_after(response: httpx.Response) -> float:
    try:
        return min(float(response.headers.get("Retry-After", 0)), _MAX_PAUSE_SECONDS)
    except ValueError:
        return 0.0  # A date: rare, and not worth a parser.


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    problem.setdefault("code", f"http_{response.status_code}")
    problem.setdefault("title", response.reason_phrase)
    kind = NotFound if response.status_code == httpx.codes.NOT_FOUND else RequestFailed
    raise kind(response.status_code, problem)
