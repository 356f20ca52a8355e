"""LayerLab as its own processes on real servers, each started as an operator starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from layerlab.client import Client
from tests.servers import Mongod, RabbitMQ, ServerProcess, free_port
from tests.servers.process import is_listening

_REPOSITORY: Final = Path(__file__).parents[2]
_HOST: Final = "127.0.0.1"
_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")


class Service(ServerProcess):
    """`python ARGUMENTS`, with these settings; ready when it listens on `port`.

    With BENCHMARK_PROFILE=NAME,… those services write cProfile's NAME.prof when they are closed.
    """

    def __init__(
        self, name: str, folder: Path, arguments: list[str], settings: Mapping[str, str], port: int
    ) -> None:
        self.name, self._port = name, port
        profiled = name in os.environ.get("BENCHMARK_PROFILE", "").split(",")
        profiler = ["-m", "cProfile", "-o", f"{Path.cwd()}/{name}.prof"] if profiled else []
        super().__init__(
            folder / name,
            [sys.executable, *profiler, *arguments],
            {"PYTHONPATH": str(_REPOSITORY), **settings},
        )

    def is_ready(self) -> bool:
        return is_listening(self._port)


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
        return {name: _cpu_seconds(each.pid) for name, each in processes.items()}

    def memory_bytes(self, name: str) -> int:
        """Resident memory of one service."""
        status = Path(f"/proc/{self.services[name].pid}/status").read_text()
        line = next(each for each in status.splitlines() if each.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024


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
    """
    folder = folder.absolute()
    # So that what was started is ended whoever ends the benchmark.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack:
        http, grpc, ingest = free_port(), free_port(), free_port()
        common = {
            "LAYERLAB_DATASETS__URL": f"file://{folder}/datasets",
            "LAYERLAB_DATA_DIR": str(folder),
            "LAYERLAB_GATEWAY__GRPC": f"{_HOST}:{grpc}",
            "LAYERLAB_INGEST__GRPC": f"{_HOST}:{ingest}",
            **(settings or {}),
        }
        deployment = Deployment(f"http://{_HOST}:{http}", f"{_HOST}:{grpc}", folder, common)
        if store == "mongodb":
            mongod = stack.enter_context(Mongod(folder / "mongod"))
            deployment.servers["mongod"] = mongod
            common["LAYERLAB_STORE__URL"] = mongod.url
        if schedules:
            broker = stack.enter_context(RabbitMQ(folder / "rabbitmq"))
            deployment.servers["rabbitmq"] = broker
            common["LAYERLAB_BROKER__URL"] = broker.url

        def add(name: str, arguments: list[str], port: int, **own: str) -> None:
            service = Service(name, folder, arguments, {**common, **own}, port)
            stack.callback(_stop, service)
            service.start(wait=False)
            deployment.services[name] = service

        add("ingest", ["-m", "services.ingest"], ingest)
        http_address = {"LAYERLAB_GATEWAY__HTTP": f"{_HOST}:{http}"}
        add("gateway", ["-m", "services.gateway"], http, **http_address)
        for number in range(1, trainers + 1) if schedules else ():
            health = free_port()
            words = ["-m", "benchmarks.support.trainer", *trainer_arguments]
            own = {"LAYERLAB_TRAINER__GRPC": f"{_HOST}:{health}"}
            add(f"trainer-{number}", words, health, **own)
        if schedules:
            health = free_port()
            own = {"LAYERLAB_SCHEDULER__GRPC": f"{_HOST}:{health}"}
            add("scheduler", ["-m", "services.scheduler"], health, **own)
        for service in deployment.services.values():
            service.wait_until_ready()
        yield deployment


def _stop(service: Service) -> None:
    if not service.is_running:
        return
    try:
        service.terminate()
    except subprocess.TimeoutExpired:
        service.kill()


def _cpu_seconds(pid: int) -> float:
    """User and system time of the session that `pid` leads, as far as it still runs."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == pid:
            total += int(fields[11]) + int(fields[12])
    return total / _TICKS_PER_SECOND
