"""Debian's Chromium, as tests, measurements and pictures of the page use it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, sync_playwright

PATH: Final = shutil.which("chromium")
MISSING: Final = "Debian's package chromium is not installed"


@contextmanager
def open_chromium() -> Iterator[Browser]:
    """While it is open, this thread can run no other event loop than Playwright's.

    :raises RuntimeError: there is none.
    """
    if PATH is None:
        raise RuntimeError(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=PATH,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()
