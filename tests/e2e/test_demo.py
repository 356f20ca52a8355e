"""`layerlab demo`, the first thing that anybody runs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.e2e.server import LAYERLAB
from tests.servers.sessions import wait_until_gone


def test_the_demo_trains_64_designs_finds_a_good_one_and_leaves_nothing_running() -> None:
    answer = subprocess.run(
        [LAYERLAB, "demo"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert answer.returncode == 0, answer.stderr
    assert "SUCCEEDED 64/64" in answer.stderr
    rows = re.findall(r"^\d+ .*\b(?:SUCCEEDED|PRUNED)\b", answer.stdout, flags=re.MULTILINE)
    assert len(rows) == 64
    best = re.search(r"^Best of the search: trial (\d+):", answer.stdout, flags=re.MULTILINE)
    assert best is not None
    assert rows[0].split()[:2] == ["1", best[1]]
    score = re.search(r"validation rows, .*: +([\d.]+)", answer.stdout)
    assert score is not None
    assert float(score[1]) >= 0.97
    assert re.search(r"on the test rows, touched once$", answer.stdout, flags=re.MULTILINE)


def test_the_page_is_kept_until_ctrl_c() -> None:
    with demo("--keep", "--trials", "1") as process:
        url = said(process, r"stays up at (\S+) until Ctrl-C")
        assert httpx.get(f"{url}/v1/studies").json()["studies"][0]["state"] == "SUCCEEDED"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert wait_until_gone(process.pid) == []


def test_kill_9_of_the_demo_takes_its_server_with_it() -> None:
    with demo("--trials", "5000") as process:
        said(process, r"watch at (\S+)")
        process.kill()
        process.wait(30)
        assert wait_until_gone(process.pid) == []


@contextmanager
def demo(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [LAYERLAB, "demo", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def said(process: subprocess.Popen[str], pattern: str) -> str:
    """What the first group matches, in the first line on stderr that has it."""
    assert process.stderr is not None
    for line in process.stderr:
        if match := re.search(pattern, line):
            return match[1]
    raise AssertionError(f"The demo ended without saying {pattern}")
