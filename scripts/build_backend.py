"""setuptools' build backend, and a compiler from PyPI where the machine has none."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403  # All the hooks; two are replaced below.

_ROOT = Path(__file__).parents[1]

_Settings = dict[str, Any] | None


def get_requires_for_build_wheel(config_settings: _Settings = None) -> list[str]:
    return build_meta.get_requires_for_build_wheel(config_settings) + _compiler()


def get_requires_for_build_editable(config_settings: _Settings = None) -> list[str]:
    return build_meta.get_requires_for_build_editable(config_settings) + _compiler()


def _compiler() -> list[str]:
    if not (_ROOT / "services" / "trainer" / "native").is_dir():
        return []  # An image of another service.
    sys.path.insert(0, str(_ROOT))
    from services.trainer.native.build import COMPILER_PACKAGE, system_compiler

    return [] if system_compiler() else [COMPILER_PACKAGE]
