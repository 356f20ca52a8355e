"""What a service brings along when it is installed with its own extra alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.deploy.files import ROOT, SERVICES

HEAVY = {
    "gateway": {"torch", "keras", "pandas", "pyarrow", "numpy", "aio-pika"},
    "ingest": {"torch", "keras", "motor", "fastapi", "aio-pika"},
    "scheduler": {"torch", "keras", "pandas", "pyarrow", "motor", "fastapi"},
    "trainer": {"pandas", "pyarrow", "motor", "fastapi"},
}

every_service = pytest.mark.parametrize("service", SERVICES)


@cache
def closure(distribution: str, extras: frozenset[str] = frozenset()) -> frozenset[str]:
    """Everything that is installed with a distribution, by normalized names, itself included."""
    found: set[tuple[str, frozenset[str]]] = set()
    ahead = [(canonicalize_name(distribution), extras)]
    while ahead:
        name, wanted = each = ahead.pop()
        if each in found:
            continue
        found.add(each)
        for line in requires(name) or []:
            need = Requirement(line)
            if _applies(need, wanted):
                ahead.append((canonicalize_name(need.name), frozenset(need.extras)))
    return frozenset(name for name, _ in found)


def _applies(need: Requirement, extras: frozenset[str]) -> bool:
    if need.marker is None:
        return True
    return any(need.marker.evaluate({"extra": extra}) for extra in (extras or {""}))


@every_service
def test_a_service_brings_no_other_services_packages(service: str) -> None:
    assert closure("layerlab", frozenset({service})) & HEAVY[service] == set()


def test_the_trainer_brings_what_trains() -> None:
    assert {"torch", "keras"} <= closure("layerlab", frozenset({"trainer"}))


@every_service
def test_every_package_of_a_service_is_pinned(service: str) -> None:
    pins = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {canonicalize_name(line.partition("==")[0]) for line in pins if "==" in line}
    # Part of every environment of Python 3.11, and no part of an image's.
    ours = {"layerlab", "pip", "setuptools"}
    assert closure("layerlab", frozenset({service})) - pinned - ours == set()


@every_service
def test_a_service_starts_with_its_own_packages_alone(service: str) -> None:
    """Runs it in an interpreter in which the other services' packages can't be imported."""
    blocked = sorted(name.replace("-", "_") for name in HEAVY[service])
    program = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({blocked!r}))\n"
        "from importlib import import_module\n"
        f"import_module('services.{service}.__main__')\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", program]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr


@every_service
def test_a_service_needs_no_code_that_stays_out_of_its_image(service: str) -> None:
    absent: tuple[str, ...] = ("layerlab.cli", "layerlab.client", "services.local")
    absent += tuple(f"services.{other}" for other in SERVICES if other != service)
    for file in [*_sources("layerlab"), *_sources(f"services/{service}")]:
        imported = _imports(file)
        assert not [name for name in imported if name.startswith(absent)], file


def _sources(folder: str) -> list[Path]:
    outside = {"cli", "client", "node_modules", "samples"}
    return [
        file
        for file in (ROOT / folder).rglob("*.py")
        if not outside & set(file.relative_to(ROOT).parts)
    ]


def _imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
    return found
