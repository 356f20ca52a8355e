"""Trials per hour, LayerLab beside what people would use instead: the same rows, the same designs.

    python -m benchmarks.trials [--workloads letter small wide] [--rivals keras sklearn …]
        [--seconds 10] [--search-seconds 60] [--search letter] [--render]

Each system has the whole machine, one after another, in processes of its own, and starts its clock
when it is imported and warm. LayerLab's runs from the first byte of the CSV until REST says that
the study has succeeded; a rival's over its trials alone, on rows that are ready in memory. A rival
trains for --seconds; from the trials that have ended its rate is extrapolated to an hour.

With --search, who finds the better model sooner: LayerLab's random search with halving, Optuna's
TPE with Hyperband on Keras, KerasTuner's Hyperband. The rivals live in
~/.cache/layerlab-benchmarks/rivals, which the first run makes. The result is JSON; --render writes
it into docs/performance.md, tables and chart, without measuring.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.support.comparison import (
    measure_ours,
    measure_rival,
    run_for,
    search_ours,
    search_rival,
)
from benchmarks.support.embedded import open_embedded
from benchmarks.support.machine import describe, machine
from benchmarks.support.peak import measure_peak
from benchmarks.support.render import render
from benchmarks.support.report import goals, rate_table, search_table, step_table
from benchmarks.support.results import Rate, Results
from benchmarks.support.rivals import RIVALS, RivalFailed, rivals_python
from benchmarks.support.step import measure_steps
from benchmarks.support.workloads import WORKLOADS
from layerlab.client import LayerLabError

RESULTS: Final = Path(__file__).parent / "results" / "trials.json"
_KINDS: Final = ("equal", "mixed")
_SEARCHERS: Final = ("keras", "keras-tuner")


def main() -> int:
    arguments = _parse()
    if not arguments.render:
        # So that what was started is ended whoever ends the benchmark.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        measure(arguments)
        print(f"Written to {arguments.output}.")
    try:
        render(Results.load(arguments.output), arguments.output, into_page=arguments.render)
    except RivalFailed as error:
        print(f"No chart: {error}")
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS))
    parser.add_argument("--kinds", nargs="+", choices=_KINDS, default=list(_KINDS))
    parser.add_argument("--rivals", nargs="*", choices=RIVALS, default=list(RIVALS))
    parser.add_argument("--seconds", type=float, default=10.0, help="Of each measurement.")
    parser.add_argument("--search", nargs="*", choices=WORKLOADS, default=["letter"])
    parser.add_argument("--search-seconds", type=float, default=60.0)
    parser.add_argument("--without-scaling", action="store_true")
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--render", action="store_true", help="Only write the page anew.")
    return parser.parse_args()


def measure(arguments: argparse.Namespace) -> Results:
    print(describe())
    if arguments.rivals:
        _install()
    date = datetime.now(UTC).date().isoformat()
    results = Results(machine(), date, measure_peak())
    print(
        f"At best {results.peak['gflops']:.0f} GFLOP/s in products of float32 matrices, "
        f"{results.peak['gigabytes']:.1f} GB/s of memory.\n",
        flush=True,
    )
    results.engine, results.steps = measure_steps()
    print(f"{results.engine}, the step alone:\n\n{step_table(results)}", flush=True)
    for name in arguments.workloads:
        with _going_on(name, results, arguments.output):
            _measure_workload(name, arguments, results)
            print(rate_table(results, name), flush=True)
    if not arguments.without_scaling and arguments.workloads:
        with _going_on("scaling", results, arguments.output):
            results.scaling = measure_scaling(arguments.seconds)
    for name in arguments.search:
        with _going_on(f"search of {name}", results, arguments.output):
            _search(name, arguments, results)
            print(search_table(results, name), flush=True)
    print(goals(results), flush=True)
    return results


@contextmanager
def _going_on(part: str, results: Results, output: Path) -> Iterator[None]:
    """Saves what there is after each part; one that LayerLab fails is said, and left out."""
    try:
        yield
    except (AssertionError, LayerLabError) as error:
        print(f"{part}: LayerLab failed: {error}", flush=True)
    results.save(output)


def _install() -> None:
    """Before anything is measured. What can't be installed is reported with each rival."""
    with suppress(RivalFailed):
        rivals_python()


def _measure_workload(name: str, arguments: argparse.Namespace, results: Results) -> None:
    workload = WORKLOADS[name]
    ours = measure_ours(workload, arguments.kinds, arguments.seconds, results.peak["gflops"])
    _note(results, ours.rates)
    for rival in arguments.rivals:
        _note(results, measure_rival(RIVALS[rival], workload, ours, arguments.seconds))


def _note(results: Results, rates: Iterable[Rate]) -> None:
    for rate in rates:
        said = rate.error[-300:] or f"{rate.per_hour:,.0f} trials/h"
        print(f"  {rate.workload}, {rate.kind}: {rate.system}: {said}", flush=True)
        results.rates.append(rate)


def measure_scaling(seconds: float) -> dict[str, float]:
    """Trials per hour of the equal letter designs: one trainer with all cores, and two that share
    them."""
    workload, rates = WORKLOADS["letter"], {}
    for trainers in (1, 2):
        with tempfile.TemporaryDirectory() as folder, open_embedded(Path(folder), trainers) as up:
            run = run_for(up, workload, workload.spaces()["equal"], seconds)
        rates[str(trainers)] = len(run.trials) / run.seconds * 3600
    return rates


def _search(name: str, arguments: argparse.Namespace, results: Results) -> None:
    ours, table = search_ours(WORKLOADS[name], arguments.search_seconds)
    results.searches.append(ours)
    for each in _SEARCHERS:
        if each in arguments.rivals:
            rival = RIVALS[each]
            found = search_rival(rival, WORKLOADS[name], table, arguments.search_seconds)
            results.searches.append(found)


if __name__ == "__main__":
    sys.exit(main())
