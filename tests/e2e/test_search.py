"""Searches that learn, spaces in files, and studies that go on from Optuna's."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import optuna
import pytest

from layerlab.client import Client
from tests.e2e.conftest import StartServer
from tests.e2e.server import LAYERLAB, Server

_PATIENCE_SECONDS = 150.0
_SPACE = """\
hidden:
  layers: {low: 1, high: 2}
  width: [8, 16]
learning_rate: {low: 1e-3, high: 1e-2, log: true}
"""


@pytest.fixture
def penguins(client: Client, tmp_path: Path) -> Path:
    path = tmp_path / "penguins.csv"
    path.write_bytes(client.sample("penguins"))
    return path


def designs_of(server: Server, table: bytes, search: str) -> list[tuple[int, dict[str, Any]]]:
    """Every trial's number, design and score of a study, sorted."""
    with server.client() as client:
        study = client.studies.create(
            table, "species", search=search, seed=3, max_trials=120, max_epochs=10, verdict="off"
        ).wait(timeout=_PATIENCE_SECONDS)
        assert study.document["state"] == "SUCCEEDED", study.document["detail"]
        return [
            (each["number"], {**each["design"], "score": each["score_val"]})
            for each in sorted(trials_of(client, study.study_id), key=lambda each: each["number"])
        ]


def trials_of(client: Client, study_id: str) -> list[dict[str, Any]]:
    trials, token = [], None
    while True:
        page = client._transport.get(
            f"/v1/studies/{study_id}/trials", {"page_size": 100, "page_token": token}
        )
        trials += page["trials"]
        token = page["next_page_token"]
        if not token:
            return trials


def test_what_a_search_learns_does_not_depend_on_the_number_of_trainers(
    start_server: StartServer, server: Server, penguins: Path
) -> None:
    table = penguins.read_bytes()
    several = designs_of(start_server(settings={"LAYERLAB_TRAINERS": "3"}), table, "tpe")

    assert len(several) == 120
    assert designs_of(server, table, "tpe") == several


@pytest.mark.parametrize("search", ["gp", "cmaes", "nsga2", "quasi_random"])
def test_every_search_comes_to_an_end(client: Client, penguins: Path, search: str) -> None:
    study = client.studies.create(
        penguins, "species", search=search, max_trials=90, max_epochs=4, verdict="off"
    ).wait(timeout=_PATIENCE_SECONDS)

    assert study.document["state"] == "SUCCEEDED", study.document["detail"]
    assert study.document["progress"]["done"] == 90


def run(server: Server, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LAYERLAB, *arguments],
        env={**os.environ, "LAYERLAB_SERVER_URL": server.url},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )


def test_a_space_in_yaml_is_the_studys(server: Server, penguins: Path, tmp_path: Path) -> None:
    file = tmp_path / "space.yaml"
    file.write_text(_SPACE)
    command = ("study", "create", penguins, "-t", "species", "--max-trials", "2", "--space")
    answer = run(server, *command, file, "-o", "json")

    assert answer.returncode == 0, answer.stderr
    space = json.loads(answer.stdout)["space"]
    assert space["hidden"] == {"layers": {"low": 1, "high": 2}, "width": [8, 16]}
    assert space["learning_rate"]["low"] == 1e-3

    file.write_text(_SPACE + "norm: soft\n")
    refused = run(server, *command, file)
    assert refused.returncode == 2
    assert "line 5" in refused.stderr


@pytest.fixture
def storage(tmp_path: Path) -> str:
    """An Optuna study of four trials, as people have them."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    url = f"sqlite:///{tmp_path / 'optuna.db'}"
    study = optuna.create_study(study_name="mlp", storage=url, direction="maximize")
    for score, widths in ((0.7, (8,)), (0.9, (16, 8)), (0.8, (32,))):
        study.add_trial(a_trial(score, widths))
    study.add_trial(a_trial(None, (4,)))
    # Lets go of the file.
    study._storage.remove_session()
    return url


def a_trial(score: float | None, widths: tuple[int, ...]) -> optuna.trial.FrozenTrial:
    params: dict[str, Any] = {"n_layers": len(widths), "lr": 0.01, "optimizer": "Adam", "wave": 2}
    params |= {f"n_units_l{layer}": width for layer, width in enumerate(widths)}
    whole = optuna.distributions.IntDistribution(1, 64)
    distributions: dict[str, optuna.distributions.BaseDistribution] = {
        **dict.fromkeys(params, whole),
        "lr": optuna.distributions.FloatDistribution(1e-4, 1e-1, log=True),
        "optimizer": optuna.distributions.CategoricalDistribution(("Adam", "SGD")),
    }
    state = optuna.trial.TrialState.FAIL if score is None else optuna.trial.TrialState.COMPLETE
    return optuna.create_trial(state=state, value=score, params=params, distributions=distributions)


def test_the_best_designs_of_an_optuna_study_are_tried_first_and_in_its_order(
    server: Server, client: Client, penguins: Path, storage: str
) -> None:
    answer = run(
        server, "study", "import", penguins, "species", "--storage", storage, "--name", "mlp",
        "--top", "2", "--max-epochs", "5",
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert "wave" in answer.stderr

    study = client.studies.get(answer.stdout.strip()).wait(timeout=_PATIENCE_SECONDS)
    trials = sorted(trials_of(client, study.study_id), key=lambda each: each["number"])
    assert [each["design"]["hidden"] for each in trials] == [[16, 8], [32]]
    assert {each["design"]["learning_rate"] for each in trials} == {0.01}


def test_an_optuna_study_that_is_not_there_is_named_with_those_that_are(
    server: Server, penguins: Path, storage: str
) -> None:
    command = ("study", "import", penguins, "species", "--storage")
    unknown = run(server, *command, storage, "--name", "other")
    assert unknown.returncode == 1
    assert "other" in unknown.stderr
    assert "mlp" in unknown.stderr

    broken = run(server, *command, "sqlite:////nowhere/optuna.db", "--name", "mlp")
    assert broken.returncode == 1
    assert "can't be read" in broken.stderr
    assert "Traceback" not in broken.stderr
