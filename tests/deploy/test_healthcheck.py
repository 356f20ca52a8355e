"""The images' own health check, against a real server."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.deploy.files import DEPLOY
from tests.servers import free_port


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(503 if self.path == "/readyz" else 200)
        self.end_headers()
        self.wfile.write(b'{"unavailable": ["store"]}')

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def check(url: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", str(DEPLOY / "healthcheck.py"), url]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_good_answer_is_healthy(url: str) -> None:
    assert check(f"{url}/healthz").returncode == 0


def test_the_proxy_of_the_host_is_not_asked(url: str) -> None:
    assert check(f"{url}/healthz", http_proxy="http://127.0.0.1:1").returncode == 0


def test_what_is_unavailable_is_said_where_an_operator_looks(url: str) -> None:
    answer = check(f"{url}/readyz")
    assert answer.returncode == 1
    assert '"store"' in answer.stderr


def test_nobody_there_is_unhealthy() -> None:
    answer = check(f"http://127.0.0.1:{free_port()}/healthz")
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
