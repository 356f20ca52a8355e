"""The page: built files, and its own addresses, which all lead to one document."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import anyio
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

# Vite names these by their content, so they never change.
_HASHED: Final = "assets/"
_FOREVER: Final = "public, max-age=31536000, immutable"
_NOT_BUILT: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>LayerLab</title>
<h1>The page has not been built</h1>
<p>Run <code>make web</code>, then reload.
The API is there: <a href="/openapi.json">/openapi.json</a>.</p>
</html>
"""


class Page:
    """Answers, in `dist`'s files, what no route answers; as a router's `default`."""

    def __init__(self, dist: Path, otherwise: ASGIApp) -> None:
        self._dist = dist.absolute()
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._otherwise
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            answer = await self._answer(Request(scope)) or answer
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response | None:
        path = request.url.path.removeprefix("/")
        file = await anyio.to_thread.run_sync(find_file, self._dist, path)
        if file is not None:
            cached = _FOREVER if path.startswith(_HASHED) else "no-cache"
            return FileResponse(file, headers={"Cache-Control": cached})
        if not _is_address_of_page(request, path):
            return None
        index = await anyio.to_thread.run_sync(find_file, self._dist, "index.html")
        if index is None:
            return HTMLResponse(_NOT_BUILT, 503)
        return FileResponse(index, headers={"Cache-Control": "no-cache"})


def find_file(folder: Path, path: str) -> Path | None:
    """The file at `path` below `folder`; None for what is not there, or not below."""
    try:
        file = (folder / path).resolve()
        return file if file.is_relative_to(folder.resolve()) and file.is_file() else None
    except (OSError, ValueError):
        # A name too long for a file, or with a NUL.
        return None


def _is_address_of_page(request: Request, path: str) -> bool:
    """The page knows which of its addresses exist; scripts want a plain 404."""
    first = path.partition("/")[0]
    if first in ("v1", _HASHED.rstrip("/")):
        return False
    return first in ("", "studies") or "text/html" in request.headers.get("accept", "")
