"""What deploy/compose.yaml promises, service by service."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.trainer.settings import TrainerSettings
from tests.deploy.files import DEPLOY, ROOT, SERVICES, compose

COMPOSE = compose()
EVERY = COMPOSE["services"]
ENDS = {"mongo-init"}
LASTING = sorted(set(EVERY) - ENDS)
OURS = sorted(name for name in EVERY if name not in ("rabbitmq", "mongo"))
TRAINERS = ("trainer", "trainer-gpu")

every_service = pytest.mark.parametrize("name", sorted(EVERY))
every_lasting_service = pytest.mark.parametrize("name", LASTING)
every_database = pytest.mark.parametrize("name", ["rabbitmq", "mongo"])


def test_every_service_of_layerlab_is_there() -> None:
    assert set(EVERY) >= {*SERVICES, "rabbitmq", "mongo"}


@every_lasting_service
def test_a_service_says_whether_it_is_well(name: str) -> None:
    assert EVERY[name]["healthcheck"]["test"][0] == "CMD"


@every_lasting_service
def test_a_service_that_falls_is_started_again(name: str) -> None:
    assert EVERY[name]["restart"] == "unless-stopped"


@every_service
def test_a_container_writes_to_its_volumes_and_to_memory_only(name: str) -> None:
    assert EVERY[name]["read_only"] is True


@every_service
def test_a_container_has_no_capability_and_gains_none(name: str) -> None:
    assert EVERY[name]["cap_drop"] == ["ALL"]
    assert EVERY[name]["security_opt"] == ["no-new-privileges:true"]
    assert not {"cap_add", "privileged", "pid", "ipc"} & set(EVERY[name])


@every_service
def test_nothing_runs_as_root(name: str) -> None:
    assert EVERY[name]["user"].partition(":")[0] not in ("", "0", "root")


@every_service
def test_a_container_has_limits(name: str) -> None:
    assert {"memory", "pids"} <= set(EVERY[name]["deploy"]["resources"]["limits"])


@every_service
def test_the_logs_of_a_container_do_not_fill_the_disk(name: str) -> None:
    assert {"max-size", "max-file"} <= set(EVERY[name]["logging"]["options"])


@every_service
def test_a_port_is_published_to_this_machine_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in EVERY[name].get("ports", []))


def test_only_the_page_and_the_management_page_are_published() -> None:
    published = {
        name: [port.rpartition(":")[2] for port in service["ports"]]
        for name, service in EVERY.items()
        if "ports" in service
    }
    assert published == {"gateway": ["8080"], "rabbitmq": ["15672"]}


@every_lasting_service
def test_only_what_publishes_a_port_is_on_a_network_that_leads_out(name: str) -> None:
    assert COMPOSE["networks"]["back"]["internal"] is True
    assert ("front" in EVERY[name]["networks"]) == ("ports" in EVERY[name])


@every_service
def test_no_password_is_in_the_environment_or_on_a_command_line(name: str) -> None:
    shown = f"{EVERY[name].get('environment')} {EVERY[name].get('command')}"
    assert not re.search(r"passw|secret|://[^/ ]+:[^/ ]+@", shown, re.IGNORECASE)


@every_service
def test_a_service_gets_no_other_services_secrets(name: str) -> None:
    wanted = {
        "gateway": {"gateway_store_url"},
        "scheduler": {"scheduler_broker_url"},
        "trainer": {"trainer_broker_url"},
        "trainer-gpu": {"trainer_broker_url"},
        "rabbitmq": {"rabbitmq_definitions.json"},
        "mongo": {"mongo_keyfile"},
        "mongo-init": {"gateway_store_url", "mongo_admin_password"},
    }
    assert {_source(each) for each in EVERY[name].get("secrets", [])} == wanted.get(name, set())


def _source(secret: str | dict[str, str]) -> str:
    return secret if isinstance(secret, str) else secret["source"]


def test_every_secret_is_a_file_of_the_generators_folder() -> None:
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"${{LAYERLAB_SECRETS:-./secrets}}/{name}"}


@pytest.mark.parametrize("name", TRAINERS)
def test_any_number_of_trainers_fits_on_a_machine(name: str) -> None:
    assert not {"container_name", "hostname", "ports"} & set(EVERY[name])
    assert all(_is_its_own(volume) for volume in EVERY[name]["volumes"])


def _is_its_own(volume: str) -> bool:
    """A volume without a name is made for each container."""
    return ":" not in volume


@pytest.mark.parametrize("name", TRAINERS)
def test_a_trainer_has_the_time_to_hand_its_cohort_back(name: str) -> None:
    assert EVERY[name]["stop_grace_period"] == "60s"


def test_a_trainer_for_graphics_cards_starts_only_when_asked_for() -> None:
    gpu = EVERY["trainer-gpu"]
    assert gpu["profiles"] == ["gpu"]
    assert gpu["build"]["args"]["ACCELERATOR"] == "cuda"
    [device] = gpu["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]


def test_gateway_and_ingest_keep_datasets_in_one_place() -> None:
    gateway, ingest = EVERY["gateway"], EVERY["ingest"]
    assert gateway["volumes"] == ingest["volumes"]
    [volume] = gateway["volumes"]
    url = gateway["environment"]["LAYERLAB_DATASETS__URL"]
    assert url == ingest["environment"]["LAYERLAB_DATASETS__URL"]
    assert url.startswith(f"file://{volume.partition(':')[2]}/")


@every_database
def test_what_must_not_be_lost_is_in_a_named_volume(name: str) -> None:
    [data] = [volume for volume in EVERY[name]["volumes"] if not volume.startswith("./")]
    assert data.partition(":")[0] in COMPOSE["volumes"]


@every_lasting_service
def test_no_service_waits_for_another_to_be_started(name: str) -> None:
    assert "depends_on" not in EVERY[name]


@every_service
def test_an_image_from_elsewhere_is_pinned_to_a_release(name: str) -> None:
    if "build" not in EVERY[name] and name not in ENDS:
        assert re.fullmatch(r"[a-z]+:\d+\.\d+\.\d+(-[a-z]+)?", EVERY[name]["image"])


@every_service
def test_every_file_that_is_mounted_is_in_the_repository(name: str) -> None:
    for volume in EVERY[name].get("volumes", []):
        if volume.startswith("./"):
            assert (DEPLOY / volume.partition(":")[0]).is_file()
            assert volume.endswith(":ro")


@pytest.mark.parametrize("name", [*SERVICES, "trainer-gpu"])
def test_a_service_is_built_from_the_one_dockerfile(name: str) -> None:
    build = EVERY[name]["build"]
    assert build["args"]["SERVICE"] in SERVICES
    assert (DEPLOY / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).is_file()


def test_the_broker_is_more_patient_than_any_cohort_takes() -> None:
    settings = _conf(DEPLOY / "rabbitmq" / "rabbitmq.conf")
    assert int(settings["consumer_timeout"]) > TrainerSettings().max_cohort_seconds * 1000


def _conf(file: Path) -> dict[str, str]:
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    return {name.strip(): value.strip() for name, value in (line.split("=") for line in lines)}
