"""`python -m tests.faults.drill`: faults on a running system, and whether the promise was kept.

Exit code 0: nothing was lost, doubled or unexpected, and no client saw a gap.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults.checker import check
from tests.faults.cluster import Cluster
from tests.faults.figures import measure
from tests.faults.layout import Topology
from tests.faults.plan import Step, plan
from tests.faults.play import Play
from tests.faults.report import Report
from tests.faults.workload import Workload

_LIVE_STUDIES: Final = 2
# Cohorts of a few seconds: long enough to be hit, short enough that work flows.
_LANES: Final = 4
_ROWS, _EPOCHS = 3000, 30
_CLUSTER: Final = "cluster"


@dataclass(frozen=True, slots=True)
class Drill:
    """`trials`: of the one study that is to end; None: studies of `study_trials` follow each
    other until every fault is over.
    """

    seed: int
    kills: int
    topology: Topology
    trials: int | None = None
    pace: float = 1.0
    study_trials: int = 96

    def steps(self) -> list[Step]:
        return plan(self.seed, self.kills, self.topology, self.pace)


def run_drill(drill: Drill, folder: Path, tell: Callable[[str], None]) -> Report:
    """:raises AssertionError: when the system makes no progress any more."""
    began = time.monotonic()
    settings = {"LAYERLAB_SCHEDULER__MAX_LANES": str(_LANES)}
    with (
        Cluster(folder, drill.topology, settings) as cluster,
        Play(cluster, drill.seed, _ROWS, _EPOCHS) as play,
    ):
        over = threading.Event()
        users = _Users(play.workload, drill, over)
        users.start()
        try:
            play.nemesis.run(drill.steps(), tell, users.failed)
        finally:
            over.set()
        tell("all faults are over; the rest is left to end")
        users.join()
        history = play.end()
    minutes = (time.monotonic() - began) / 60
    return Report(drill.seed, minutes, history, check(history), tuple(measure(history)))


class _Users:
    """Start studies and wait for them, side by side."""

    def __init__(self, workload: Workload, drill: Drill, over: threading.Event) -> None:
        self._workload, self._over = workload, over
        self._ends_alone = drill.trials is not None
        self._trials = drill.trials or drill.study_trials
        self.failed = threading.Event()
        self._failures: list[BaseException] = []
        many = 1 if self._ends_alone else _LIVE_STUDIES
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(many)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """:raises AssertionError: what a user had to complain of."""
        for thread in self._threads:
            thread.join()
        for failure in self._failures:
            raise failure

    def _work(self) -> None:
        try:
            while True:
                study_id = self._workload.start_study(self._trials)
                self._workload.wait_for(study_id)
                if self._over.is_set() or self._ends_alone:
                    return
        except BaseException as failure:
            self._failures.append(failure)
            self.failed.set()


def main() -> int:
    # So that nothing that was started outlives it.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    chosen = _arguments()
    say = _Teller().tell
    topology = Topology(chosen.trainers, chosen.gateways, chosen.schedulers)
    drill = Drill(chosen.seed, chosen.kills, topology, chosen.trials, chosen.pace)
    say(f"seed {drill.seed}: {len(drill.steps())} faults, {drill.kills} of them kills")
    with tempfile.TemporaryDirectory(prefix="layerlab-drill-") as own:
        folder = (chosen.folder or Path(own)).absolute()
        # Of an earlier drill: a database that is not empty would be taken for this one's.
        shutil.rmtree(folder / _CLUSTER, ignore_errors=True)
        report = run_drill(drill, folder / _CLUSTER, say)
        report.write(folder)
    if chosen.document is not None:
        report.write_into(chosen.document)
    sys.stdout.write("\n" + report.markdown())
    return 0 if report.verdict.is_clean else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.drill", description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="default: any")
    parser.add_argument("--trials", type=int, help="of one study; default: study after study")
    parser.add_argument("--trainers", type=int, default=3)
    parser.add_argument("--gateways", type=int, default=2)
    parser.add_argument("--schedulers", type=int, default=2)
    parser.add_argument("--pace", type=float, default=1.0, help="2: pauses twice as long")
    parser.add_argument(
        "--folder", type=Path, help="for report.md, report.json and every log; default: none"
    )
    parser.add_argument("--document", type=Path, help="a page with a place for the figures")
    return parser.parse_args()


class _Teller:
    def __init__(self) -> None:
        self._began = time.monotonic()

    def tell(self, what: str) -> None:
        sys.stderr.write(f"{time.monotonic() - self._began:7.1f} s  {what}\n")


if __name__ == "__main__":
    sys.exit(main())
