"""Settings as processes read them: flag, environment, secret file, layerlab.toml, default."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_settings import (
    BaseSettings,
    CliApp,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

_PREFIX: Final = "LAYERLAB_"
# Where container engines put secrets; elsewhere, say where: systemd's credentials, a folder.
_SECRETS_VARIABLE: Final = f"{_PREFIX}SECRETS_DIR"
_SECRETS_FOLDER: Final = "/run/secrets"


class UrlSettings(BaseModel):
    """Which technology to use, and where it is."""

    url: str


class GatewayAddress(BaseModel):
    """Where the others find the gateway."""

    grpc: str = "127.0.0.1:50051"


class IngestAddress(BaseModel):
    """Where the others find ingest."""

    grpc: str = "127.0.0.1:50052"


class ProcessSettings(BaseSettings):
    """What every process may be told. Where nothing is said about a store, it is in `data_dir`."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
        toml_file="layerlab.toml",
        extra="ignore",
        cli_kebab_case=True,
    )

    data_dir: Path = Path("layerlab-data")
    log_level: str = "INFO"
    broker: UrlSettings = UrlSettings(url="memory:")
    store: UrlSettings | None = None
    datasets: UrlSettings | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        secret_files = NestedSecretsSettingsSource(
            file_secret_settings,
            secrets_dir=os.environ.get(_SECRETS_VARIABLE, _SECRETS_FOLDER),
            secrets_dir_missing="ok",
        )
        return init_settings, env_settings, secret_files, TomlConfigSettingsSource(settings_cls)

    @property
    def store_url(self) -> str:
        return self.store.url if self.store else f"sqlite:///{self.data_dir.absolute()}/ledger.db"

    @property
    def datasets_url(self) -> str:
        return self.datasets.url if self.datasets else f"file://{self.data_dir.absolute()}/datasets"


AnySettings = TypeVar("AnySettings", bound=BaseSettings)


def read_settings(
    kind: type[AnySettings], flags: Sequence[str] | Mapping[str, Any] | None = None
) -> AnySettings:
    """The settings of this process. `flags` are an argv, or values by name; None: this argv.

    :raises SystemExit: with 2, after naming on stderr what can't be met, and why.
    """
    try:
        if isinstance(flags, Mapping):
            return kind(**flags)
        return CliApp.run(kind, cli_args=None if flags is None else list(flags))
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            name = "__".join(str(part) for part in each["loc"]).upper()
            print(f"{_PREFIX}{name}: {each['msg']}", file=sys.stderr)  # noqa: T201  # Before logs.
        raise SystemExit(2) from None
