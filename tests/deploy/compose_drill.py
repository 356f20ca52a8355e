"""Builds the images, runs deploy/compose.yaml with three trainers, and kills one mid-study.

Needs a container engine, so `make test` leaves it out (no test_ in its name): `make compose-test`.
It uses a project, secrets and ports of its own, and takes down what it has started.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from layerlab.client import Client
from layerlab.client.errors import LayerLabError
from layerlab.client.study import Study
from tests.deploy.engine import Engine, engine_of_environment
from tests.deploy.files import SERVICES, compose, script
from tests.e2e.tables import many_classes
from tests.faults.audit import audit_log
from tests.servers import free_port

pytestmark = pytest.mark.timeout(5400)  # The images may have to be built.

_PATIENCE_SECONDS: Final = 900.0
_TRAINERS: Final = 3
_VERSION: Final = "drill"
_BASE: Final = "python:3.11.16-slim-bookworm"
_COMPILERS: Final = """
import json, shutil
print(json.dumps([each for each in ("gcc", "cc", "make", "node", "npm") if shutil.which(each)]))
"""
_LOOK_INSIDE: Final = """
import json, os, shutil
from importlib.metadata import distributions
print(json.dumps({
    "user": os.getuid(),
    "packages": sorted({each.metadata["Name"].lower() for each in distributions()}),
    "modules": sorted(os.listdir("/opt/layerlab/lib/python3.11/site-packages/services")),
    "caches": [each for each in ("/tmp", "/data") if os.listdir(each)],
    "compilers": [each for each in ("gcc", "cc", "make", "node", "npm") if shutil.which(each)],
    "bytes": sum(
        os.lstat(os.path.join(folder, file)).st_size
        for folder, _, files in os.walk("/opt/layerlab") for file in files
    ),
}))
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """With images built."""
    secrets = tmp_path_factory.mktemp("deployment") / "secrets"
    script("make-secrets").make_secrets(secrets)
    engine = engine_of_environment(
        "layerlab-drill",
        {
            "LAYERLAB_SECRETS": str(secrets),
            "LAYERLAB_VERSION": _VERSION,
            "LAYERLAB_PORT": str(free_port()),
            "LAYERLAB_RABBITMQ_PORT": str(free_port()),
        },
    )
    with timed("built"):
        engine.compose("build")
    return engine


@pytest.fixture(scope="module")
def client(engine: Engine) -> Iterator[Client]:
    """Of the running system; nobody else waits for it to be up."""
    engine.take_down()  # What a drill that was killed has left.
    try:
        with timed("started"):
            engine.compose("up", "--detach", "--scale", f"trainer={_TRAINERS}")
            with Client(f"http://127.0.0.1:{engine.environment['LAYERLAB_PORT']}") as client:
                eventually(lambda: len(workers(client)) == _TRAINERS)
        with Client(f"http://127.0.0.1:{engine.environment['LAYERLAB_PORT']}") as client:
            yield client
    finally:
        engine.take_down()


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Prints how long it took, for the operator's manual."""
    started = time.monotonic()
    yield
    say(f"{what} in {time.monotonic() - started:.0f} s")


def say(line: str) -> None:
    print(line)  # noqa: T201  # The drill's report.


def eventually(is_so: Callable[[], bool]) -> None:
    """Waits until it is so; a system that is partly down may refuse to say."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with suppress(LayerLabError):
            if is_so():
                return
        time.sleep(0.2)
    pytest.fail("It did not happen in time.")


def workers(client: Client) -> list[dict[str, Any]]:
    """Trainers that are there now."""
    return [each for each in client.workers()["workers"] if each["connected"]]


def start_study(client: Client, name: str, trials: int) -> Study:
    """Of handwritten digits, in cohorts enough for every trainer."""
    table = many_classes()
    space = {"hidden": [[64, 64], [128]], "activation": ["relu", "tanh"]}
    return client.studies.create(
        table.csv,
        table.target,
        name=name,
        space=space,
        max_trials=trials,
        max_epochs=40,
        seed=7,
        verdict="off",
    )


def assert_every_trial_ended_once(study: Study, trials: int) -> list[dict[str, Any]]:
    """The study's whole event log, which holds to every promise that is made of one."""
    events = [asdict(event) for event in study.events()]
    assert list(audit_log(events)) == []
    ends = Counter(
        event["data"]["number"]
        for event in events
        if event["type"] == "trial.state_changed"
        and event["data"]["to"] in ("SUCCEEDED", "PRUNED", "FAILED", "CANCELLED")
    )
    assert ends == dict.fromkeys(range(1, trials + 1), 1)
    assert {trial.state for trial in study.trials()} <= {"SUCCEEDED", "PRUNED"}
    return events


