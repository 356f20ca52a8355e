"""LayerLab as its own processes on real servers, each started as an operator starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from layerlab.client import Client
from tests.servers import Mongod, RabbitMQ, ServerProcess, Service, free_port

_HOST: Final = "127.0.0.1"


@dataclass(slots=True)
class Deployment:
    """Running services by name; `servers` are the broker and the store, where there are any."""

    url: str
    grpc: str
    folder: Path
    settings: dict[str, str]
    services: dict[str, Service] = field(default_factory=dict)
    servers: dict[str, ServerProcess] = field(default_factory=dict)

    def client(self) -> Client:
        return Client(self.url)

    def cpu_seconds(self) -> dict[str, float]:
        """Of each process and its children, so far."""
        processes: dict[str, ServerProcess] = {**self.servers, **self.services}
        return {name: each.cpu_seconds() for name, each in processes.items()}

    def memory_bytes(self, name: str) -> int:
        """Resident memory of one service."""
        return self.services[name].memory_bytes()


@contextmanager
def open_deployment(
    folder: Path,
    store: str = "mongodb",
    trainers: int = 2,
    trainer_arguments: tuple[str, ...] = (),
    settings: Mapping[str, str] | None = None,
    schedules: bool = True,
) -> Iterator[Deployment]:
    """Everything through real RabbitMQ, and mongod unless `store` is sqlite.

    `trainer_arguments` are those of `benchmarks.support.trainer`, in each of `trainers` processes.
    Without `schedules` there are neither trainers nor a scheduler, nor a broker.
    With BENCHMARK_PROFILE=NAME,… those services write cProfile's NAME.prof when they are closed.
    """
    # So that what was started is ended whoever ends the benchmark.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack:
        starter = _Starter(folder.absolute(), settings or {}, stack)
        starter.add_servers(store, broker=schedules)
        starter.add_gateway()
        if schedules:
            for number in range(1, trainers + 1):
                starter.add_trainer(number, trainer_arguments)
            starter.add_scheduler()
        for service in starter.deployment.services.values():
            service.wait_until_ready()
        yield starter.deployment


class _Starter:
    """Starts one part after the other; all are ended with `stack`, the last one first."""

    def __init__(self, folder: Path, settings: Mapping[str, str], stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        self._http, self._grpc, self._ingest = free_port(), free_port(), free_port()
        self._settings = {
            "LAYERLAB_DATASETS__URL": f"file://{folder}/datasets",
            "LAYERLAB_DATA_DIR": str(folder),
            "LAYERLAB_GATEWAY__GRPC": f"{_HOST}:{self._grpc}",
            "LAYERLAB_INGEST__GRPC": f"{_HOST}:{self._ingest}",
            **settings,
        }
        self.deployment = Deployment(
            f"http://{_HOST}:{self._http}", f"{_HOST}:{self._grpc}", folder, self._settings
        )

    def add_servers(self, store: str, broker: bool) -> None:
        if store == "mongodb":
            mongod = self._stack.enter_context(Mongod(self._folder / "mongod"))
            self.deployment.servers["mongod"] = mongod
            self._settings["LAYERLAB_STORE__URL"] = mongod.url
        if broker:
            rabbitmq = self._stack.enter_context(RabbitMQ(self._folder / "rabbitmq"))
            self.deployment.servers["rabbitmq"] = rabbitmq
            self._settings["LAYERLAB_BROKER__URL"] = rabbitmq.url

    def add_gateway(self) -> None:
        """And the ingest behind it."""
        self._add("ingest", "services.ingest", self._ingest)
        http = {"LAYERLAB_GATEWAY__HTTP": f"{_HOST}:{self._http}"}
        self._add("gateway", "services.gateway", self._http, http)

    def add_trainer(self, number: int, arguments: Sequence[str]) -> None:
        port = free_port()
        own = {"LAYERLAB_TRAINER__GRPC": f"{_HOST}:{port}"}
        self._add(f"trainer-{number}", "benchmarks.support.trainer", port, own, arguments)

    def add_scheduler(self) -> None:
        port = free_port()
        own = {"LAYERLAB_SCHEDULER__GRPC": f"{_HOST}:{port}"}
        self._add("scheduler", "services.scheduler", port, own)

    def _add(
        self,
        name: str,
        module: str,
        port: int,
        own: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        service = Service(
            name,
            self._folder,
            module,
            {**self._settings, **(own or {})},
            port,
            arguments=arguments,
            interpreter=_interpreter(name),
        )
        self._stack.callback(_stop, service)
        service.start(wait=False)
        self.deployment.services[name] = service


def _interpreter(name: str) -> list[str]:
    if name not in os.environ.get("BENCHMARK_PROFILE", "").split(","):
        return [sys.executable]
    return [sys.executable, "-m", "cProfile", "-o", f"{Path.cwd()}/{name}.prof"]


def _stop(service: Service) -> None:
    with suppress(subprocess.TimeoutExpired):
        service.terminate()
    # If it still runs; and whatever it has left behind.
    service.kill()
