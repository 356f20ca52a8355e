"""Starting and stopping `layerlab up`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import StartServer
from tests.e2e.server import LAYERLAB, Server

# Libraries that only a child may hold: of torch, pandas and numpy.
_HEAVY = ("libtorch", "/pandas/", "/pyarrow/", "/numpy/")


def test_the_server_itself_loads_no_torch_no_pandas_and_no_numpy(server: Server) -> None:
    # A dataset and a study first, so that every service has done its work.
    with server.client() as client:
        dataset = client.datasets.upload(client.sample("penguins"))
        client.studies.create(dataset, "species", max_trials=2, max_epochs=2, verdict="off").wait(
            timeout=60
        )
    mapped = Path(f"/proc/{server.pid}/maps").read_text()
    assert [each for each in _HEAVY if each in mapped] == []


def test_the_first_words_name_the_address_the_folder_and_what_to_do_next(server: Server) -> None:
    assert server.url in server.output
    assert str(server.data_dir) in server.output
    assert "layerlab study create" in server.output


def test_two_servers_never_share_a_data_folder(server: Server) -> None:
    second = subprocess.run(
        [LAYERLAB, "up", "--port", "0", "--data-dir", server.data_dir],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert second.returncode == 1
    assert server.url in second.stderr
    assert str(server.pid) in second.stderr
    assert "Traceback" not in second.stderr


def test_a_usual_port_that_is_taken_gives_way_to_a_free_one_and_that_is_said(
    start_server: StartServer,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        usual = {"LAYERLAB_GATEWAY__HTTP": f"127.0.0.1:{port}"}
        server = start_server(settings=usual, port=None)
        assert urlsplit(server.url).port != port
        assert f"{port} is taken" in server.output


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("LAYERLAB_BROKER__URL", "kafka://user:secret@host/", "kafka:"),
        ("LAYERLAB_STORE__URL", "oracle://user:secret@host/", "oracle:"),
        ("LAYERLAB_DATASETS__URL", "ftp://user:secret@host/", "ftp:"),
        ("LAYERLAB_GATEWAY__HTTP", "nonsense", "nonsense"),
        ("LAYERLAB_GATEWAY__HTTP", "0.0.0.0:0", "0.0.0.0"),
    ],
)
def test_a_setting_that_cannot_be_met_is_refused_by_its_name_and_without_its_password(
    setting: str, value: str, named: str, tmp_path: Path
) -> None:
    answer = subprocess.run(
        [LAYERLAB, "up", "--data-dir", tmp_path / "data"],
        env={**os.environ, setting: value},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert answer.returncode == 2
    assert setting in answer.stderr
    assert named in answer.stderr
    assert "secret" not in answer.stderr
    assert "Traceback" not in answer.stderr


def test_sigint_says_what_is_saved_and_ends_well(start_server: StartServer) -> None:
    server = start_server()
    assert server.terminate(signal.SIGINT) == 0
    assert "saved" in server.output
    assert "Traceback" not in server.output
