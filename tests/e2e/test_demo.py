"""`layerlab demo`, the first thing that anybody runs."""

from __future__ import annotations

import re
import subprocess

from tests.e2e.server import LAYERLAB


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
    rows = re.findall(r"^\d+ .*\bSUCCEEDED\b", answer.stdout, flags=re.MULTILINE)
    assert len(rows) == 64
    scores = re.findall(r"(validation|test) rows, .*: +([\d.]+)", answer.stdout)
    assert float(dict(scores)["validation"]) >= 0.97
    assert float(dict(scores)["test"]) > 0.9
