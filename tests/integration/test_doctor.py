"""`layerlab doctor` on deployments that are well, and on those that aren't."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from pymongo import MongoClient

from tests.servers import Mongod, RabbitMQ, S3Server, ServerProcess, free_port
from tests.servers.deployment import Deployment
from tests.servers.process import clean_environment
from tests.waiting import wait_until


class Answer:
    """What the doctor said, by check."""

    def __init__(self, server: str, settings: Mapping[str, str], folder: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "layerlab.cli.main", "doctor", "--server", server, "-o", "json"],
            env={**clean_environment(), **settings},
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        self.code, self.text = done.returncode, done.stdout + done.stderr
        self.checks = {each["check"]: each for each in json.loads(done.stdout or "[]")}
        assert "Traceback" not in self.text

    def result(self, check: str) -> str:
        return str(self.checks[check]["result"])

    def says(self, check: str) -> str:
        return f"{self.checks[check]['detail']} {self.checks[check]['hint']}"


def test_a_deployment_that_is_well_is_found_so(
    deployment: Deployment, s3_server: S3Server, tmp_path: Path
) -> None:
    before = {path for path in s3_server.data.rglob("*") if path.is_file()}
    wait_until(lambda: '"worker_id"' in deployment.gateway.get("/v1/workers")[1])
    answer = Answer(deployment.gateway.url, deployment.settings, tmp_path)
    assert answer.code == 0, answer.text
    parts = ("gateway", "readiness", "workers", "broker", "store", "datasets", "ingest")
    assert {name: answer.result(name) for name in parts} == dict.fromkeys(parts, "ok")
    assert answer.result("store's clock") == answer.result("gateway's clock") == "ok"
    assert "guest" not in answer.text
    # Nothing is left behind in what users pay for.
    assert {path for path in s3_server.data.rglob("*") if path.is_file()} == before


def test_what_is_away_is_named_with_what_to_do_and_without_passwords(
    deployment: Deployment, tmp_path: Path
) -> None:
    nobody = free_port()
    answer = Answer(
        deployment.gateway.url,
        {
            "LAYERLAB_BROKER__URL": f"amqp://me:secret@127.0.0.1:{nobody}/",
            "LAYERLAB_STORE__URL": f"mongodb://me:secret@127.0.0.1:{nobody}/x?replicaSet=rs0",
            "LAYERLAB_DATASETS__URL": "s3://layerlab/x",
            "LAYERLAB_INGEST__GRPC": f"127.0.0.1:{nobody}",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{nobody}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "me",
            "AWS_SECRET_ACCESS_KEY": "secret",
        },
        tmp_path,
    )
    assert answer.code == 1
    for name in ("broker", "store", "datasets", "ingest"):
        assert answer.result(name) == "fail", answer.text
        assert answer.checks[name]["hint"], name
    assert "secret" not in answer.text
    assert answer.result("gateway") == "ok"


def test_a_gateway_that_nobody_reaches_has_an_exit_code_of_its_own(tmp_path: Path) -> None:
    answer = Answer(f"http://127.0.0.1:{free_port()}", {}, tmp_path)
    assert answer.code == 4
    assert answer.result("gateway") == "fail"


def test_something_else_at_the_gateways_address_is_no_gateway(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.close()
        answer = Answer("http://[broken", {}, tmp_path)
    assert answer.code == 4


def test_what_is_not_named_is_said_to_be_unchecked_and_why(
    deployment: Deployment, rabbitmq: RabbitMQ, tmp_path: Path
) -> None:
    answer = Answer(deployment.gateway.url, {"LAYERLAB_BROKER__URL": rabbitmq.url}, tmp_path)
    assert answer.code == 0, answer.text
    assert answer.result("broker") == "ok"
    for name in ("store", "datasets", "ingest"):
        assert answer.result(name) == "warn"
        assert "not checked" in answer.says(name)


class StandaloneMongod(ServerProcess):
    """As somebody starts it who has not read the manual."""

    def __init__(self, folder: Path, like: Mongod) -> None:
        self.port = free_port()
        (folder / "data").mkdir(parents=True)
        options = ["--bind_ip=127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB=0.25"]
        where = [f"--dbpath={folder / 'data'}", f"--port={self.port}"]
        super().__init__(folder, [like._command[0], *where, *options])

    def is_ready(self) -> bool:
        with MongoClient[dict[str, object]](
            "127.0.0.1", self.port, serverSelectionTimeoutMS=500
        ) as client:
            try:
                return bool(client.admin.command("ping"))
            except Exception:
                return False


def test_a_mongod_without_a_replica_set_is_found_out(
    deployment: Deployment, mongod: Mongod, tmp_path: Path
) -> None:
    with StandaloneMongod(tmp_path / "alone", mongod) as alone:
        url = f"mongodb://127.0.0.1:{alone.port}/layerlab"
        answer = Answer(deployment.gateway.url, {"LAYERLAB_STORE__URL": url}, tmp_path)
    assert answer.code == 1
    assert "no replica set" in answer.says("store")
    assert "rs.initiate()" in answer.says("store")


def test_a_gateway_that_lacks_something_is_asked_what(
    deployment: Deployment, tmp_path: Path
) -> None:
    deployment.ingest.pause()
    try:
        answer = Answer(deployment.gateway.url, {}, tmp_path)
    finally:
        deployment.ingest.go_on()
        wait_until(lambda: deployment.gateway.get("/readyz")[0] == 200)
    assert answer.code == 1
    assert "ingest" in answer.says("readiness")
