"""LayerLab as an operator starts it by hand: each service a process, on real servers."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers.process import clean_environment, free_port
from tests.servers.service import Service


class Deployment:
    """A gateway, an ingest, a scheduler and trainers; `settings` are for all of them."""

    def __init__(self, folder: Path, settings: Mapping[str, str], trainers: int = 1) -> None:
        addresses = {
            f"LAYERLAB_{name}": f"127.0.0.1:{free_port()}"
            for name in ("GATEWAY__HTTP", "GATEWAY__GRPC", "INGEST__GRPC")
        }
        self.settings = {
            **clean_environment(),
            "LAYERLAB_TRAINER__THREADS": "1",
            "LAYERLAB_LOG_LEVEL": "INFO",
            "LAYERLAB_DATA_DIR": str(folder / "data"),
            **addresses,
            **settings,
        }
        kinds = ["gateway", "ingest", "scheduler", *["trainer"] * trainers]
        self.services = [
            Service(f"{number}-{kind}", folder, f"services.{kind}", self.settings)
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
