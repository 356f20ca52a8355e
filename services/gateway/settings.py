"""The gateway's settings, read once, in `__main__`."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Final

from pydantic import BaseModel, Field, field_validator

from layerlab.addresses import split_address
from layerlab.settings import ProcessSettings

_PAGE: Final = Path(__file__).parent / "web" / "dist"


class RemoteWithoutLogin(ValueError):
    """The gateway would listen where strangers are, and has no login to tell them apart."""


class GatewaySettings(BaseModel):
    """What the gateway needs to know, and nobody else; addresses are HOST:PORT, port 0 for any."""

    http: str = "127.0.0.1:8080"
    grpc: str = "127.0.0.1:50051"
    allow_remote: bool = Field(
        default=False,
        description="Listen on other addresses than loopback although there is no login: "
        "only behind something that checks who comes.",
    )
    lease_seconds: float = Field(default=15.0, gt=0)
    max_upload_bytes: int = Field(default=2 << 30, gt=0)
    max_document_bytes: int = Field(default=1 << 20, gt=0)
    patience_seconds: float = Field(
        default=30.0,
        gt=0,
        description="How long a request may be silent before it is answered with 408.",
    )
    min_bytes_per_second: float = Field(default=1024.0, ge=0)
    heartbeat_seconds: float = Field(default=15.0, gt=0)
    slow_client_seconds: float = Field(
        default=10.0, gt=0, description="How long a reader of events may not read."
    )
    broker_dashboard_url: str = Field(
        default="",
        pattern=r"^(https?://.+)?$",
        description="Of RabbitMQ's management page, as people reach it: the page links to it.",
    )
    page: Path = Field(default=_PAGE, description="The folder of the built page.")

    @field_validator("http", "grpc")
    @classmethod
    def _address(cls, value: str) -> str:
        split_address(value)
        return value

    def check_addresses(self) -> None:
        """:raises RemoteWithoutLogin: for an address beyond this machine, unless allowed."""
        for name in ("http", "grpc"):
            host, _ = split_address(getattr(self, name))
            if not is_loopback(host) and not self.allow_remote:
                raise RemoteWithoutLogin(
                    f"LAYERLAB_GATEWAY__{name.upper()}={getattr(self, name)} can be reached from "
                    "other machines, and this version has no login. Listen on 127.0.0.1, or set "
                    "LAYERLAB_GATEWAY__ALLOW_REMOTE=1 if something in front of it checks who comes."
                )

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the page."""
        return is_loopback(split_address(self.http)[0])


class IngestSettings(BaseModel):
    """Where ingest is found."""

    grpc: str = "127.0.0.1:50052"


class Settings(ProcessSettings):
    """Of `python -m services.gateway`."""

    gateway: GatewaySettings = GatewaySettings()
    ingest: IngestSettings = IngestSettings()


def is_loopback(host: str) -> bool:
    """A name other than `localhost` is not: what it means is decided elsewhere."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
