"""One workload, trained by LayerLab and by its rivals: the same rows, the same designs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from benchmarks.support.embedded import Embedded, StudyRun, open_embedded, warm_up
from benchmarks.support.results import LAYERLAB, Rate, Search, improvements
from benchmarks.support.rivals import (
    Account,
    Heard,
    Rival,
    RivalFailed,
    rivals_python,
    run_rival,
)
from benchmarks.support.split import SplitTable, split_table
from benchmarks.support.work import spread_by, train_flops
from benchmarks.support.workloads import Workload
from layerlab.client import Trial

# What a rival can need in the time it has, at 20 trials a second.
_MOST_RIVAL_DESIGNS: Final = 600
_FEWEST_TRIALS: Final = 256
_MOST_TRIALS: Final = 50_000


@dataclass(frozen=True, slots=True)
class Ours:
    """What LayerLab did, and what the rivals get of it."""

    rates: list[Rate]
    designs: dict[str, list[dict[str, Any]]]
    table: SplitTable


def measure_ours(
    workload: Workload, kinds: Sequence[str], seconds: float, peak_gflops: float
) -> Ours:
    """Studies of about `seconds` each."""
    text, spaces = workload.read(), workload.spaces()
    rates, designs, table = [], {}, None
    with tempfile.TemporaryDirectory() as folder, open_embedded(Path(folder)) as embedded:
        for kind in kinds:
            run = run_for(embedded, workload, spaces[kind], seconds)
            table = table or split_table(text, workload.target, run.study.split())
            shape = table.x_train.shape[1], len(table.classes)
            check_same_work(run.trials, shape)
            rates.append(_our_rate(embedded, workload, kind, run, table, peak_gflops))
            designs[kind] = rival_designs(run.trials, shape)
    assert table is not None
    return Ours(rates, designs, table)


def run_for(
    embedded: Embedded, workload: Workload, space: Mapping[str, Any], seconds: float
) -> StudyRun:
    """A warm-up, then a study of so many trials that it takes about `seconds`."""
    each = warm_up(embedded, workload, space)
    trials = min(max(int(seconds / each), _FEWEST_TRIALS), _MOST_TRIALS)
    embedded.family.take_peak()
    budget = {"max_trials": trials, "max_epochs": workload.epochs}
    run = embedded.run(workload, workload.read(), space, budget, "off")
    complete = [trial for trial in run.trials if trial.epochs == workload.epochs]
    # A design may diverge, which ends its trial; that is not counted as one.
    assert len(complete) > 0.9 * trials, f"only {len(complete)} of {trials} trials were trained"
    return StudyRun(run.seconds, run.started, run.study, complete)


def check_same_work(trials: Sequence[Trial], shape: tuple[int, int]) -> None:
    """:raises AssertionError: unless LayerLab's networks had these inputs and outputs."""
    for trial in trials:
        widths = (shape[0], *trial.design.hidden, shape[1])
        linear = sum((a + 1) * b for a, b in pairwise(widths))
        norms = 0 if trial.design.norm == "none" else 2 * sum(trial.design.hidden)
        assert trial.n_params == linear + norms, trial.design


def rival_designs(trials: Sequence[Trial], shape: tuple[int, int]) -> list[dict[str, Any]]:
    """Designs that LayerLab trained, in an order of which every beginning is like the whole."""
    spread = spread_by(trials, lambda trial: train_flops(trial.design.hidden, *shape))
    return [dict(trial.document["design"]) for trial in spread[:_MOST_RIVAL_DESIGNS]]


def _our_rate(
    embedded: Embedded,
    workload: Workload,
    kind: str,
    run: StudyRun,
    table: SplitTable,
    peak_gflops: float,
) -> Rate:
    rows, inputs = table.x_train.shape
    flops = sum(train_flops(t.design.hidden, inputs, len(table.classes)) for t in run.trials)
    memory, largest = embedded.family.take_peak()
    return Rate(
        workload.name,
        kind,
        LAYERLAB,
        len(run.trials),
        run.seconds,
        max(t.score_val for t in run.trials if t.score_val is not None),
        memory,
        peak_share=flops * rows * workload.epochs / run.seconds / (peak_gflops * 1e9),
        trainer_bytes=largest,
    )


