"""What is generated is current, and what is packaged is honest."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXTRA_OF = {
    "layerlab/cli": ("client", "optuna"),
    "layerlab/client": ("client",),
    "services/gateway": ("gateway",),
    "services/ingest": ("ingest",),
    "services/scheduler": ("scheduler",),
    "services/trainer": ("trainer",),
}


def test_the_generated_code_is_what_the_protos_say() -> None:
    answer = subprocess.run(
        [ROOT / "scripts" / "protos", "--check"], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_import_rules_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    answer = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("package", sorted(EXTRA_OF))
def test_an_extra_names_every_distribution_that_its_package_imports(package: str) -> None:
    allowed = _distributions("", *EXTRA_OF[package])
    imported = _third_party_imports(ROOT / package)
    assert imported - allowed == set()


@pytest.mark.parametrize("package", ["layerlab/domain", "layerlab/ports.py"])
def test_the_domain_needs_nothing_but_the_standard_library(package: str) -> None:
    assert _third_party_imports(ROOT / package) == set()


def _third_party_imports(package: Path) -> set[str]:
    """Distributions that the files of `package` import, by their normalized names."""
    files = [package] if package.is_file() else sorted(package.rglob("*.py"))
    # Python files of others, and the script that made the samples, which no user runs.
    files = [file for file in files if not {"node_modules", "samples"} & set(file.parts)]
    modules = {name for file in files for name in _imported_modules(file)}
    ours = {"layerlab", "services"} | set(sys.stdlib_module_names)
    owners = packages_distributions()
    return {
        _normal(owner) for name in modules - ours for owner in owners.get(name, [f"?{name}"])[:1]
    }


def _imported_modules(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def _distributions(*extras: str) -> set[str]:
    """What is installed with these extras; "" is the base. `google` is shared by many."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"]]
    for extra in filter(None, extras):
        lines += project["optional-dependencies"][extra]
    named = {_normal(line.partition(">=")[0].partition("[")[0]) for line in lines}
    brought = {"pydantic", "pydantic-core"} if "pydantic-settings" in named else set()
    brought |= {"starlette"} if "fastapi" in named else set()
    return named | brought | {"googleapis-common-protos"}


def _normal(name: str) -> str:
    return name.strip().lower().replace("_", "-")
