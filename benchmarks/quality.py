"""Who finds the better network in the same time: ten real tables and the letter data.

    python -m benchmarks.quality [--tables wine letter …] [--seconds 60]
        [--only layerlab rivals references keras …] [--resume] [--render]

Each system has the whole machine, one after another, and the very same rows: LayerLab's split,
which its REST tells. Validation rows pick one model, of which the test rows are touched once.
LayerLab's is what the verdict of a default study names; Optuna (TPE, Hyperband) and KerasTuner
(Hyperband) search a practised user's space with Keras; MLPClassifier and MLPRegressor are
scikit-learn's defaults; boosted trees and linear models are there for reference.

The result is JSON, written after every measurement; what isn't measured is kept as it was. With
--resume what is there already, with the same number of seconds, isn't measured again. --render
writes the tables into docs/quality.md without measuring.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx

from benchmarks.support.machine import describe, machine
from benchmarks.support.quality_layerlab import find_best, find_split, open_layerlab
from benchmarks.support.quality_matrices import prepare, split_hash
from benchmarks.support.quality_report import effort_table, quality_goals, score_table
from benchmarks.support.quality_results import (
    LAYERLAB,
    NETWORKS,
    REFERENCES,
    TITLES,
    Finding,
    QualityResults,
)
from benchmarks.support.quality_rivals import QUALITY_RIVALS, ask_rival
from benchmarks.support.quality_tables import CLASSIFICATION, TABLES, QualityTable
from benchmarks.support.render import fill
from benchmarks.support.rivals import RivalFailed, rivals_python
from layerlab.client import Client, LayerLabError

RESULTS: Final = Path(__file__).parent / "results" / "quality.json"
PAGE: Final = Path(__file__).parents[1] / "docs" / "quality.md"
_GROUPS: Final = {
    LAYERLAB: (LAYERLAB,),
    "rivals": NETWORKS[1:],
    "references": REFERENCES,
    **{name: (name,) for name in QUALITY_RIVALS},
}


def main() -> int:
    arguments = _parse()
    if not arguments.render:
        # So that what was started is ended whoever ends the benchmark.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        measure(arguments)
        print(f"Written to {arguments.output}.")
    results = QualityResults.load(arguments.output)
    texts = blocks(results)
    print("\n" + "\n".join(texts.values()))
    if arguments.render:
        PAGE.write_text(fill(PAGE.read_text(), texts))
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument("--seconds", type=float, default=60.0, help="Of each search.")
    parser.add_argument("--only", nargs="+", choices=_GROUPS, default=list(_GROUPS))
    parser.add_argument("--resume", action="store_true", help="Leave out what is there.")
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--render", action="store_true", help="Only write the page anew.")
    return parser.parse_args()


def blocks(results: QualityResults) -> dict[str, str]:
    """What the page shows between its marks, by name."""
    versions = {name: each for found in results.findings for name, each in found.versions.items()}
    words = {**results.machine["versions"], **versions}
    told = ", ".join(f"{name} {value}" for name, value in sorted(words.items()))
    seconds = sorted({f"{each.budget_seconds:g}" for each in results.findings})
    return {
        "machine": (
            f"Measured on {results.date}: {results.machine['processor']}, "
            f"{results.machine['cores']} cores; {told}. A search had {' or '.join(seconds)} s.\n"
        ),
        "goals": quality_goals(results),
        "scores": score_table(results),
        "effort": effort_table(results),
    }


def measure(arguments: argparse.Namespace) -> None:
    print(describe(), flush=True)
    results = _begin(arguments.output)
    systems = list(dict.fromkeys(each for group in arguments.only for each in _GROUPS[group]))
    if systems != [LAYERLAB]:
        rivals_python()  # Installs them, before anything is measured.
    with open_layerlab() as client:
        for name in arguments.tables:
            missing = [each for each in systems if _is_wanted(results, name, each, arguments)]
            for finding in _measure_table(client, TABLES[name], missing, arguments.seconds):
                results.put(finding)
                results.save(arguments.output)
                _say(finding)


def _begin(path: Path) -> QualityResults:
    """What was measured before, on this machine today."""
    date = datetime.now(UTC).date().isoformat()
    results = QualityResults.load(path) if path.exists() else QualityResults({}, date)
    results.machine, results.date = machine(), date
    return results


def _is_wanted(
    results: QualityResults, table: str, system: str, arguments: argparse.Namespace
) -> bool:
    found = results.find(table, system)
    done = found is not None and not found.error and found.budget_seconds == arguments.seconds
    return not (arguments.resume and done)


def _measure_table(
    client: Client, table: QualityTable, systems: Iterable[str], seconds: float
) -> Iterable[Finding]:
    rivals = [each for each in systems if each != LAYERLAB]
    if LAYERLAB in systems:
        yield _or_error(table, LAYERLAB, seconds, lambda: find_best(client, table, seconds))
    if rivals:
        split = find_split(client, table)
        is_classification = table.task == CLASSIFICATION
        matrices = prepare(table.read(), table.target, is_classification, split)
        for name in rivals:
            rival = QUALITY_RIVALS[name]
            yield ask_rival(rival, table.name, matrices, seconds, split_hash(split))


def _or_error(
    table: QualityTable, system: str, seconds: float, find: Callable[[], Finding]
) -> Finding:
    try:
        return find()
    except (AssertionError, LayerLabError, httpx.HTTPError) as error:
        return Finding(table.name, system, seconds, error=repr(error))


def _say(finding: Finding) -> None:
    if finding.error:
        said = f"failed: {finding.error[-300:]}"
    else:
        said = (
            f"validation {finding.score_val:.4f}, test {finding.score_test:.4f}; "
            f"{finding.trials:,} trials in {finding.seconds:.1f} s"
        )
    print(f"  {finding.table}: {TITLES[finding.system]}: {said}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RivalFailed as error:
        sys.exit(str(error))
