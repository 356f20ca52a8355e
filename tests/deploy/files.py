"""The files of deploy/, read."""

from __future__ import annotations

import importlib.util
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[2]
DEPLOY: Final = ROOT / "deploy"
SERVICES: Final = ("gateway", "ingest", "scheduler", "trainer")


def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return document


def script(name: str) -> ModuleType:
    """A script of deploy/ as a module; its name need not be one."""
    loader = SourceFileLoader(name.replace("-", "_").removesuffix(".py"), str(DEPLOY / name))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module
