"""Where trials are right and wrong, through the public contract alone."""

from __future__ import annotations

import random
from typing import Any

import httpx
import pytest

from layerlab.client import Client, Study
from layerlab.domain.evaluation_document import evaluation_to_json

_PATIENCE_SECONDS = 120.0


def ended(client: Client, target: str, classes: bool, **request: Any) -> Study:
    dataset = client.datasets.upload(table(classes))
    body = {"dataset_id": dataset.dataset_id, "target": target, "seed": 3, **request}
    answer = httpx.post(f"{client.url}/v1/studies", json=body, timeout=60.0)
    assert answer.status_code == 201, answer.text
    return client.studies.get(answer.json()["study_id"]).wait(timeout=_PATIENCE_SECONDS)


def table(classes: bool) -> bytes:
    """400 rows of four numbers, and what follows from two of them."""
    draw, lines = random.Random(4), ["a,b,c,d,label"]
    for _ in range(400):
        row = [draw.gauss(0, 1) for _ in range(4)]
        value = 50 + 9 * row[0] + 3 * row[1]
        label = ("low", "middle", "high")[(value > 46) + (value > 54)] if classes else value
        lines.append(",".join([*(f"{each:.4f}" for each in row), str(label)]))
    return "\n".join(lines).encode()


def trials(client: Client, study: Study) -> list[dict[str, Any]]:
    place = f"{client.url}/v1/studies/{study.study_id}/trials?page_size=500&order_by=number"
    listed: list[dict[str, Any]] = httpx.get(place, timeout=60.0).json()["trials"]
    return listed


def place_of(client: Client, study: Study, trial: dict[str, Any]) -> str:
    return f"{client.url}/v1/studies/{study.study_id}/trials/{trial['number']}"


def find(place: str, rows: str = "") -> dict[str, Any]:
    answer = httpx.get(f"{place}/evaluation{rows}", timeout=60.0)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def accuracy(found: dict[str, Any]) -> float:
    confusion = found["confusion"]
    assert sum(map(sum, confusion)) == found["n"]
    right = sum(confusion[place][place] for place in range(len(confusion)))
    return float(right / found["n"])


def check_refusal(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_every_succeeded_trial_can_be_evaluated_and_only_finalists_on_test_rows(
    client: Client,
) -> None:
    budget = {"max_trials": 6, "max_epochs": 6}
    study = ended(client, "label", True, verdict="off", halving="off", budget=budget)
    listed = trials(client, study)
    (finalist,) = (each for each in listed if each["score_test"] is not None)
    found = find(place_of(client, study, finalist))
    assert found["rows"] == "test"
    assert set(found["classes"]) == {"low", "middle", "high"}
    assert accuracy(found) == pytest.approx(finalist["score_test"])
    on_validation = find(place_of(client, study, finalist), "?rows=validation")
    assert accuracy(on_validation) == pytest.approx(finalist["score_val"])

    others = [each for each in listed if each is not finalist]
    kept = [each for each in others if each["has_model"]]
    again = [each for each in others if not each["has_model"]]
    assert again
    for trial in [*kept[:1], *again[:1]]:
        place = place_of(client, study, trial)
        check_refusal(httpx.get(f"{place}/evaluation"), 404, "no_evaluation")
        first = httpx.post(f"{place}:evaluate?wait=60", timeout=90.0)
        assert (first.status_code, first.json()["state"]) == (202, "SUCCEEDED"), first.text
        assert httpx.post(f"{place}:evaluate", timeout=90.0).json() == first.json()
        assert httpx.get(f"{client.url}{first.headers['Location']}").json() == first.json()
        found = find(place)
        assert found["rows"] == "validation"
        assert accuracy(found) == pytest.approx(trial["score_val"])
        check_refusal(httpx.get(f"{place}/evaluation?rows=test"), 404, "no_evaluation")
        hidden = f"{client.url}/v1/studies/{first.json()['evaluation_id']}/trials/1"
        assert httpx.get(hidden).json()["score_test"] is None
    by_sdk = study.trial(again[-1]["number"]).evaluation()
    assert evaluation_to_json(by_sdk) == find(place_of(client, study, again[-1]))
    missing = f"{place_of(client, study, finalist)}/evaluations/{study.study_id}x"
    check_refusal(httpx.get(missing), 404, "unknown_evaluation")


def test_a_quantity_has_residuals_within_the_time_budget(client: Client) -> None:
    study = ended(client, "label", False, verdict="off", budget={"time_seconds": 4})
    # A second for a machine that has other things to do, too.
    assert study.progress.elapsed_seconds <= 5.0
    tested = [each for each in trials(client, study) if each["score_test"] is not None]
    for trial in tested:
        found = find(place_of(client, study, trial))
        assert (found["classes"], found["confusion"], found["roc"]) == ([], None, [])
        assert found["r2"] == pytest.approx(trial["score_test"], abs=1e-5)
        assert len(found["residuals"]["actual"]) == found["n"] == 80
    assert tested
