"""A real Chromium, and what it measures of a page: bytes, times, frames, work and memory."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Browser, CDPSession, Page, ViewportSize

_SIZE: Final = ViewportSize(width=1280, height=900)
_LIMIT_MS: Final = 120_000
_QUIET_MS: Final = 500
_SCROLL_SECONDS: Final = 5.0
# As fast as a hand on a touch pad goes through a long table.
_SCROLL_PIXELS: Final = 120

# The time at which what is waited for has been drawn, from the start of the navigation.
_WATCH: Final = """
window.watch = selector => new Promise(resolve => {
  const look = () => document.querySelector(selector)
    ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now())))
    : requestAnimationFrame(look);
  look();
});
"""
_SCROLL: Final = """
([selector, seconds, pixels]) => new Promise(resolve => {
  const found = document.querySelector(selector), start = performance.now();
  let last = start, down = pixels;
  const frames = [];
  const step = now => {
    frames.push(now - last);
    last = now;
    const end = found.scrollHeight - found.clientHeight;
    if (found.scrollTop >= end) down = -pixels;
    else if (found.scrollTop <= 0) down = pixels;
    found.scrollTop += down;
    now - start < seconds * 1000 ? requestAnimationFrame(step) : resolve(frames.slice(2));
  };
  requestAnimationFrame(step);
})
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """Of one page, opened with nothing in the browser's cache.

    `seconds` from the navigation until what was waited for was drawn, `interactive` until the main
    thread had then been idle; `sent` as it went over the wire, compressed.
    """

    seconds: float
    interactive: float
    sent: int
    requests: int
    heap: int


@contextmanager
def open_page(browser: Browser) -> Iterator[tuple[Page, CDPSession]]:
    """In a context of its own: nothing is cached."""
    context = browser.new_context(viewport=_SIZE)
    page = context.new_page()
    page.set_default_timeout(_LIMIT_MS)
    page.add_init_script(_WATCH)
    session = context.new_cdp_session(page)
    for domain in ("Network", "Performance", "HeapProfiler"):
        session.send(f"{domain}.enable")
    try:
        yield page, session
    finally:
        context.close()


def measure_opening(browser: Browser, url: str, selector: str) -> Opening:
    """:raises TimeoutError: it was not drawn in two minutes."""
    with open_page(browser) as (page, session):
        return visit(page, session, url, selector)


def visit(page: Page, session: CDPSession, url: str, selector: str) -> Opening:
    """`selector`: of an element that is there when the page is."""
    sent: list[int] = []
    session.on("Network.loadingFinished", lambda said: sent.append(said["encodedDataLength"]))
    page.goto(url, wait_until="commit")
    seconds = page.evaluate("selector => watch(selector)", selector) / 1000
    interactive = page.evaluate(
        "() => new Promise(done => requestIdleCallback(() => done(performance.now())))"
    )
    page.wait_for_timeout(_QUIET_MS)
    heap = heap_bytes(session)
    return Opening(seconds, interactive / 1000, round(sum(sent)), len(sent), heap)


def heap_bytes(session: CDPSession) -> int:
    """After a collection."""
    session.send("HeapProfiler.collectGarbage")
    return int(_metrics(session)["JSHeapUsedSize"])


def measure_scrolling(page: Page, selector: str) -> list[float]:
    """Milliseconds between frames while an element scrolls all the time."""
    frames: list[float] = page.evaluate(_SCROLL, [selector, _SCROLL_SECONDS, _SCROLL_PIXELS])
    return frames


def measure_work(page: Page, session: CDPSession, seconds: float) -> float:
    """The share of the time in which the main thread was busy."""
    before, start = _metrics(session)["TaskDuration"], time.monotonic()
    page.wait_for_timeout(seconds * 1000)
    busy = _metrics(session)["TaskDuration"] - before
    return float(busy / (time.monotonic() - start))


def _metrics(session: CDPSession) -> dict[str, float]:
    told: dict[str, Any] = session.send("Performance.getMetrics")
    return {each["name"]: each["value"] for each in told["metrics"]}


def median_opening(openings: list[Opening]) -> Opening:
    """Of each figure by itself."""
    return Opening(
        statistics.median(each.seconds for each in openings),
        statistics.median(each.interactive for each in openings),
        round(statistics.median(each.sent for each in openings)),
        round(statistics.median(each.requests for each in openings)),
        round(statistics.median(each.heap for each in openings)),
    )
