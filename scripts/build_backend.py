"""setuptools' build backend, and a compiler from PyPI where the machine has none."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403  # All the hooks; two are replaced below.

sys.path.insert(0, str(Path(__file__).parents[1]))

from services.trainer.native.build import COMPILER_PACKAGE, system_compiler

_Settings = dict[str, Any] | None


def get_requires_for_build_wheel(config_settings: _Settings = None) -> list[str]:
    return build_meta.get_requires_for_build_wheel(config_settings) + _compiler()


def get_requires_for_build_editable(config_settings: _Settings = None) -> list[str]:
    return build_meta.get_requires_for_build_editable(config_settings) + _compiler()


def _compiler() -> list[str]:
    return [] if system_compiler() else [COMPILER_PACKAGE]
