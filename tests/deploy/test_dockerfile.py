"""What deploy/Dockerfile promises, and what may come into a build at all."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.deploy.files import DEPLOY, ROOT, SERVICES, compose, script

every_service = pytest.mark.parametrize("service", SERVICES)


def stages() -> dict[str, list[str]]:
    """Instructions by the name of their stage, continued lines joined; "" is the last one."""
    text = re.sub(r"\\\n\s*", " ", (DEPLOY / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    found: dict[str, list[str]] = {"head": []}
    name = "head"
    for line in lines:
        if start := re.match(r"FROM (\S+)(?: AS (\S+))?$", line):
            name = start[2] or ""
            found[name] = []
        found[name].append(line)
    return found


STAGES = stages()


@pytest.mark.parametrize("stage", ["page", "build", "runtime"])
def test_a_base_image_is_pinned_to_a_release(stage: str) -> None:
    assert re.match(r"FROM [a-z]+:\d+\.\d+\.\d+-\S+ AS ", STAGES[stage][0])


def test_what_is_run_is_the_release_of_python_that_was_built_for() -> None:
    # A virtual environment points to the interpreter that made it.
    assert STAGES["build"][0].split()[1] == STAGES["runtime"][0].split()[1]


def test_the_argument_chooses_the_image() -> None:
    assert STAGES[""] == ["FROM ${SERVICE}"]
    assert set(SERVICES) < set(STAGES)


@every_service
def test_a_signal_reaches_python_itself(service: str) -> None:
    assert f'ENTRYPOINT ["python", "-m", "services.{service}"]' in STAGES[service]
    assert "STOPSIGNAL SIGTERM" in STAGES["runtime"]


@every_service
def test_an_image_says_whether_it_is_alive(service: str) -> None:
    [check] = [line for line in STAGES[service] if line.startswith("HEALTHCHECK")]
    [exposed] = [line for line in STAGES[service] if line.startswith("EXPOSE")]
    port = exposed.split()[1]
    assert f'"http://127.0.0.1:{port}/healthz"' in check
    assert f"__HTTP=0.0.0.0:{port}" in " ".join(STAGES[service])


def test_nothing_of_layerlab_runs_as_root() -> None:
    assert "USER 10001:10001" in STAGES["runtime"]
    for service in SERVICES:
        assert not any(line.startswith("USER") for line in STAGES[service])


@every_service
def test_the_last_stages_install_nothing(service: str) -> None:
    for line in STAGES["runtime"] + STAGES[service]:
        assert not re.search(r"\b(pip|npm|apt-get|curl|wget) ", line)


def test_only_the_gateway_takes_the_page() -> None:
    takers = {name for name, lines in STAGES.items() if "COPY --from=page" in " ".join(lines)}
    assert takers == {"gateway"}


def test_packages_are_installed_before_the_source_comes() -> None:
    lines = STAGES["build"]
    source = next(number for number, line in enumerate(lines) if line.startswith("COPY layerlab"))
    install = next(number for number, line in enumerate(lines) if "-r requirements.txt" in line)
    assert install < source
    assert "-c constraints.txt" in lines[install]


def test_torch_comes_without_cuda_unless_it_is_asked_for() -> None:
    build = " ".join(STAGES["build"])
    assert "ARG ACCELERATOR=cpu" in build
    assert "cpu) index=https://download.pytorch.org/whl/cpu" in build
    assert "sys.exit(torch.version.cuda)" in build


def test_an_image_is_labelled() -> None:
    labels = " ".join(line for line in STAGES["runtime"] if line.startswith("LABEL"))
    for name in ("title", "description", "version", "revision", "licenses"):
        assert f"org.opencontainers.image.{name}=" in labels


@every_service
def test_an_image_installs_what_its_extra_says(service: str) -> None:
    listed = subprocess.run(
        [sys.executable, DEPLOY / "requirements.py", service],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert any(line.startswith("grpcio>=") for line in listed)
    assert ("torch>=2.7" in listed) == (service == "trainer")


def test_requirements_are_refused_for_an_extra_that_is_not_there() -> None:
    requirements = script("requirements.py").requirements
    with pytest.raises(KeyError):
        requirements(ROOT / "pyproject.toml", "nobody")


@pytest.mark.parametrize(
    "path",
    [
        "deploy/secrets/gateway_store_url",
        "deploy/k8s/overlays/single-node/secrets/mongo_keyfile",
        ".git/config",
        ".venv/bin/python",
        "layerlab-data/ledger.db",
        "layerlab.toml",
        "tests/conftest.py",
        "layerlab/cli/main.py",
        "services/local/__main__.py",
        "services/gateway/web/node_modules/vite/package.json",
        "services/gateway/web/dist/index.html",
        "layerlab/domain/__pycache__/trial.pyc",
    ],
)
def test_it_stays_out_of_a_build(path: str) -> None:
    assert not _comes_into_a_build(path)


@pytest.mark.parametrize("stage", ["page", "build", "runtime"])
def test_everything_that_is_copied_comes_into_a_build(stage: str) -> None:
    for line in STAGES[stage]:
        words = shlex.split(line)
        if words[0] == "COPY" and not words[1].startswith("--from"):
            for source in words[1:-1]:
                for each in [source.replace("${SERVICE}", service) for service in SERVICES]:
                    assert (ROOT / each).exists()
                    assert _comes_into_a_build(each)


def _comes_into_a_build(path: str) -> bool:
    """The last line of .dockerignore that fits a path, or a folder above it, decides."""
    comes = True
    above = [path, *map(str, Path(path).parents)]
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        anywhere = pattern.removeprefix("**/")
        if any(
            fnmatch(each, pattern) or (anywhere != pattern and Path(each).name == anywhere)
            for each in above
        ):
            comes = line.startswith("!")
    return comes


@every_service
def test_a_container_is_checked_at_the_port_that_its_image_listens_on(service: str) -> None:
    [exposed] = [line for line in STAGES[service] if line.startswith("EXPOSE")]
    checked = compose()["services"][service]["healthcheck"]["test"][-1]
    assert checked == f"http://127.0.0.1:{exposed.split()[1]}/readyz"
