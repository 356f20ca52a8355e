"""How good prices are: studies are estimated, run, and their time compared with the range.

    python -m benchmarks.estimates [--studies 20] [--first 1] [--render]

Various tables, budgets of 16 to 256 trials, presets and options, one after another on one server.
Each study is priced by `POST /v1/studies:estimate` and then created with that estimate. The result
is JSON, written after every study; --render writes it into docs/quality.md without measuring.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks.support.estimate_plan import (
    PlannedStudy,
    Priced,
    estimate_table,
    load,
    plan_studies,
    save,
)
from benchmarks.support.machine import describe
from benchmarks.support.quality_layerlab import create, open_layerlab
from benchmarks.support.quality_tables import TABLES
from benchmarks.support.render import fill
from layerlab.client import Client, Study

RESULTS: Final = Path(__file__).parent / "results" / "estimates.json"
PAGE: Final = Path(__file__).parents[1] / "docs" / "quality.md"
_LOOK_SECONDS: Final = 0.25
_PATIENCE_SECONDS: Final = 1800.0


def main() -> int:
    arguments = _parse()
    if not arguments.render:
        # So that what was started is ended whoever ends the benchmark.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        measure(arguments)
    text = estimate_table(load(arguments.output))
    print(f"\n{text}")
    if arguments.render:
        PAGE.write_text(fill(PAGE.read_text(), {"estimates": text}))
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=20)
    parser.add_argument("--first", type=int, default=1, help="Leave out the studies before.")
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--render", action="store_true", help="Only write the page anew.")
    return parser.parse_args()


def measure(arguments: argparse.Namespace) -> None:
    print(describe(), flush=True)
    priced: list[Priced] = []
    with open_layerlab() as client:
        for planned in plan_studies(arguments.studies)[arguments.first - 1 :]:
            found = price_and_run(client, planned)
            priced.append(found)
            save(priced, arguments.output)
            word = "within" if found.is_within else "OUTSIDE"
            print(
                f"  {found.table}, {found.title}: {found.low_seconds:.1f} to "
                f"{found.high_seconds:.1f} s predicted, took {found.seconds:.1f} s: {word}",
                flush=True,
            )


def price_and_run(client: Client, planned: PlannedStudy) -> Priced:
    """:raises AssertionError: the study isn't priced, or doesn't succeed."""
    table = TABLES[planned.table]
    dataset = client.datasets.upload(table.read(), f"{table.name}.csv")
    request = {"dataset_id": dataset.dataset_id, "target": table.target, "task": table.task}
    request |= planned.request
    clock = time.perf_counter()
    answer = httpx.post(f"{client.url}/v1/studies:estimate", json=request, timeout=60.0)
    asked = time.perf_counter() - clock
    assert answer.status_code == 200, answer.text
    estimate = answer.json()
    study = create(client, {**request, "estimate_id": estimate["estimate_id"]})
    _wait(study)
    return _priced(planned, estimate, study, asked)


def _wait(study: Study) -> None:
    clock = time.perf_counter()
    while not study.refresh().ended:
        assert time.perf_counter() - clock < _PATIENCE_SECONDS, "the study doesn't end"
        time.sleep(_LOOK_SECONDS)
    assert study.state == "SUCCEEDED", study.detail


def _priced(planned: PlannedStudy, estimate: dict[str, Any], study: Study, asked: float) -> Priced:
    began, ended = (
        datetime.fromisoformat(study.document[name]) for name in ("created_at", "ended_at")
    )
    peaks = [each.stats.peak_bytes or 0 for each in study.cohorts() if each.stats]
    return Priced(
        planned.table,
        planned.title,
        estimate["seconds"]["low"],
        estimate["seconds"]["high"],
        (ended - began).total_seconds(),
        int(estimate["bytes"]["low"]),
        int(estimate["bytes"]["high"]),
        max(peaks, default=0),
        asked,
    )


if __name__ == "__main__":
    sys.exit(main())
