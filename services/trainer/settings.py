"""The trainer's settings, read once, in `__main__`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


class TrainerSettings(BaseModel):
    """What a trainer needs to know, and nobody else."""

    grpc: str = Field(default="127.0.0.1:50053", description="Where the health service listens.")
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="auto: cuda if there is."
    )
    threads: int = Field(default=0, ge=0, description="Of one training process; 0: one per core.")
    worker_id: str = Field(default="", description="Made from host and process if empty.")
    cache_dir: Path | None = Field(
        default=None, description="Matrices; DATA_DIR/matrices if empty."
    )
    cache_bytes: int = Field(default=4 << 30, gt=0)
    hang_seconds: float = Field(
        default=120.0,
        gt=0,
        description="A training process that shows no progress for so long is killed.",
    )
    memory_bytes: int = Field(
        default=0, ge=0, description="Address space of the training process; 0: no limit."
    )
    heartbeat_seconds: float = Field(
        default=3.0, gt=0, description="Until the ledger has said how often it wants to hear."
    )

    @property
    def thread_count(self) -> int:
        return self.threads or len(os.sched_getaffinity(0))


class UrlSettings(BaseModel):
    url: str


class GatewayAddress(BaseModel):
    grpc: str = "127.0.0.1:50051"


class IngestAddress(BaseModel):
    grpc: str = "127.0.0.1:50052"


class Settings(BaseSettings):
    """Of `python -m services.trainer`: environment, then layerlab.toml, then default."""

    model_config = SettingsConfigDict(
        env_prefix="LAYERLAB_",
        env_nested_delimiter="__",
        toml_file="layerlab.toml",
        extra="ignore",
    )

    data_dir: Path = Path("layerlab-data")
    log_level: str = "INFO"
    broker: UrlSettings = UrlSettings(url="memory:")
    gateway: GatewayAddress = GatewayAddress()
    ingest: IngestAddress = IngestAddress()
    trainer: TrainerSettings = TrainerSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def cache_dir(self) -> Path:
        return self.trainer.cache_dir or self.data_dir / "matrices"
