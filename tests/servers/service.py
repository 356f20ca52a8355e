"""A service as an operator starts it by hand: `python -m services.X`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from tests.servers.process import ServerProcess, is_listening

_REPOSITORY: Final = Path(__file__).parents[2]
_ANSWER_SECONDS: Final = 10.0


class Service(ServerProcess):
    """`INTERPRETER -m MODULE ARGUMENTS` with these settings, in a folder of its name.

    It is ready when it listens on `port`; without one, when it says so in its log.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        module: str,
        settings: Mapping[str, str],
        port: int | None = None,
        *,
        arguments: Sequence[str] = (),
        interpreter: Sequence[str] = (sys.executable,),
    ) -> None:
        self.name, self.port = name, port
        super().__init__(
            folder / name,
            [*interpreter, "-m", module, *arguments],
            {"PYTHONPATH": str(_REPOSITORY), **settings},
        )

    def is_ready(self) -> bool:
        if self.port is not None:
            return is_listening(self.port)
        return any(line["event"] == "ready" for line in _log_lines(self.output_since_start))

    @property
    def url(self) -> str:
        """Where its HTTP side is, as it has said last."""
        return [str(line["http"]) for line in self.lines() if line["event"] == "ready"][-1]

    def lines(self) -> Iterator[dict[str, Any]]:
        """What it has logged; anything else that it wrote is left out."""
        return _log_lines(self.output)

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of the answer; (0, "") when nobody answers."""
        try:
            with urlopen(self.url + path, timeout=_ANSWER_SECONDS) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()
        except (URLError, ConnectionError):
            return 0, ""


def _log_lines(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        try:
            document = json.loads(line)
        except ValueError:
            continue
        if isinstance(document, dict) and "event" in document:
            yield document
