"""A trial's own page, against a server that evaluates trials."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from layerlab.client import Client
from tests.e2e.conftest import Open
from tests.e2e.page_steps import AXE, PENGUINS, what_axe_finds
from tests.e2e.server import Server

pytestmark = pytest.mark.browser

_SLOW_MS = 60_000


def test_a_trial_is_looked_at_closely_and_evaluated_when_it_is_asked_for(
    server: Server, client: Client, open_page: Open, complaints: list[str]
) -> None:
    dataset = client.datasets.upload(PENGUINS.read_bytes(), name="penguins.csv")
    study = client.studies.create(dataset, "species", max_trials=12, max_epochs=20, verdict="off")
    study.wait(timeout=120)
    trials = study.leaderboard()
    # Not the finalist, which was evaluated with its test.
    number = next(each["number"] for each in trials[1:] if each["state"] == "SUCCEEDED")
    page = open_page(server)
    page.goto(f"{server.url}/studies/{study.study_id}/trials")
    page.get_by_role("button", name=f"Trial {number}", exact=True).press("Enter")
    page.get_by_role("link", name="Curves, right and wrong").press("Enter")
    expect(page).to_have_url(re.compile(rf"/trials/{number}$"))

    page.reload()
    expect(page.get_by_role("heading", name=f"Trial {number}")).to_be_visible()
    curves = page.get_by_role("region", name="How it learned")
    expect(curves.locator(".scatterlayer path.js-line")).to_have_count(3)
    expect(page.get_by_text(re.compile(r"^Trained by local-\d"))).to_be_visible()

    page.get_by_role("button", name="Evaluate on the validation rows").press("Enter")
    matrix = page.get_by_role("region", name="Confusion matrix")
    expect(matrix).to_be_visible(timeout=_SLOW_MS)
    cells = matrix.locator("tbody td").evaluate_all("all => all.map(c => c.firstChild.data)")
    assert sum(map(int, cells)) == study.evaluation(number).n
    expect(page.get_by_role("region", name="Figures of each class")).to_contain_text("Chinstrap")
    expect(page.get_by_role("button", name="Train again and compare")).to_be_visible()
    if AXE.exists():
        assert what_axe_finds(page) == []
    # The browser notes that there was no evaluation at first.
    assert [line for line in complaints if "404" not in line] == []
    complaints.clear()


def test_the_finalists_page_shows_its_test_rows_and_an_unknown_trial_is_said_to_be_one(
    server: Server, client: Client, open_page: Open
) -> None:
    dataset = client.datasets.upload(client.sample("diabetes"), name="diabetes.csv")
    study = client.studies.create(dataset, "progression", max_trials=4, max_epochs=5, verdict="off")
    study.wait(timeout=120)
    best = study.refresh().best
    assert best is not None
    page = open_page(server)
    page.goto(f"{server.url}/studies/{study.study_id}/trials/{best.number}")
    expect(page.get_by_text("test rows, touched once")).to_be_visible(timeout=_SLOW_MS)
    expect(page.get_by_role("region", name="Predicted against true")).to_be_visible()
    residuals = page.get_by_role("region", name="Residuals")
    residuals.scroll_into_view_if_needed()
    expect(residuals.locator(".scatterlayer .point").first).to_be_visible()

    page.goto(f"{server.url}/studies/{study.study_id}/trials/999")
    expect(page.get_by_text("The study has no such trial")).to_be_visible()
