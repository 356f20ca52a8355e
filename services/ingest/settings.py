"""The settings of ingest, read once, in `__main__`."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, Field, field_validator

from layerlab.addresses import split_address
from layerlab.settings import ProcessSettings
from services.ingest.limits import MAX_BYTES
from services.ingest.sandbox import Limits


class IngestSettings(BaseModel):
    """What ingest needs to know, and nobody else."""

    grpc: str = Field(
        default="127.0.0.1:50052", description="HOST:PORT to listen on, port 0 for any."
    )
    http: str = Field(
        default="127.0.0.1:8082",
        description="HOST:PORT of /metrics, /healthz and /readyz. The default gives way to any "
        "free port where it is taken.",
    )
    spool_dir: Path | None = Field(
        default=None, description="For work under way; best on the disk that the datasets are on."
    )
    max_upload_bytes: int = Field(default=MAX_BYTES, gt=0)
    child_memory_bytes: int = Field(default=4 << 30, gt=0)
    child_seconds: float = Field(
        default=300.0,
        gt=0,
        description="A table of which reading, or preparing, takes longer is refused. One of more "
        "than 500 MB has as many times as long.",
    )
    children: int = Field(default=2, gt=0, description="How many tables are worked on at a time.")

    @field_validator("grpc", "http")
    @classmethod
    def _address(cls, value: str) -> str:
        split_address(value)
        return value

    @property
    def limits(self) -> Limits:
        return Limits(self.child_memory_bytes, self.child_seconds)


class Settings(ProcessSettings):
    """Of `python -m services.ingest`."""

    ingest: IngestSettings = IngestSettings()

    @property
    def spool_dir(self) -> Path:
        """Beside a folder of datasets, so that keeping a file is renaming it."""
        if self.ingest.spool_dir is not None:
            return self.ingest.spool_dir
        place = urlsplit(self.datasets_url)
        if place.scheme == "file":
            return Path(unquote(place.path) + ".spool")
        return self.data_dir / "spool"
