"""The page by keyboard alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from layerlab.client import Client
from tests.e2e.conftest import Open
from tests.e2e.page_steps import search_penguins
from tests.e2e.server import Server

pytestmark = pytest.mark.browser


def test_trials_are_walked_through_picked_and_opened_by_keyboard_alone(
    server: Server, client: Client, open_page: Open
) -> None:
    study = search_penguins(client, "island", designs=120, epochs=3)
    page = open_page(server)
    page.goto(f"{server.url}/studies/{study.study_id}/trials")
    page.locator("tr[data-index='0']").get_by_role("button").focus()
    page.keyboard.press("End")
    focused = page.locator("tr[data-trial]:focus-within")
    expect(focused).to_have_attribute("data-index", "119")
    page.keyboard.press("Home")
    expect(focused).to_have_attribute("data-index", "0")
    for _ in range(2):
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
    expect(focused).to_have_attribute("data-index", "2")
    expect(page).to_have_url(re.compile(r"pick=\d+,\d+"))

    number = focused.get_attribute("data-trial")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name=f"Trial {number}")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(focused).to_have_attribute("data-index", "2")


def test_a_study_is_made_and_started_by_keyboard_alone(server: Server, open_page: Open) -> None:
    page = open_page(server)
    page.goto(f"{server.url}/new/upload")
    sample = page.get_by_role("button", name=re.compile("penguins", re.I)).first
    _tab_to(page, sample)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Check the columns")).to_be_visible()
    for step in ("Search", "Review"):
        _tab_to(page, page.get_by_role("navigation", name="Steps").get_by_role("link", name=step))
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(f"/new/{step.lower()}"))
    _tab_to(page, page.get_by_role("button", name="Start the study"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/studies/\w+"))
    parts = page.get_by_role("navigation", name="Parts of the study")
    _tab_to(page, parts.get_by_role("link", name="Activity"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/activity$"))


def _tab_to(page: Page, wanted: Locator) -> None:
    """From where the keyboard is, as often as it takes; never by a mouse or a script."""
    expect(wanted).to_be_visible()
    for _ in range(120):
        if wanted.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not come to {wanted}")
