"""A real gateway on real ports, with a real ingest behind it and a real store."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import httpx

from layerlab.adapters.grpc_ingest import GrpcIngest
from layerlab.adapters.objects import FileDatasetStore
from layerlab.adapters.opening import open_event_feed, open_run_store
from layerlab.ports import RunStore
from layerlab.serving import grpc_channel
from services.gateway.samples import get_sample
from services.gateway.server import gateway_service
from services.gateway.settings import GatewaySettings
from services.ingest.app import serve_ingest
from services.ingest.settings import IngestSettings

CSV = {"Content-Type": "text/csv"}


@dataclass(frozen=True, slots=True)
class World:
    """`http` speaks to the gateway; the rest is what is behind it."""

    http: httpx.AsyncClient
    url: str
    grpc: str
    store: RunStore
    folder: Path

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def socket_url(self, study_id: str, query: str = "") -> str:
        return f"ws{self.url.removeprefix('http')}/v1/studies/{study_id}/events{query}"

    async def upload(self, body: bytes, name: str = "table.csv") -> httpx.Response:
        return await self.http.post(
            "/v1/datasets", params={"name": name}, content=body, headers=CSV
        )

    async def penguins(self) -> str:
        """The id of the penguins, uploaded like any other table."""
        answer = await self.upload(get_sample("penguins").read(), "penguins.csv")
        assert answer.status_code == 201, answer.text
        return str(answer.json()["dataset_id"])

    async def study(self, **more: Any) -> dict[str, Any]:
        """The document of a new study of the penguins."""
        request = {"dataset_id": await self.penguins(), "target": "species", **more}
        answer = await self.http.post("/v1/studies", json=request)
        assert answer.status_code == 201, answer.text
        document: dict[str, Any] = answer.json()
        return document

    async def kept(self) -> tuple[list[str], list[str], list[str]]:
        """Everything that is kept: ids of datasets and of studies, and names of files."""
        datasets = (await self.http.get("/v1/datasets")).json()["datasets"]
        studies = (await self.http.get("/v1/studies")).json()["studies"]
        files = [
            str(path.relative_to(self.folder))
            for part in ("datasets", "spool")
            for path in (self.folder / part).rglob("*")
            if path.is_file()
        ]
        return (
            sorted(each["dataset_id"] for each in datasets),
            sorted(each["study_id"] for each in studies),
            sorted(files),
        )

    async def until_kept(self, what: tuple[list[str], list[str], list[str]]) -> None:
        """What a client left half way is cleared away a moment after it has gone."""
        deadline = monotonic() + 10
        while (kept := await self.kept()) != what:
            assert monotonic() < deadline, kept


@asynccontextmanager
async def running_gateway(
    folder: Path, store_url: str = "", **settings: Any
) -> AsyncIterator[World]:
    """`settings` are GatewaySettings'. Without `store_url` the ledger is a file in `folder`."""
    store_url = store_url or f"sqlite:///{folder}/ledger.db"
    files = FileDatasetStore(folder / "datasets")
    folder.joinpath("spool").mkdir(parents=True, exist_ok=True)
    ingest_settings = IngestSettings(grpc="127.0.0.1:0")
    gateway_settings = GatewaySettings(
        **{"http": "127.0.0.1:0", "grpc": "127.0.0.1:0", "page": folder / "page", **settings}
    )
    async with (
        open_run_store(store_url) as store,
        open_event_feed(store_url) as feed,
        serve_ingest(ingest_settings, files, folder / "spool") as ingest_port,
        grpc_channel(f"127.0.0.1:{ingest_port}") as channel,
        gateway_service(gateway_settings, store, feed, GrpcIngest(channel), files) as gateway,
        httpx.AsyncClient(base_url=gateway.http.url, timeout=30) as http,
    ):
        yield World(http, gateway.http.url, gateway.grpc, store, folder)


def check_problem(
    answer: httpx.Response, status: int, code: str, field: str = ""
) -> dict[str, Any]:
    """The problem document, after making sure that it is one, and says no more than it should."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = json.loads(answer.text)
    assert document["code"] == code, document
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    assert document["type"] == f"urn:layerlab:problem:{code}"
    assert document.get("field", "") == field, document
    assert "Traceback" not in answer.text
    return document
