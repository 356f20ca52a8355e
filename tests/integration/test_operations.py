"""What a deployment of real processes, on real servers, says of itself."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.gateway import samples as samples_package
from tests.servers import S3Server, Service
from tests.servers.deployment import Deployment
from tests.waiting import wait_until

_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
_PARENT = f"00-{_TRACE}-00f067aa0ba902b7-01"
_TABLE = Path(samples_package.__file__).with_name("penguins.csv")


@pytest.fixture(scope="module")
def study(deployment: Deployment) -> dict[str, object]:
    """One that has ended, and whose creation came with a trace."""
    with httpx.Client(base_url=deployment.gateway.url, timeout=60) as http:
        upload = http.post(
            "/v1/datasets?name=penguins",
            content=_TABLE.read_bytes(),
            headers={"Content-Type": "text/csv"},
        )
        assert upload.status_code == 201, upload.text
        request = {
            "dataset_id": upload.json()["dataset_id"],
            "target": "species",
            "budget": {"max_trials": 4, "max_epochs": 3},
            "verdict": "off",
        }
        created = http.post("/v1/studies", json=request, headers={"traceparent": _PARENT})
        assert created.status_code == 201, created.text
        path = f"/v1/studies/{created.json()['study_id']}"
        wait_until(lambda: http.get(path).json()["ended_at"] is not None)
        document: dict[str, object] = http.get(path).json()
        return document


def samples(service: Service) -> dict[tuple[str, str], float]:
    """Values of the metrics, by name and by the first label's value."""
    status, text = service.get("/metrics")
    assert status == 200
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_study_is_trained_and_its_finalist_tested_with_everything_kept_in_s3(
    deployment: Deployment, study: dict[str, object], s3_server: S3Server
) -> None:
    assert study["state"] == "SUCCEEDED", study
    best = study["best"]
    assert isinstance(best, dict)
    # Its weights went up, and came down again for the test.
    assert best["score_test"] is not None
    kept = {path.name for path in s3_server.data.rglob("*") if path.is_file()}
    assert {"raw.csv", "table.parquet", "profile.json", "header.json"} <= kept
    assert any(name.endswith(".safetensors") for name in kept)


def test_the_queue_is_told_as_rabbitmq_counts_it_when_all_is_done(
    deployment: Deployment, study: dict[str, object]
) -> None:
    idle = {
        "broker": "rabbitmq",
        "pending": 0,
        "ready": 0,
        "unacknowledged": 0,
        "messages_ready": 0,
        "dead_letters": 0,
        "consumers": len(deployment.trainers),
    }
    with httpx.Client(base_url=deployment.gateway.url, timeout=60) as http:

        def queue() -> dict[str, Any]:
            document: dict[str, Any] = http.get("/v1/queue").json()
            return document

        wait_until(lambda: idle.items() <= queue().items())
        # Its trials have ended between two moments of the history.
        wait_until(lambda: any(each["trials_per_minute"] > 0 for each in queue()["history"]))


def test_the_trace_of_the_request_is_in_the_logs_of_all_who_worked_on_it(
    deployment: Deployment, study: dict[str, object]
) -> None:
    for service in (deployment.gateway, deployment.scheduler):
        assert any(line.get("trace_id") == _TRACE for line in service.lines())
    trained = [
        line
        for trainer in deployment.trainers
        for line in trainer.lines()
        if line.get("trace_id") == _TRACE
    ]
    assert any("cohort_id" in line for line in trained)
    request = next(
        line
        for line in deployment.gateway.lines()
        if line["event"] == "request" and line["route"] == "/v1/studies" and line["status"] == 201
    )
    assert (request["method"], request["trace_id"]) == ("POST", _TRACE)
    assert request["duration_seconds"] >= 0


def test_a_problem_names_the_trace_of_its_log_lines(deployment: Deployment) -> None:
    with httpx.Client(base_url=deployment.gateway.url) as http:
        ours = http.get("/v1/studies/nothing", headers={"traceparent": _PARENT}).json()
        made_up = http.get("/v1/studies/nothing").json()
    assert ours["trace_id"] == _TRACE
    assert made_up["trace_id"] != _TRACE
    # A request is logged when its answer is on its way.
    wait_until(
        lambda: any(
            each.get("trace_id") == made_up["trace_id"] for each in deployment.gateway.lines()
        )
    )


def test_two_trainers_of_one_host_have_ports_of_their_own(deployment: Deployment) -> None:
    urls = {service.url for service in deployment.services}
    assert len(urls) == len(deployment.services)
    for service in deployment.services:
        status, body = service.get("/healthz")
        assert (status, json.loads(body)) == (200, {"status": "alive"})
        wait_until(lambda service=service: service.get("/readyz")[0] == 200)  # type: ignore[misc]  # The default binds the loop's value.


def test_every_service_shows_what_it_counts(
    deployment: Deployment, study: dict[str, object]
) -> None:
    gateway, ingest = samples(deployment.gateway), samples(deployment.ingest)
    assert gateway["layerlab_trials_total", "succeeded"] >= 1
    assert gateway["layerlab_trial_duration_seconds_count", ""] >= 1
    assert gateway["layerlab_worker_heartbeat_timestamp_seconds", ""] > time.time() - 60
    assert gateway["layerlab_workers", ""] == 2
    assert ingest["layerlab_ingest_requests_total", "store_dataset"] == 1
    assert ingest["layerlab_ingest_uploaded_bytes_total", ""] == len(_TABLE.read_bytes())
    trainers = [samples(trainer) for trainer in deployment.trainers]
    assert sum(each["layerlab_trainer_trials_total", "succeeded"] for each in trainers
               if ("layerlab_trainer_trials_total", "succeeded") in each) >= 1  # fmt: skip
    wait_until(
        lambda: (
            samples(deployment.scheduler)["layerlab_queue_messages", "ready"] == 0
            and samples(deployment.scheduler)["layerlab_queue_messages", "unacknowledged"] == 0
        )
    )
    for service in deployment.services:
        assert samples(service)["process_resident_memory_bytes", ""] > 0


def test_no_metric_has_an_id_for_a_label(deployment: Deployment, study: dict[str, object]) -> None:
    for service in deployment.services:
        text = service.get("/metrics")[1]
        assert str(study["study_id"]) not in text
        assert str(study["dataset_id"]) not in text


def test_readiness_says_what_is_unavailable_and_who_does_not_care_may_say_so(
    deployment: Deployment,
) -> None:
    deployment.ingest.pause()
    try:
        wait_until(lambda: deployment.gateway.get("/readyz")[0] == 503)
        status, body = deployment.gateway.get("/readyz")
        assert (status, json.loads(body)["unavailable"]) == (503, ["ingest"])
        assert deployment.gateway.get("/readyz?exclude=ingest")[0] == 200
    finally:
        deployment.ingest.go_on()
    wait_until(lambda: deployment.gateway.get("/readyz")[0] == 200)


@pytest.mark.parametrize("name", ["LAYERLAB_TRAINER__HTTP", "LAYERLAB_TRAINER__GRPC"])
def test_a_port_that_was_asked_for_must_be_free(
    deployment: Deployment, name: str, tmp_path: Path
) -> None:
    taken = deployment.trainers[0].url.removeprefix("http://")
    third = Service("third", tmp_path, "services.trainer", {**deployment.settings, name: taken})
    third.start(wait=False)
    try:
        wait_until(lambda: not third.is_running)
    finally:
        third.kill()
    assert f"{taken} can't be listened on" in third.output
    assert "Traceback" not in third.output