def measure_rival(rival: Rival, workload: Workload, ours: Ours, seconds: float) -> Iterator[Rate]:
    """Its rate for each kind of designs; an error where it could not be had."""
    spaces = workload.spaces()
    runs = [
        {"name": kind, "space": spaces[kind], "designs": designs}
        for kind, designs in ours.designs.items()
    ]
    with tempfile.TemporaryDirectory() as folder:
        account = _ask(rival, _job("rate", workload.epochs, seconds, ours.table, folder, runs))
    for kind, designs in ours.designs.items():
        yield _rival_rate(workload.name, kind, rival, account, designs)


def _rival_rate(
    workload: str, kind: str, rival: Rival, account: Account, designs: list[dict[str, Any]]
) -> Rate:
    heard = account.runs.get(kind, Heard())
    ends = [line for line in heard.lines if line["event"] == "trial"]
    assert all(line["design"] in designs for line in ends), f"{rival.title} trained other designs"
    if not ends:
        return Rate(
            workload, kind, rival.title, error=account.error or "no trial ended in the time"
        )
    return Rate(
        workload,
        kind,
        rival.title,
        len(ends),
        max(line["at"] for line in ends),
        max(line["score"] for line in ends if line["score"] is not None),
        heard.memory,
        account.versions,
    )


def _job(
    mode: str,
    max_epochs: int,
    seconds: float,
    table: SplitTable,
    folder: str,
    runs: list[dict[str, Any]],
) -> dict[str, Any]:
    path = Path(folder) / "table.npz"
    table.save(path)
    return {
        "mode": mode,
        "table": str(path),
        "n_classes": len(table.classes),
        "max_epochs": max_epochs,
        "seconds": seconds,
        "runs": runs,
    }


def search_ours(workload: Workload, seconds: float) -> tuple[Search, SplitTable]:
    """Random designs of the mixed space with halving, as a study does it that is told nothing."""
    text, space = workload.read(), workload.spaces()["mixed"]
    budget = {"max_epochs": workload.search_epochs, "time_seconds": seconds}
    with tempfile.TemporaryDirectory() as folder, open_embedded(Path(folder)) as embedded:
        warm_up(embedded, workload, space)
        run = embedded.run(workload, text, space, budget, "auto")
        points = list(_reported(run, seconds))
        table = split_table(text, workload.target, run.study.split())
    search = Search(workload.name, LAYERLAB, seconds, improvements(points), len(points))
    return search, table


def _reported(run: StudyRun, seconds: float) -> Iterator[tuple[float, float]]:
    """Of each epoch that the ledger has recorded in time: when, and its accuracy.

    Read from the ledger after the end, so that reading cost the study nothing.
    """
    for event in run.study.events():
        if event.type != "trial.epochs_reported":
            continue
        at = (datetime.fromisoformat(event.time) - run.started).total_seconds()
        if at <= seconds:
            yield from ((at, report["score_val"]) for report in event.data["reports"])


def search_rival(rival: Rival, workload: Workload, table: SplitTable, seconds: float) -> Search:
    """Its own way to search the same space with Hyperband."""
    runs = [{"name": "mixed", "space": workload.spaces()["mixed"]}]
    with tempfile.TemporaryDirectory() as folder:
        job = _job("quality", workload.search_epochs, seconds, table, folder, runs)
        account = _ask(rival, job)
    lines = account.runs.get("mixed", Heard()).lines
    points = [(each["at"], each["score"]) for each in lines if each["event"] == "epoch"]
    curve = improvements(points)
    return Search(workload.name, rival.title, seconds, curve, len(points), account.error)


def _ask(rival: Rival, job: Mapping[str, Any]) -> Account:
    try:
        return run_rival(rivals_python(), rival, job)
    except RivalFailed as error:
        return Account(error=str(error))
