"""The generator of passwords: private, complete, and harmless to repeat."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.deploy.files import DEPLOY, ROOT, compose, script

make_secrets = script("make-secrets").make_secrets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "secrets"
    make_secrets(made)
    return made


def contents(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}


def definitions(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "rabbitmq_definitions.json").read_text())
    return document


def test_every_secret_of_the_compose_file_is_made(folder: Path) -> None:
    assert set(compose()["secrets"]) <= set(contents(folder))


def test_repeating_it_changes_nothing(folder: Path) -> None:
    before = contents(folder)
    assert make_secrets(folder) == []
    assert contents(folder) == before


def test_two_deployments_share_no_secret(folder: Path, tmp_path: Path) -> None:
    make_secrets(tmp_path / "other")
    other = contents(tmp_path / "other")
    assert all(text != other[name] for name, text in contents(folder).items())


def test_other_people_of_the_machine_can_not_enter_the_folder(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_was_open_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_secrets(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_a_container_may_read_its_file_whoever_it_runs_as(folder: Path) -> None:
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o444}


def test_a_deleted_secret_is_made_anew_and_the_others_stay(folder: Path) -> None:
    before = contents(folder)
    (folder / "trainer_broker_url").unlink()
    assert make_secrets(folder) == ["trainer_broker_url", "rabbitmq_definitions.json"]
    changed = {name for name, text in contents(folder).items() if text != before[name]}
    assert changed == {"trainer_broker_url", "rabbitmq_definitions.json"}


@pytest.mark.parametrize("user", ["scheduler", "trainer", "monitor"])
def test_rabbitmq_knows_the_password_that_is_in_the_url(folder: Path, user: str) -> None:
    url = urlsplit((folder / f"{user}_broker_url").read_text().strip())
    assert url.username == user
    assert _accepts(folder, user, url.password or "")
    assert url.path.removeprefix("/") in {each["name"] for each in definitions(folder)["vhosts"]}


def test_rabbitmq_knows_the_operators_password(folder: Path) -> None:
    password = (folder / "rabbitmq_operator_password").read_text().strip()
    assert _accepts(folder, "operator", password)
    assert not _accepts(folder, "operator", password + "x")


def _accepts(folder: Path, name: str, password: str) -> bool:
    """As RabbitMQ checks a password: the first 4 bytes of what it keeps are the salt."""
    [user] = [user for user in definitions(folder)["users"] if user["name"] == name]
    kept = base64.b64decode(user["password_hash"])
    return hashlib.sha256(kept[:4] + password.encode()).digest() == kept[4:]


def test_there_is_no_guest_and_no_user_without_limits_but_the_operator(folder: Path) -> None:
    document = definitions(folder)
    assert {user["name"] for user in document["users"]} == {
        "scheduler",
        "trainer",
        "monitor",
        "operator",
    }
    mighty = {user["name"] for user in document["users"] if "administrator" in user["tags"]}
    open_to_all = {each["user"] for each in document["permissions"] if ".*" in each.values()}
    assert mighty == open_to_all == {"operator"}


@pytest.mark.parametrize(
    ("user", "may_publish"), [("scheduler", True), ("trainer", False), ("monitor", False)]
)
def test_only_the_scheduler_may_put_cohorts_on_the_queue(
    folder: Path, user: str, may_publish: bool
) -> None:
    [permission] = [each for each in definitions(folder)["permissions"] if each["user"] == user]
    # What is published to a queue by its name goes through the default exchange.
    assert bool(re.search(permission["write"], "amq.default")) is may_publish


def test_the_passwords_are_too_long_to_guess(folder: Path) -> None:
    for name in ("mongo_admin_password", "rabbitmq_operator_password"):
        assert len((folder / name).read_text().strip()) >= 43  # 256 bits in base64


def test_the_keyfile_is_one_that_mongod_takes(folder: Path) -> None:
    key = (folder / "mongo_keyfile").read_text().strip()
    assert 6 <= len(key) <= 1024
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", key)


def test_the_script_runs_without_any_package(tmp_path: Path) -> None:
    command = [sys.executable, "-I", "-S", str(DEPLOY / "make-secrets")]
    command += ["--to", str(tmp_path / "made")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "gateway_store_url" in said
    for text in contents(tmp_path / "made").values():
        assert text.strip() not in said


@pytest.mark.parametrize("place", ["deploy/secrets", "deploy/k8s/overlays/single-node/secrets"])
def test_git_keeps_no_secret(place: str) -> None:
    command = ["git", "check-ignore", "--quiet", f"{place}/gateway_store_url"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