def took_part(events: list[dict[str, Any]]) -> set[str]:
    """Workers that have started a cohort."""
    return {
        event["data"]["worker_id"]
        for event in events
        if event["type"] == "cohort.state_changed" and event["data"]["to"] == "RUNNING"
    }


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_one_service_and_only_its_packages(engine: Engine, service: str) -> None:
    inside = engine.python(f"layerlab-{service}:{_VERSION}", _LOOK_INSIDE)
    say(f"{service}: {inside['bytes'] / 1e6:.0f} MB of its own, {len(inside['packages'])} packages")
    heavy = {"torch", "keras"} & set(inside["packages"])
    assert heavy == ({"torch", "keras"} if service == "trainer" else set())
    assert not [name for name in inside["packages"] if name.startswith("nvidia")]
    assert service in inside["modules"]
    assert not set(inside["modules"]) & ({*SERVICES, "local"} - {service})


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_runs_as_nobody_and_brings_no_tools(engine: Engine, service: str) -> None:
    image = f"layerlab-{service}:{_VERSION}"
    inside = engine.python(image, _LOOK_INSIDE)
    assert inside["user"] == 10001
    assert inside["caches"] == []
    assert not {"pip", "wheel"} & set(inside["packages"])
    assert set(inside["compilers"]) <= set(engine.python(_BASE, _COMPILERS))
    config = engine.inspect(image)["Config"]
    assert config["Entrypoint"] == ["python", "-m", f"services.{service}"]
    assert config["Labels"]["org.opencontainers.image.title"] == f"layerlab-{service}"


def test_three_trainers_share_a_study_and_it_ends_although_one_is_killed(
    engine: Engine, client: Client
) -> None:
    trials = 128
    with timed(f"{trials} trials, a trainer killed among them,"):
        study = start_study(client, "killed", trials)
        busy: set[str] = set()

        def all_are_busy() -> bool:
            busy.update(each["host"] for each in workers(client) if each["cohort_id"])
            return len(busy) == _TRAINERS

        eventually(all_are_busy)
        victim = next(each for each in workers(client) if each["cohort_id"])
        [container] = [
            each for each in engine.containers("trainer") if each.startswith(victim["host"])
        ]
        engine.run("kill", container)
        eventually(lambda: study.refresh().ended)
    assert study.state == "SUCCEEDED"
    events = assert_every_trial_ended_once(study, trials)
    say(f"{len(took_part(events))} workers took part")
    assert len(took_part(events)) == _TRAINERS
    assert max(trial.attempt for trial in study.trials()) > 1
    engine.run("start", container)
    eventually(lambda: len(workers(client)) == _TRAINERS)


def test_every_service_is_restarted_in_turn_while_a_study_goes_on(
    engine: Engine, client: Client
) -> None:
    trials = 128
    study = start_study(client, "rolling", trials)
    eventually(lambda: study.refresh().progress.done > 0)
    for service in ("trainer", "scheduler", "ingest", "rabbitmq", "mongo", "gateway"):
        with timed(f"{service} restarted"):
            for container in engine.containers(service):
                engine.run("restart", "--time", "60", container)
    with timed("after that, every trainer was heard"):
        eventually(lambda: len(workers(client)) == _TRAINERS)
    with timed("the rest of the study"):
        eventually(lambda: study.refresh().ended)
    assert study.state == "SUCCEEDED"
    assert_every_trial_ended_once(study, trials)


