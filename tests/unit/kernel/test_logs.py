"""Logs are one JSON line an event, on stderr."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from layerlab.logs import configure_logs

PROGRAM = """
import structlog
from layerlab.logs import configure_logs
configure_logs("trainer", "warning")
log = structlog.get_logger()
log.info("not shown")
log.warning("cohort given back", cohort_id="c1")
try:
    1 / 0
except ZeroDivisionError:
    log.exception("it failed")
"""


def test_a_line_names_its_service_level_and_time() -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert run.stdout == ""
    first, second = (json.loads(line) for line in run.stderr.splitlines())
    assert first.pop("timestamp").endswith("Z")
    assert first == {
        "event": "cohort given back",
        "level": "warning",
        "service": "trainer",
        "cohort_id": "c1",
    }
    assert "ZeroDivisionError" in second["exception"]


def test_an_unknown_level_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="loud"):
        configure_logs("trainer", "loud")
