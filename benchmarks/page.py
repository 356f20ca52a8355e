"""How quick the page is, beside optuna-dashboard with the same trials in the same browser.

    python -m benchmarks.page [--trials 10000] [--rounds 5] [--minutes 2] [--only PART …] [--alone]

Parts, each in a real Chromium on a real gateway with its ledger in SQLite:

- `load`: what the first screen sends (compressed) and how soon it can be used, nothing cached;
- `open`: the trials of a study of TRIALS ended ones, until the first row is drawn: of a server
  that has just been started, and of one that has shown it before;
- `scroll`: the time between frames while that table is scrolled all the time;
- `live`: a study's overview while a trainer reports 100 times a second, an event each: how busy
  the main thread is, and what the page's memory does over MINUTES (30 for the issue's figure).

`--alone`: without optuna-dashboard, which is installed in an environment of its own. It is started
as its users do, `optuna-dashboard sqlite:///…`; its list of trials is opened. It polls and has no
events, so that it isn't in `live`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser

from benchmarks.sockets import claim_cohort
from benchmarks.support.browser import (
    Opening,
    measure_opening,
    measure_scrolling,
    measure_work,
    median_opening,
    open_page,
    visit,
)
from benchmarks.support.dashboard import measure_dashboard
from benchmarks.support.deployment import Deployment, open_deployment
from benchmarks.support.machine import describe
from benchmarks.support.seeded_study import seed_study
from benchmarks.support.unwatched import open_unwatched
from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.domain.exchange import ReportBatch
from layerlab.domain.study import CohortRef, EpochReport
from layerlab.serving import grpc_channel
from tests.chromium import open_chromium

PARTS: Final = ("load", "open", "scroll", "live")
MOST_SENT: Final = 200_000
INTERACTIVE_SECONDS: Final = 1.0
OPENING_SECONDS: Final = 1.0
FRAME_MS: Final = 20.0
BUSY: Final = 0.5
RATE: Final = 100
# Over the whole time; below it, what a collection leaves varies as much.
GROWN_BYTES: Final = 2_000_000

_LANES: Final = 100
_WARM_SECONDS: Final = 20.0
_WORK_SECONDS: Final = 20.0
_SAMPLE_SECONDS: Final = 15.0
_ROW: Final = "tr[data-trial]"
_TABLE: Final = ".board-frame"


class Report:
    """Prints figures as they come; remembers whether one misses its goal."""

    missed = False

    def say(self, text: str, holds: bool = True) -> None:
        self.missed |= not holds
        print(f"  {text}{'' if holds else '  MISSED'}", flush=True)


def main() -> int:
    arguments = _parse()
    print(describe(), flush=True)
    report = Report()
    parts = arguments.only or PARTS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Playwright's event loop lets no other one run in its thread, and seeding needs one.
        study_id = seed(folder / "ours", arguments.trials)
        with open_chromium() as browser:
            if set(parts) - {"live"}:
                ours = measure_ours(folder / "ours", study_id, browser, arguments, report)
                if not arguments.alone:
                    theirs = measure_dashboard(
                        folder / "theirs", browser, arguments.trials, parts, arguments.rounds
                    )
                    compare(ours, theirs)
            if "live" in parts:
                measure_live(folder / "live", browser, arguments.minutes, report)
    return int(report.missed)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--only", nargs="+", choices=PARTS)
    parser.add_argument("--alone", action="store_true")
    return parser.parse_args()


def seed(folder: Path, trials: int) -> str:
    """The id of a study of `trials` in a server's data folder."""
    folder.mkdir()
    with served(folder) as here, here.client() as client:
        dataset = client.datasets.upload(client.sample("penguins"), name="penguins.csv")
    return seed_study(folder, dataset.dataset_id, "species", trials)


