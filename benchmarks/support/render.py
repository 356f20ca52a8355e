"""The page and the chart, from what was measured."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

from benchmarks.support.report import goals, rate_table, search_table, step_table
from benchmarks.support.results import Results
from benchmarks.support.rivals import RivalFailed, rivals_python
from benchmarks.support.workloads import WORKLOADS

_REPOSITORY: Final = Path(__file__).parents[2]
PAGE: Final = _REPOSITORY / "docs" / "performance.md"
CHART: Final = _REPOSITORY / "docs" / "performance.png"


def render(results: Results, source: Path, into_page: bool) -> None:
    """Draws the chart; beside `source`, or where the page wants it, with the page's tables.

    :raises RivalFailed: when there is nothing to draw with.
    """
    if into_page:
        PAGE.write_text(fill(PAGE.read_text(), blocks(results)))
    chart = CHART if into_page else source.with_suffix(".png")
    paths = [str(source.absolute()), str(chart.absolute())]
    words = [str(rivals_python()), "-m", "benchmarks.rivals.chart", *paths]
    done = subprocess.run(words, cwd=_REPOSITORY, capture_output=True, text=True)
    if done.returncode:
        raise RivalFailed(f"the chart can't be drawn: {done.stderr[-1000:]}")
    print(f"Drawn: {chart}.")


def blocks(results: Results) -> dict[str, str]:
    """What the page shows between its marks, by name."""
    measured = [name for name in WORKLOADS if any(r.workload == name for r in results.rates)]
    searched = [name for name in WORKLOADS if any(s.workload == name for s in results.searches)]
    return {
        "machine": _machine(results),
        "goals": goals(results),
        "rates": "\n".join(rate_table(results, name) for name in measured),
        "searches": "\n".join(search_table(results, name) for name in searched),
        "steps": step_table(results),
    }


def fill(page: str, texts: dict[str, str]) -> str:
    """`page` with each text between `<!-- NAME -->` and `<!-- /NAME -->`.

    :raises ValueError: when the page has no such marks.
    """
    for name, text in texts.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        if not pattern.search(page):
            raise ValueError(f"the page has no place for {name!r}")
        page = pattern.sub(lambda match, text=text: match[1] + text + match[2], page)  # type: ignore[misc]
    return page


def _machine(results: Results) -> str:
    words = ", ".join(f"{name} {value}" for name, value in results.machine["versions"].items())
    rivals = {name: each for rate in results.rates for name, each in rate.versions.items()}
    others = ", ".join(f"{name} {value}" for name, value in sorted(rivals.items()))
    machine = results.machine
    return (
        f"Measured on {results.date}: {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gigabytes']:.0f} GB, Linux {machine['kernel']}; {words}. "
        f"The others: {others}. Load before: {machine['load']:.1f}.\n\n"
        f"At best this machine does {results.peak['gflops']:.0f} GFLOP/s in products of float32 "
        f"matrices on all cores, and moves {results.peak['gigabytes']:.1f} GB/s.\n"
    )
