"""What was measured, as tables in Markdown: legible on a terminal, too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from benchmarks.support.results import LAYERLAB, Rate, Results, Search, ratios
from benchmarks.support.workloads import WORKLOADS

SEARCH_MARKS: Final = (15.0, 30.0, 60.0)
_KINDS: Final = {"equal": "equal designs", "mixed": "mixed random space"}


def rate_table(results: Results, workload: str) -> str:
    """Trials per hour and what goes with them, of each kind of designs."""
    ours = ratios(results.rates)
    rows = [
        _rate_row(rate, ours.get((rate.workload, rate.kind, rate.system)))
        for kind in _KINDS
        for rate in results.rates
        if (rate.workload, rate.kind) == (workload, kind)
    ]
    heads = ("designs", "system", "trials/h", "LayerLab is", "trials in", "best", "memory")
    return f"**{WORKLOADS[workload].title}**\n\n{table(heads, rows)}"


def _rate_row(rate: Rate, ratio: float | None) -> tuple[str, ...]:
    kind = _KINDS[rate.kind]
    if rate.error:
        return kind, rate.system, "failed", "", rate.error.strip().splitlines()[-1][-80:], "", ""
    faster = "" if rate.system == LAYERLAB or ratio is None else f"{ratio:,.1f}×"
    return (
        kind,
        rate.system,
        f"{rate.per_hour:,.0f}",
        faster,
        f"{rate.trials:,} in {rate.seconds:.1f} s",
        "" if rate.best is None else f"{rate.best:.4f}",
        f"{rate.memory_bytes / 1e6:,.0f} MB",
    )


def search_table(results: Results, workload: str) -> str:
    """The best accuracy known after so many seconds."""
    found = [each for each in results.searches if each.workload == workload]
    marks = [mark for mark in SEARCH_MARKS if any(mark <= each.seconds for each in found)]
    rows = [_search_row(each, marks) for each in found]
    heads = ("system", *(f"after {mark:.0f} s" for mark in marks), "epochs trained")
    return f"**{WORKLOADS[workload].title}**\n\n{table(heads, rows)}"


def _search_row(search: Search, marks: Sequence[float]) -> tuple[str, ...]:
    if not search.curve:
        return search.system, "failed", *("" for _ in marks)
    known = [search.best_after(mark) for mark in marks]
    shown = ("–" if each is None else f"{each:.4f}" for each in known)
    return search.system, *shown, f"{search.epochs:,}"


def step_table(results: Results) -> str:
    """The roofline: what memory alone would allow, and what the step reaches."""
    peak, bandwidth = results.peak["gflops"], results.peak["gigabytes"]
    rows = [
        (
            "-".join(map(str, step.hidden)),
            str(step.batch_size),
            f"{step.intensity:.1f}",
            f"{min(peak, step.intensity * bandwidth):,.0f}",
            f"{step.gflops:,.0f}",
            f"{step.gflops / peak:.0%}",
        )
        for step in results.steps
    ]
    heads = ("hidden", "batch", "flops/byte", "roof, GFLOP/s", "reached", "of the peak")
    return table(heads, rows)


def goals(results: Results) -> str:
    """The figures that were set, and what was measured."""
    ours = ratios(results.rates)
    rows = []
    for text, key, least in (
        ("letter, equal: times Optuna + Keras", ("letter", "equal", "Optuna + Keras"), 50.0),
        ("letter, equal: times scikit-learn", ("letter", "equal", "Optuna + scikit-learn"), 8.0),
        ("letter, equal: times Ray Tune", ("letter", "equal", "Ray Tune + torch loop"), 100.0),
        ("letter, mixed: times Optuna + Keras", ("letter", "mixed", "Optuna + Keras"), 25.0),
    ):
        if key in ours:
            rows.append(_goal(text, ours[key], least, "×"))
    for step in results.steps:
        if (step.hidden, step.batch_size) == ([64, 64], 128):
            share = step.gflops / results.peak["gflops"] * 100
            rows.append(_goal("fused step 64-64, of the peak", share, 60.0, " %"))
    for rate in results.rates:
        if rate.peak_share is not None and (rate.workload, rate.kind) == ("letter", "equal"):
            text = "whole system, letter, equal: of the peak"
            rows.append((text, f"{rate.peak_share:.0%}", "", ""))
    if len(results.scaling) == 2:
        part = results.scaling["2"] / results.scaling["1"]
        rows.append(_goal("two trainers of a thread, of one with two", part, 0.95, "×"))
    trainers = [rate.trainer_bytes for rate in results.rates if rate.trainer_bytes]
    if trainers:
        size = max(trainers) / 1e6
        verdict = "ok" if size <= 1000 else "MISSED"
        rows.append(("largest process, memory", f"{size:,.0f} MB", "≤ 1,000 MB", verdict))
    return table(("figure", "measured", "goal", ""), rows)


def _goal(text: str, value: float, least: float, unit: str) -> tuple[str, ...]:
    verdict = "ok" if value >= least else "MISSED"
    return text, f"{value:,.2f}{unit}", f"≥ {least:g}{unit}", verdict


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Markdown, its columns aligned; the first two to the left."""
    lines = [tuple(heads), *map(tuple, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]

    def show(line: Sequence[str]) -> str:
        cells = (f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True))
        return f"| {' | '.join(cells)} |"

    rule = f"| {' | '.join('-' * width for width in widths)} |"
    return "\n".join([show(lines[0]), rule, *map(show, lines[1:])]) + "\n"
