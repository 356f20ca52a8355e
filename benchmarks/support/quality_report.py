"""How good what each system found is, as tables in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from benchmarks.support.quality_results import (
    LAYERLAB,
    NETWORKS,
    REFERENCES,
    TITLES,
    QualityResults,
    complete_tables,
    mean_ranks,
)
from benchmarks.support.quality_tables import REAL_TABLES, TABLES
from benchmarks.support.report import table

_SYSTEMS: Final = (*NETWORKS, *REFERENCES)
_LETTER_GOAL: Final = 0.965


def score_table(results: QualityResults) -> str:
    """Of the test rows, of every table; then the mean ranks."""
    heads = ("table", "measure", *(TITLES[each] for each in _SYSTEMS))
    rows = [_score_row(results, name) for name in TABLES if _is_measured(results, name)]
    networks = mean_ranks(results, list(REAL_TABLES), NETWORKS)
    everybody = mean_ranks(results, list(REAL_TABLES), _SYSTEMS)
    for title, found in (("among networks", networks), ("with references", everybody)):
        shown = [f"{found[each]:.2f}" if each in found else "" for each in _SYSTEMS]
        rows.append(("**mean rank**", title, *shown))
    return table(heads, rows)


def _is_measured(results: QualityResults, name: str) -> bool:
    return any(each.table == name for each in results.findings)


def _score_row(results: QualityResults, name: str) -> tuple[str, ...]:
    measure = "accuracy" if TABLES[name].task == "classification" else "R²"
    scores = results.scores(name, _SYSTEMS)
    best = max((score for system, score in scores.items() if system in NETWORKS), default=None)
    cells = []
    for system in _SYSTEMS:
        found = results.find(name, system)
        if system not in scores:
            cells.append("failed" if found and found.error else "")
        else:
            shown = f"{scores[system]:.4f}"
            is_best = system in NETWORKS and scores[system] == best
            cells.append(f"**{shown}**" if is_best else shown)
    return TABLES[name].title, measure, *cells


def effort_table(results: QualityResults) -> str:
    """What each search did in its time."""
    heads = ("table", *(f"{TITLES[each]}: trials, epochs" for each in NETWORKS[:3]))
    rows = [
        (TABLES[name].title, *(_effort(results, name, system) for system in NETWORKS[:3]))
        for name in TABLES
        if _is_measured(results, name)
    ]
    return table(heads, rows)


def _effort(results: QualityResults, name: str, system: str) -> str:
    found = results.find(name, system)
    if found is None or found.error:
        return ""
    return f"{found.trials:,}, {found.epochs:,} in {found.seconds:.1f} s"


def quality_goals(results: QualityResults) -> str:
    """The figures that were set, and what was measured."""
    return table(("figure", "measured", "goal", ""), [*_rank_goals(results), *_letter(results)])


def _rank_goals(results: QualityResults) -> Sequence[tuple[str, ...]]:
    found = mean_ranks(results, list(REAL_TABLES), NETWORKS)
    if not found:
        return []
    count = len(complete_tables(results, list(REAL_TABLES), NETWORKS))
    others = {name: rank for name, rank in found.items() if name != LAYERLAB}
    next_best = min(others, key=lambda name: others[name])
    text = f"mean rank of {len(NETWORKS)} over {count} tables"
    goal = f"< {others[next_best]:.2f} ({TITLES[next_best]})"
    is_met = found[LAYERLAB] < others[next_best] and count == len(REAL_TABLES)
    return [(text, f"{found[LAYERLAB]:.2f}", goal, "ok" if is_met else "MISSED")]


def _letter(results: QualityResults) -> Sequence[tuple[str, ...]]:
    found = results.find("letter", LAYERLAB)
    if found is None or found.score_test is None:
        return []
    verdict = "ok" if found.score_test >= _LETTER_GOAL else "MISSED"
    text = f"letter: test accuracy after {found.budget_seconds:.0f} s"
    return [(text, f"{found.score_test:.4f}", f"≥ {_LETTER_GOAL}", verdict)]
