"""How soon `layerlab up` is ready, what it costs idle, and how soon a study shows a metric.

    python -m benchmarks.startup

Prints each figure beside its limit, and ends in 1 when one is missed.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from websockets.sync.client import connect

from layerlab.client import Client
from tests.e2e.server import Server

READY_SECONDS: Final = 3.0
IDLE_BYTES: Final = 400e6
FIRST_METRIC_SECONDS: Final = 2.0
_REPEATS: Final = 5
_IDLE_AFTER_SECONDS: Final = 8.0


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        ready, server = _time_start(Path(folder))
        try:
            time.sleep(_IDLE_AFTER_SECONDS)  # The training child warms up meanwhile.
            idle, processes = _memory(server)
            first = _time_first_metrics(server)
        finally:
            server.stop()
    figures = [
        ("ready (median of 5 starts), s", ready, READY_SECONDS),
        (f"idle, {processes} processes, MB", idle / 1e6, IDLE_BYTES / 1e6),
        ("first metric, warm (median of 5), s", statistics.median(first), FIRST_METRIC_SECONDS),
        ("first metric, warm (worst of 5), s", max(first), FIRST_METRIC_SECONDS),
    ]
    for name, value, limit in figures:
        verdict = "ok" if value <= limit else "MISSED"
        print(f"{name:<40} {value:8.2f}   limit {limit:6.0f}   {verdict}")
    return int(any(value > limit for _, value, limit in figures))


def _time_start(folder: Path) -> tuple[float, Server]:
    """Seconds from starting the process until /readyz says so; the last server stays up."""
    times: list[float] = []
    for number in range(_REPEATS):
        started = time.monotonic()
        server = Server(folder / f"data{number}")
        with server.client() as client:
            client.is_ready()
        times.append(time.monotonic() - started)
        if number < _REPEATS - 1:
            server.stop()
    return statistics.median(times), server


def _memory(server: Server) -> tuple[float, int]:
    """Bytes of all of its processes, shared pages counted once, and how many they are."""
    family = server.family()
    total = 0
    for pid in family:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        line = next(each for each in rollup.splitlines() if each.startswith("Pss:"))
        total += int(line.split()[1]) * 1024
    return total, len(family)


def _time_first_metrics(server: Server) -> list[float]:
    """Seconds from asking for a study until its first epoch is on a websocket, warmed up once."""
    with server.client() as client:
        dataset_id = client.datasets.upload(client.sample("penguins")).dataset_id
        return [_first_metric(server, client, dataset_id, each) for each in range(_REPEATS + 1)][1:]


def _first_metric(server: Server, client: Client, dataset_id: str, seed: int) -> float:
    started = time.monotonic()
    study = client.studies.create(
        dataset_id, "species", max_trials=64, max_epochs=20, seed=seed, verdict="off"
    )
    url = f"ws{server.url.removeprefix('http')}/v1/studies/{study.study_id}/events?after=0"
    with connect(url, proxy=None, compression=None) as socket:
        for frame in socket:
            if json.loads(frame)["type"] == "trial.epochs_reported":
                seconds = time.monotonic() - started
                break
    study.wait(timeout=120)
    return seconds


if __name__ == "__main__":
    sys.exit(main())
