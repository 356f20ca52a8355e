"""Where a setting comes from, and which of several wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerlab.settings import ProcessSettings, read_settings

_FLAG = ("--broker.url", "amqp://flag")


@pytest.fixture(autouse=True)
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of secret files; the working directory is an empty one."""
    monkeypatch.delenv("LAYERLAB_BROKER__URL", raising=False)
    folder = tmp_path / "secrets"
    folder.mkdir()
    monkeypatch.setenv("LAYERLAB_SECRETS_DIR", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


def broker(*flags: str) -> str:
    return read_settings(ProcessSettings, flags).broker.url


def test_a_setting_is_read_from_a_file_of_its_name(secrets: Path) -> None:
    # A file ends with a new line when a person has written it.
    (secrets / "LAYERLAB_BROKER__URL").write_text("amqp://file\n")
    assert broker() == "amqp://file"


def test_a_secret_file_is_found_behind_the_links_that_kubernetes_makes(secrets: Path) -> None:
    (secrets / "..2026_11_23").mkdir()
    (secrets / "..2026_11_23" / "LAYERLAB_BROKER__URL").write_text("amqp://file")
    (secrets / "..data").symlink_to("..2026_11_23")
    (secrets / "LAYERLAB_BROKER__URL").symlink_to("..data/LAYERLAB_BROKER__URL")
    assert broker() == "amqp://file"


def test_a_flag_wins_over_the_environment_that_over_a_secret_file_that_over_the_toml_file(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert broker() == "memory:"
    Path("layerlab.toml").write_text('[broker]\nurl = "amqp://toml"\n')
    assert broker() == "amqp://toml"
    (secrets / "LAYERLAB_BROKER__URL").write_text("amqp://file")
    assert broker() == "amqp://file"
    monkeypatch.setenv("LAYERLAB_BROKER__URL", "amqp://environment")
    assert broker() == "amqp://environment"
    assert broker(*_FLAG) == "amqp://flag"


def test_files_of_other_programs_beside_the_secrets_are_left_alone(secrets: Path) -> None:
    (secrets / "rabbitmq_definitions.json").write_text("{}")
    (secrets / "BROKER__URL").write_text("amqp://other")
    assert broker() == "memory:"


def test_a_folder_of_secrets_need_not_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAYERLAB_SECRETS_DIR", str(tmp_path / "none"))
    assert broker() == "memory:"


def test_a_secret_that_can_not_be_met_is_named_and_never_shown(
    secrets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (secrets / "LAYERLAB_BROKER").write_text('{"url": ["hidden"]}')
    with pytest.raises(SystemExit) as ended:
        broker()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "LAYERLAB_BROKER__URL" in said
    assert "hidden" not in said
