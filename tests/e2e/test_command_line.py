"""The `layerlab` command against a real server."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from layerlab.client import Client
from tests.e2e.server import LAYERLAB, Server
from tests.servers.process import killed_at_last


@pytest.fixture
def penguins(client: Client, tmp_path: Path) -> Path:
    path = tmp_path / "penguins.csv"
    path.write_bytes(client.sample("penguins"))
    return path


class Shell:
    """Runs commands against one server."""

    def __init__(self, server: Server) -> None:
        self.environment = {**os.environ, "LAYERLAB_SERVER_URL": server.url}

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [LAYERLAB, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )

    def json(self, *arguments: str | Path) -> Any:
        answer = self.run(*arguments, "-o", "json")
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)


@pytest.fixture
def shell(server: Server) -> Shell:
    return Shell(server)


def test_a_table_becomes_a_followed_study_and_a_leaderboard(shell: Shell, penguins: Path) -> None:
    dataset = shell.json("dataset", "upload", penguins)
    assert dataset["rows"] == 344
    assert dataset["dataset_id"] in [each["dataset_id"] for each in shell.json("dataset", "list")]
    assert shell.json("dataset", "get", dataset["dataset_id"])["name"] == "penguins.csv"

    followed = shell.run(
        "study", "create", penguins, "--target", "species", "--follow", "--max-trials", "6",
        "--max-epochs", "20", "--verdict", "off", "--name", "By hand", "-o", "csv",
    )  # fmt: skip

    assert followed.returncode == 0, followed.stderr
    assert "SUCCEEDED 6/6" in followed.stderr
    assert len(list(csv.DictReader(io.StringIO(followed.stdout)))) == 6
    study = next(each for each in shell.json("study", "list") if each["name"] == "By hand")
    assert shell.json("study", "get", study["study_id"])["state"] == "SUCCEEDED"
    board = shell.json("study", "leaderboard", study["study_id"])
    scores = [row["score_val"] for row in board]
    assert scores == sorted(scores, reverse=True)
    trials = shell.json("trial", "list", study["study_id"], "--order-by", "number")
    assert [trial["number"] for trial in trials] == [1, 2, 3, 4, 5, 6]
    curve = shell.json("trial", "get", study["study_id"], "2")["curve"]
    assert [point["epoch"] for point in curve] == list(range(1, len(curve) + 1))


def test_create_prints_the_id_alone_and_cancel_ends_in_3_for_who_watches(
    shell: Shell, penguins: Path
) -> None:
    created = shell.run(
        "study", "create", penguins, "-t", "species", "--max-trials", "5000", "--max-epochs", "999"
    )
    study_id = created.stdout.strip()
    assert shell.run("study", "cancel", study_id).stdout.strip() == "CANCELLED"
    watched = shell.run("study", "watch", study_id)
    assert watched.returncode == 3
    assert "CANCELLED" in watched.stderr


def test_ctrl_c_detaches_and_says_how_to_come_back(shell: Shell, penguins: Path) -> None:
    process = subprocess.Popen(
        [LAYERLAB, "study", "create", penguins, "-t", "species", "-f", "--max-trials", "5000",
         "--max-epochs", "999"],
        env=shell.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
        # Whoever runs the tests in the background may have made all of them deaf to it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    with killed_at_last(process) as watching:
        assert watching.stderr is not None
        # Following has begun when it says how far it is.
        first = watching.stderr.readline()
        watching.send_signal(signal.SIGINT)
        _, said = watching.communicate(timeout=30)
    assert watching.returncode == 0, said
    assert "5000" in first
    study_id = said.strip().rpartition("layerlab study watch ")[2]
    assert shell.json("study", "get", study_id)["state"] in ("PENDING", "RUNNING")
    assert shell.run("study", "cancel", study_id).returncode == 0


def test_a_space_can_be_given_as_json_and_every_design_is_of_it(
    shell: Shell, penguins: Path
) -> None:
    trained = {"optimizer": "sgd", "momentum": 0.5, "schedule": "cosine", "warmup_epochs": 0.5,
               "class_weight": "balanced"}  # fmt: skip
    space = {"hidden": [[8], [4, 4]], "activation": ["tanh"], "learning_rate": [0.01], **trained}
    answer = shell.run(
        "study", "create", penguins, "-t", "species", "--space", json.dumps(space), "--search",
        "grid", "--max-epochs", "2", "--preset", "quick", "--verdict", "off", "-f", "-o", "json",
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    board = json.loads(answer.stdout)
    assert {row["activation"] for row in board} == {"tanh"}
    assert {tuple(row["hidden"]) for row in board} == {(8,), (4, 4)}
    for row in board:
        assert row["state"] == "SUCCEEDED"
        assert {name: row[name] for name in trained} == trained


@pytest.mark.parametrize(
    ("given", "told"), [("off", "off"), ("2:5", {"factor": 2, "min_epochs": 5})]
)
def test_a_studys_halving_can_be_said_in_a_word_or_two_numbers(
    shell: Shell, penguins: Path, given: str, told: object
) -> None:
    study = shell.json(
        "study", "create", penguins, "-t", "species", "--max-trials", "1", "--halving", given
    )
    assert study["halving"] == told


def test_a_bad_table_is_refused_with_its_row(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "ragged.csv"
    path.write_text("a,b\n1,2\n1,2,3\n")
    answer = shell.run("dataset", "upload", path)
    assert answer.returncode == 1
    assert "2" in answer.stderr
    assert answer.stdout == ""


def test_workers_are_listed_with_names_that_stay_from_start_to_start(shell: Shell) -> None:
    deadline = time.monotonic() + 20
    while not (workers := shell.json("worker", "list")["workers"]):
        assert time.monotonic() < deadline
    names = [each["worker_id"] for each in workers]
    assert names == [f"local-{number}" for number in range(1, len(names) + 1)]


def test_a_worker_is_drained_and_takes_cohorts_again(shell: Shell) -> None:
    [name, *_] = [each["worker_id"] for each in shell.json("worker", "list")["workers"]]
    drained = shell.run("worker", "drain", name)
    assert drained.returncode == 0, drained.stderr
    assert f"layerlab worker resume {name}" in drained.stderr
    assert shell.json("worker", "list")["workers"][0]["draining"]
    assert shell.run("worker", "resume", name).returncode == 0
    assert not shell.json("worker", "list")["workers"][0]["draining"]
    nobody = shell.run("worker", "drain", "nobody")
    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert "unknown_worker" in nobody.stderr


def test_a_queue_in_memory_is_told_with_its_depth_and_pace(shell: Shell) -> None:
    deadline = time.monotonic() + 30
    while (queue := shell.json("worker", "queue"))["broker"] is None:
        assert time.monotonic() < deadline
    assert (queue["broker"], queue["dead_letters"]) == ("memory", 0)
    assert {"ready", "unacknowledged", "trials_per_minute", "history"} <= set(queue)
    assert "history" not in shell.run("worker", "queue").stdout


def test_a_study_is_described_exported_deleted_and_restored(
    shell: Shell, penguins: Path, tmp_path: Path
) -> None:
    created = shell.run(
        "study", "create", penguins, "--target", "species", "--follow", "--max-trials", "3",
        "--max-epochs", "2", "--verdict", "off", "--name", "Before", "-o", "json",
    )  # fmt: skip
    assert created.returncode == 0, created.stderr
    [study_id] = [
        each["study_id"] for each in shell.json("study", "list") if each["name"] == "Before"
    ]

    described = shell.run(
        "study", "describe", study_id, "--name", "After", "--note", "A note", "--tag", "one",
        "--tag", "two",
    )  # fmt: skip
    assert described.stdout == "After\n", described.stderr
    [found] = shell.json("study", "list", "--tag", "one", "--tag", "two")
    assert (found["study_id"], found["note"]) == (study_id, "A note")
    assert shell.run("study", "describe", study_id, "--no-tags").returncode == 0
    assert shell.json("study", "list", "--tag", "one") == []
    assert shell.run("study", "describe", study_id).returncode == 2

    file = tmp_path / "trials.json"
    assert shell.run("study", "export", study_id, file).returncode == 0
    assert [each["number"] for each in json.loads(file.read_text())] == [1, 2, 3]
    some = shell.run("study", "export", study_id, "--where", "number>=2")
    assert [row["number"] for row in csv.DictReader(io.StringIO(some.stdout))] == ["2", "3"]

    deleted = shell.run("study", "delete", study_id)
    assert f"layerlab study restore {study_id}" in deleted.stderr
    assert study_id not in [each["study_id"] for each in shell.json("study", "list")]
    assert [each["study_id"] for each in shell.json("study", "list", "--deleted")] == [study_id]
    assert shell.run("study", "restore", study_id).stdout == "SUCCEEDED\n"


def test_doctor_finds_this_machine_fit(shell: Shell, tmp_path: Path) -> None:
    answer = shell.run("doctor", "--data-dir", tmp_path / "data", "-o", "json")
    checks = {each["check"]: each["result"] for each in json.loads(answer.stdout)}
    assert answer.returncode == 0, answer.stdout
    assert checks["training"] == "ok"
    assert checks["gateway"] == checks["readiness"] == "ok"
