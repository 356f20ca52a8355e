"""LayerLab as an operator starts it by hand: each service a process, on real servers."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from tests.servers.process import ServerProcess, free_port

_REPOSITORY: Final = Path(__file__).parents[2]
_SECONDS: Final = 10.0


class Service(ServerProcess):
    """`python -m services.KIND`; ready when it says so in its log."""

    def __init__(self, folder: Path, kind: str, settings: Mapping[str, str]) -> None:
        super().__init__(
            folder,
            [sys.executable, "-m", f"services.{kind}"],
            {"PYTHONPATH": str(_REPOSITORY), **settings},
        )

    def is_ready(self) -> bool:
        return any(line["event"] == "ready" for line in self.lines())

    @property
    def url(self) -> str:
        """Where its HTTP side is, as it has said last."""
        return [str(line["http"]) for line in self.lines() if line["event"] == "ready"][-1]

    def lines(self) -> Iterator[dict[str, Any]]:
        """What it has logged; anything else that it wrote is left out."""
        for line in self.output.splitlines():
            try:
                document = json.loads(line)
            except ValueError:
                continue
            if isinstance(document, dict) and "event" in document:
                yield document

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of the answer; (0, "") when nobody answers."""
        try:
            with urlopen(self.url + path, timeout=_SECONDS) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()
        except (URLError, ConnectionError):
            return 0, ""


class Deployment:
    """A gateway, an ingest, a scheduler and trainers; `settings` are for all of them."""

    def __init__(self, folder: Path, settings: Mapping[str, str], trainers: int = 1) -> None:
        addresses = {
            f"LAYERLAB_{name}": f"127.0.0.1:{free_port()}"
            for name in ("GATEWAY__HTTP", "GATEWAY__GRPC", "INGEST__GRPC")
        }
        self.settings = {
            **{name: value for name, value in os.environ.items() if "LAYERLAB" not in name},
            "LAYERLAB_TRAINER__THREADS": "1",
            "LAYERLAB_LOG_LEVEL": "INFO",
            "LAYERLAB_DATA_DIR": str(folder / "data"),
            **addresses,
            **settings,
        }
        kinds = ["gateway", "ingest", "scheduler", *["trainer"] * trainers]
        self.services = [
            Service(folder / f"{number}-{kind}", kind, self.settings)
            for number, kind in enumerate(kinds)
        ]
        self.gateway, self.ingest, self.scheduler, *self.trainers = self.services
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for service in self.services:
                service.start(wait=False)
                stack.callback(service.kill)
            for service in self.services:
                service.wait_until_ready()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