def measure_ours(
    folder: Path, study_id: str, browser: Browser, arguments: argparse.Namespace, report: Report
) -> dict[str, Opening]:
    """What was measured of LayerLab, by the part's name."""
    found: dict[str, Opening] = {}
    parts, rounds = arguments.only or PARTS, arguments.rounds
    if "load" in parts:
        with served(folder) as here:
            home = [measure_opening(browser, here.url, "h1") for _ in range(rounds)]
        found["load"] = first = median_opening(home)
        print("First load, nothing cached:")
        sent = f"{first.sent / 1e3:.0f} kB compressed in {first.requests} requests"
        report.say(sent, first.sent <= MOST_SENT)
        ready = f"interactive after {first.interactive:.2f} s"
        report.say(ready, first.interactive <= INTERACTIVE_SECONDS)
    if not {"open", "scroll"} & set(parts):
        return found
    cold = []
    for _ in range(max(1, rounds // 2) if "open" in parts else 0):
        with served(folder) as here:
            place = f"{here.url}/studies/{study_id}/trials"
            cold.append(measure_opening(browser, place, _ROW))
    with served(folder) as here:
        place = f"{here.url}/studies/{study_id}/trials"
        measure_opening(browser, place, _ROW)
        if "open" in parts:
            found["open"] = warm = median_opening(
                [measure_opening(browser, place, _ROW) for _ in range(rounds)]
            )
            print(f"A study of {arguments.trials:,} ended trials, until its first row:")
            report.say(f"{warm.seconds:.2f} s", warm.seconds <= OPENING_SECONDS)
            first = median_opening(cold)
            report.say(
                f"{first.seconds:.2f} s on a server that has just started",
                first.seconds <= OPENING_SECONDS,
            )
            report.say(f"{warm.heap / 1e6:.0f} MB of JavaScript's memory")
        if "scroll" in parts:
            show_scrolling(browser, place, report)
    return found


@contextmanager
def served(folder: Path) -> Iterator[Deployment]:
    """A gateway with its ledger in the folder, and nothing that trains."""
    with open_deployment(folder, "sqlite", schedules=False) as here:
        yield here


def show_scrolling(browser: Browser, place: str, report: Report) -> None:
    with open_page(browser) as (page, session):
        visit(page, session, place, _ROW)
        frames = sorted(measure_scrolling(page, _TABLE))
    median, late = statistics.median(frames), frames[int(0.95 * (len(frames) - 1))]
    print("Scrolled all the time:")
    report.say(
        f"a frame every {median:.1f} ms ({1000 / median:.0f}/s), 95 % within {late:.1f} ms",
        median <= FRAME_MS,
    )


def compare(ours: dict[str, Opening], theirs: dict[str, Opening]) -> None:
    print("optuna-dashboard, and LayerLab as a part of it:")
    for part, name in (("load", "first load"), ("open", "the trials")):
        if part not in theirs:
            continue
        mine, other = ours[part], theirs[part]
        print(
            f"  {name}: {other.sent / 1e3:,.0f} kB ({mine.sent / other.sent:.0%}),"
            f" drawn after {other.seconds:.2f} s ({mine.seconds / other.seconds:.0%}),"
            f" memory {other.heap / 1e6:.0f} MB ({mine.heap / other.heap:.0%})"
        )


def measure_live(folder: Path, browser: Browser, minutes: float, report: Report) -> None:
    folder.mkdir()
    with served(folder) as here, _reporting(here) as study_id:
        place = f"{here.url}/studies/{study_id}"
        with open_page(browser) as (page, cdp):
            visit(page, cdp, place, "[data-connection=live]")
            page.wait_for_timeout(_WARM_SECONDS * 1000)
            before = _seq(here, study_id)
            start = time.monotonic()
            busy = measure_work(page, cdp, _WORK_SECONDS)
            rate = (_seq(here, study_id) - before) / (time.monotonic() - start)
        print(f"{rate:.0f} events a second of one study, its overview in sight:")
        report.say(f"the main thread is {busy:.0%} busy", busy <= BUSY)
        assert rate > 0.8 * RATE, "the reports did not come through; the figure says nothing"
        heaps = _sample_heap(place, folder / "browser", minutes)
    half = len(heaps) // 2
    first, last = statistics.median(heaps[:half]), statistics.median(heaps[half:])
    report.say(
        f"memory {min(heaps) / 1e6:.1f} to {max(heaps) / 1e6:.1f} MB in {minutes:g} minutes; "
        f"median of the first half {first / 1e6:.1f}, of the second {last / 1e6:.1f} MB",
        last - first <= GROWN_BYTES,
    )


def _sample_heap(place: str, profile: Path, minutes: float) -> list[int]:
    heaps = []
    with open_unwatched(place, profile) as page:
        time.sleep(_WARM_SECONDS)
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            heaps.append(page.heap_bytes())
            time.sleep(_SAMPLE_SECONDS)
    return heaps


def _seq(here: Deployment, study_id: str) -> int:
    with urllib.request.urlopen(f"{here.url}/v1/studies/{study_id}", timeout=60) as answer:
        return int(json.load(answer)["seq"])


@contextmanager
def _reporting(here: Deployment) -> Iterator[str]:
    """A study of which somebody reports `RATE` times a second, as long as this is open."""
    ready, stop = threading.Event(), threading.Event()
    told: list[str] = []

    async def report() -> None:
        async with grpc_channel(here.grpc) as channel:
            ledger = GrpcLedger(channel)
            cohort, attempt = await claim_cohort(here, ledger, _LANES)
            told.append(cohort.study_id)
            ready.set()
            await _report(ledger, cohort, attempt, stop)

    thread = threading.Thread(target=lambda: asyncio.run(report()), daemon=True)
    thread.start()
    if not ready.wait(60):
        raise TimeoutError("the made-up trainer could not claim its cohort")
    try:
        yield told[0]
    finally:
        stop.set()
        thread.join(10)


async def _report(
    ledger: GrpcLedger, cohort: CohortRef, attempt: int, stop: threading.Event
) -> None:
    """An epoch of one lane each time, all lanes in turn."""

    async def batches() -> AsyncIterator[ReportBatch]:
        clock = asyncio.get_running_loop()
        start = clock.time()
        for sent in range(sys.maxsize):
            if stop.is_set():
                return
            await asyncio.sleep(start + sent / RATE - clock.time())
            epoch = sent // _LANES + 1
            score = 0.9 - 0.4 * 0.97**epoch
            report = EpochReport(sent % _LANES + 1, epoch, 0.5, 0.6, score, 0.01 * epoch)
            yield ReportBatch(sent + 1, epochs=(report,))

    async for _ in ledger.report_cohort(cohort, attempt, batches()):
        pass


if __name__ == "__main__":
    sys.exit(main())
