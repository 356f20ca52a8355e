"""The page's workers screen, against a server that trains."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from layerlab.client import Client
from tests.e2e.conftest import Open
from tests.e2e.page_steps import many_penguins, what_axe_finds
from tests.e2e.server import Server

_SLOW_MS = 60_000


def test_a_trainer_is_seen_training_drained_and_set_to_work_again(
    server: Server, client: Client, open_page: Open
) -> None:
    dataset = client.datasets.upload(many_penguins(), name="penguins.csv")
    study = client.studies.create(dataset, "species", time_budget=300, name="To be drained")
    page = open_page(server)
    page.get_by_role("link", name="Workers", exact=True).click()
    worker = page.locator("[data-worker=local-1]")
    expect(worker.get_by_text("Training", exact=True)).to_be_visible(timeout=_SLOW_MS)
    link = worker.get_by_role("link", name="To be drained")
    expect(link).to_have_attribute("href", f"/studies/{study.study_id}")

    worker.get_by_role("button", name="Drain local-1").press("Enter")
    expect(worker.get_by_text("Drained", exact=True)).to_be_visible(timeout=_SLOW_MS)
    expect(page.get_by_text("In this server’s memory")).to_be_visible(timeout=_SLOW_MS)
    ready = page.locator(".queue-figure", has_text="Ready").locator("strong")
    expect(ready).to_have_text(re.compile("[1-9]"), timeout=_SLOW_MS)
    assert client.workers()["workers"][0]["cohort_id"] == ""
    page.get_by_text("Show as table").click()
    rows = page.get_by_role("region", name="The queue over the last 15 minutes").locator("tbody tr")
    # A moment is noted every few seconds, from the server's start on.
    expect(rows.nth(1)).to_be_visible(timeout=_SLOW_MS)
    assert what_axe_finds(page) == []

    worker.get_by_role("button", name="Resume local-1").press("Enter")
    expect(worker.get_by_text("Training", exact=True)).to_be_visible(timeout=_SLOW_MS)
    link.click()
    expect(page).to_have_url(re.compile(f"/studies/{study.study_id}"))