@pytest.mark.parametrize("service", [*SERVICES, "rabbitmq", "mongo"])
def test_a_running_container_is_well_and_can_not_write_where_it_lives(
    engine: Engine, client: Client, service: str
) -> None:
    for container in engine.containers(service):
        # RabbitMQ takes longer to start than the rest, and is waited for.
        eventually(partial(is_well, engine, service, container))
        with pytest.raises(AssertionError, match="Read-only file system"):
            engine.run("exec", container, "touch", "/etc/written")


def is_well(engine: Engine, service: str, container: str) -> bool:
    """What the container's own health check says now."""
    check = compose()["services"][service]["healthcheck"]["test"][1:]
    with suppress(AssertionError):
        engine.run("exec", container, *check)
        return True
    return False


@pytest.mark.parametrize("service", [*SERVICES, "rabbitmq", "mongo"])
def test_no_password_is_shown_by_the_engine(engine: Engine, client: Client, service: str) -> None:
    folder = Path(engine.environment["LAYERLAB_SECRETS"])
    passwords = {urlsplit(file.read_text()).password for file in folder.glob("*_url")}
    passwords |= {file.read_text().strip() for file in folder.glob("*_password")}
    for container in engine.containers(service):
        shown = json.dumps(engine.inspect(container))
        assert not [word for word in passwords if word and word in shown]


def test_the_broker_knows_no_guest(engine: Engine, client: Client) -> None:
    [broker] = engine.containers("rabbitmq")
    users = engine.run("exec", broker, "rabbitmqctl", "--quiet", "list_users").splitlines()
    names = {line.split()[0] for line in users}
    assert {"scheduler", "trainer", "operator", "monitor"} <= names
    assert "guest" not in names


def test_the_database_tells_a_stranger_nothing(engine: Engine, client: Client) -> None:
    [gateway] = engine.containers("gateway")
    program = (
        "import pymongo\n"
        "pymongo.MongoClient('mongo:27017', directConnection=True).layerlab.command('dbStats')"
    )
    with pytest.raises(AssertionError, match="requires authentication"):
        engine.run("exec", gateway, "python", "-c", program)


def test_a_backup_brings_everything_back(
    engine: Engine, client: Client, tmp_path_factory: pytest.TempPathFactory
) -> None:
    backup = tmp_path_factory.mktemp("backup")
    study = start_study(client, "kept", 4)
    eventually(lambda: study.refresh().ended)
    before = {study.study_id: list(study.events()) for study in client.studies.list()}
    with timed("backed up"):
        copy_volume(engine, "mongo", backup, stopped="mongo")
        copy_volume(engine, "datasets", backup)
    engine.take_down()
    with timed("restored"):
        engine.compose("up", "--no-start")
        for volume in ("mongo", "datasets"):
            tar(engine, f"{engine.project}_{volume}:/to", f"{backup}:/from:ro", "-C", "/to", "-xf",
                f"/from/{volume}.tar")  # fmt: skip
        engine.compose("up", "--detach", "--scale", f"trainer={_TRAINERS}")
        eventually(lambda: len(workers(client)) == _TRAINERS)
    assert {study.study_id: list(study.events()) for study in client.studies.list()} == before
    study = start_study(client, "restored", 4)
    eventually(lambda: study.refresh().ended)
    assert study.state == "SUCCEEDED"


def copy_volume(engine: Engine, volume: str, backup: Path, stopped: str = "") -> None:
    """As docs/operations.md says; `stopped`: the service that may not write meanwhile."""
    if stopped:
        engine.compose("stop", stopped)
    tar(engine, f"{engine.project}_{volume}:/from:ro", f"{backup}:/to", "-C", "/from", "-cf",
        f"/to/{volume}.tar", ".")  # fmt: skip
    if stopped:
        engine.compose("start", stopped)


def tar(engine: Engine, source: str, target: str, *words: str) -> None:
    alone = ("run", "--rm", "--user=0", "--network=none", "--entrypoint=tar")
    image = f"layerlab-gateway:{_VERSION}"
    engine.run(*alone, f"--volume={source}", f"--volume={target}", image, *words)
