"""Which processes there are, what each is told, and the links between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.e2e.proxy import CuttingProxy
from tests.servers import Mongod, RabbitMQ, ServerProcess, Service, free_port

BROKER, STORE, INGEST = "broker", "store", "ingest"
ADDRESS, GRPC_ADDRESS = "address", "grpc-address"
"""The links before all gateways, for HTTP and for gRPC."""

_HOST: Final = "127.0.0.1"
_DATABASE: Final = "layerlab"


@dataclass(frozen=True, slots=True)
class Topology:
    trainers: int = 3
    gateways: int = 1
    schedulers: int = 1


@dataclass(slots=True)
class Layout:
    """`links` are named FROM>TO, but for the two addresses."""

    broker: RabbitMQ
    store: Mongod
    servers: dict[str, ServerProcess] = field(default_factory=dict)
    links: dict[str, CuttingProxy] = field(default_factory=dict)
    gateway_ports: dict[str, int] = field(default_factory=dict)
    """Of their HTTP."""
    ingest_port: int = 0


def lay_out(folder: Path, topology: Topology, settings: Mapping[str, str]) -> Layout:
    """Nothing runs yet, except for the proxies. `settings` are for every service."""
    builder = _Builder(folder, settings)
    gateways = [builder.gateway(n) for n in range(1, topology.gateways + 1)]
    builder.link(ADDRESS, *(http for http, _ in gateways))
    builder.link(GRPC_ADDRESS, *(grpc for _, grpc in gateways))
    for n in range(1, topology.schedulers + 1):
        builder.scheduler(n)
    for n in range(1, topology.trainers + 1):
        builder.trainer(n)
    return builder.layout


class _Builder:
    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self._folder = folder
        self._common = {
            "LAYERLAB_DATASETS__URL": f"file://{folder}/datasets",
            **settings,
        }
        self.layout = Layout(RabbitMQ(folder / BROKER), Mongod(folder / STORE))
        self.layout.servers = {BROKER: self.layout.broker, STORE: self.layout.store}
        self._ingest = self.layout.ingest_port = free_port()
        self._add(INGEST, "ingest", self._ingest, INGEST__GRPC=f"{_HOST}:{self._ingest}")

    def gateway(self, number: int) -> tuple[int, int]:
        """Its ports for HTTP and gRPC."""
        name = f"gateway-{number}"
        http, grpc = free_port(), free_port()
        self.layout.gateway_ports[name] = http
        store = self.link(f"{name}>{STORE}", self.layout.store.port)
        self._add(
            name,
            "gateway",
            http,
            GATEWAY__HTTP=f"{_HOST}:{http}",
            GATEWAY__GRPC=f"{_HOST}:{grpc}",
            INGEST__GRPC=self._to(name, INGEST, self._ingest),
            STORE__URL=self.layout.store.url_of(_DATABASE, store),
        )
        return http, grpc

    def scheduler(self, number: int) -> None:
        name = f"scheduler-{number}"
        port = free_port()
        self._add(
            name,
            "scheduler",
            port,
            SCHEDULER__GRPC=f"{_HOST}:{port}",
            GATEWAY__GRPC=self._to_gateways(name),
            BROKER__URL=self._to_broker(name),
        )

    def trainer(self, number: int) -> None:
        name = f"trainer-{number}"
        port = free_port()
        self._add(
            name,
            "trainer",
            port,
            TRAINER__GRPC=f"{_HOST}:{port}",
            TRAINER__THREADS="1",
            GATEWAY__GRPC=self._to_gateways(name),
            INGEST__GRPC=self._to(name, INGEST, self._ingest),
            BROKER__URL=self._to_broker(name),
        )

    def link(self, name: str, *ports: int) -> int:
        """The port of a new proxy before `ports`."""
        proxy = self.layout.links[name] = CuttingProxy(*ports)
        return proxy.port

    def _to_gateways(self, name: str) -> str:
        return self._to(name, "gateway", self.layout.links[GRPC_ADDRESS].port)

    def _to_broker(self, name: str) -> str:
        broker = self.layout.broker
        return broker.url_at(self.link(f"{name}>{BROKER}", broker.port))

    def _to(self, name: str, other: str, port: int) -> str:
        return f"{_HOST}:{self.link(f'{name}>{other}', port)}"

    def _add(self, name: str, kind: str, port: int, **settings: str) -> None:
        own = {f"LAYERLAB_{key}": value for key, value in settings.items()}
        self.layout.servers[name] = Service(
            name, self._folder, f"services.{kind}", {**own, **self._common}, port
        )
