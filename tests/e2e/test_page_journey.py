"""One user's way through the page, from a table that nobody knows to a comparison to send away."""

from __future__ import annotations

import random
import re
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page, expect

from layerlab.client import Client
from tests.e2e.conftest import Open, StartServer
from tests.e2e.page_steps import (
    AXE,
    choose_search,
    count_done,
    drop_file,
    press_start,
    search_penguins,
    what_axe_finds,
)
from tests.e2e.server import Server

pytestmark = pytest.mark.browser

_SLOW_MS = 90_000


def _wines(rows: int = 4_000) -> str:
    """A table with a code that looks like a number, and a target that depends on two columns."""
    draw = random.Random(20)
    lines = ["cellar,acidity,sugar,barrel,taste"]
    for _ in range(rows):
        acidity, sugar = draw.gauss(6.0, 1.0), draw.expovariate(0.2)
        barrel = draw.choice(("oak", "steel", "clay"))
        taste = "sweet" if sugar > 2 * acidity - 6 + (barrel == "oak") else "dry"
        lines.append(f"{draw.randint(1, 6)},{acidity:.2f},{sugar:.2f},{barrel},{taste}")
    return "\n".join(lines) + "\n"


def test_a_user_goes_from_an_unknown_table_to_a_comparison_that_others_see(
    start_server: StartServer, open_page: Open, browser: Browser
) -> None:
    server = start_server()
    page = open_page(server)
    drop_file(page, "wines.csv", _wines())
    expect(page.get_by_role("heading", name="Check the columns")).to_be_visible()
    page.get_by_label("Target column").select_option("taste")
    page.get_by_label("Kind of cellar").select_option("category")
    choose_search(page, designs=4_000, epochs=40)
    page.get_by_text("Search only").click()
    press_start(page)
    expect(page.locator("[data-connection=live]")).to_be_visible()
    expect(page.get_by_test_id("done")).not_to_have_text("0", timeout=_SLOW_MS)

    done = count_done(page)
    page.reload()
    expect(page.get_by_test_id("done")).to_be_visible()
    assert count_done(page) >= done

    page.get_by_role("button", name="Suspend").click()
    expect(page.locator(".study-meta .badge-state[data-state=SUSPENDED]")).to_be_visible()
    expect(page.get_by_text("Nothing trains right now")).to_be_visible(timeout=_SLOW_MS)
    done = count_done(page)
    page.get_by_role("button", name="Resume").click()
    page.wait_for_function(
        "done => Number(document.querySelector('[data-testid=done]').textContent) > done",
        arg=done,
        timeout=_SLOW_MS,
    )
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".study-meta .badge-state[data-state=SUCCEEDED]")).to_be_visible(
        timeout=_SLOW_MS
    )
    with server.client() as client:
        (study,) = client.studies.list()
        assert study.document["column_kinds"] == {"cellar": "category"}

    _open_every_plot(page)
    before = _count_shown(page)
    _brush_an_axis(page)
    expect(page.get_by_role("region", name="Selection").locator(".chip").first).to_be_visible()
    assert 0 < _count_shown(page) < before

    _part(page, "Trials")
    boxes = page.get_by_role("checkbox", name=re.compile(r"^Pick trial \d+ for comparing$"))
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.get_by_role("region", name="Selection").get_by_role("link", name="Compare").click()
    built = page.get_by_role("region", name="How they were built, table")
    expect(built.get_by_role("columnheader")).to_have_count(2)
    told = built.inner_text()
    expect(page.get_by_text("were trained once each, on one split")).to_be_visible()
    curves = page.get_by_role("figure", name=re.compile(r"^Learning curves\. trial \d+"))
    curves.scroll_into_view_if_needed()
    expect(curves.locator(".scatterlayer .trace")).to_have_count(2)
    second = browser.new_page()
    second.goto(page.url)
    expect(second.get_by_role("region", name="How they were built, table")).to_be_visible()
    assert second.get_by_role("region", name="How they were built, table").inner_text() == told
    second.close()


def test_the_table_is_sorted_filtered_and_widened_and_its_address_says_so(
    server: Server, client: Client, open_page: Open
) -> None:
    study = search_penguins(client, "species", designs=300, epochs=4)
    page = open_page(server)
    page.goto(f"{server.url}/studies/{study.study_id}/trials")
    expect(page.get_by_test_id("shown")).to_have_text("300 of 300")
    rows = page.locator("tr[data-trial]")
    assert rows.count() < 60

    page.get_by_role("button", name="Learning rate").press("Enter")
    expect(page).to_have_url(re.compile(r"sort=learning_rate"))
    page.locator("summary", has_text="Filter").press("Enter")
    page.get_by_label("Field").select_option("activation")
    page.get_by_role("checkbox", name="relu", exact=True).check()
    page.locator(".filter-form").get_by_role("button", name="Filter").press("Enter")
    expect(page).to_have_url(re.compile(r"where=activation"))
    page.keyboard.press("Escape")
    page.locator("summary", has_text="Columns").press("Enter")
    page.get_by_role("checkbox", name="Dropout").check()
    page.keyboard.press("Escape")

    listed = [each for each in study.leaderboard() if each["activation"] == "relu"]
    page.reload()
    expect(page.get_by_test_id("shown")).to_have_text(f"{len(listed)} of 300")
    expect(page.get_by_role("columnheader", name="Dropout")).to_be_visible()
    header = page.get_by_role("columnheader", name="Learning rate")
    expect(header).to_have_attribute("aria-sort", "ascending")
    rates = {each["number"]: each["learning_rate"] for each in listed}
    assert rates[int(rows.first.get_attribute("data-trial") or 0)] == min(rates.values())
    if AXE.exists():
        assert what_axe_finds(page) == []


def test_what_is_pointed_at_in_the_table_shows_in_the_plots_and_the_other_way_round(
    server: Server, client: Client, open_page: Open
) -> None:
    study = search_penguins(client, "sex", designs=12, epochs=6)
    page = open_page(server)
    page.set_viewport_size({"width": 1280, "height": 2400})
    page.goto(f"{server.url}/studies/{study.study_id}")
    plot = page.get_by_role("figure", name=re.compile("hidden layers"))
    expect(plot.locator(".scatterlayer .point").first).to_be_visible()
    row = page.locator("tr[data-index='3']")
    number = row.get_attribute("data-trial")
    row.hover()
    expect(plot.locator(".hoverlayer .hovertext")).to_contain_text(f"Trial {number}")
    page.get_by_role("heading", name="Leaderboard").hover()
    expect(plot.locator(".hoverlayer .hovertext")).to_have_count(0)

    point = plot.locator(".scatterlayer .point").first.bounding_box()
    assert point
    page.mouse.move(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2, steps=4)
    expect(page.locator("tr.pointed-at")).to_have_count(1)

    log = page.get_by_role("button", name="Logarithmic times")
    expect(log).to_have_attribute("aria-pressed", "false")
    log.press("Enter")
    expect(page).to_have_url(re.compile(r"times=log"))
    page.reload()
    expect(log).to_have_attribute("aria-pressed", "true")


def test_a_box_that_is_drawn_on_a_plot_selects_in_the_table(
    server: Server, client: Client, open_page: Open
) -> None:
    study = search_penguins(client, "sex", designs=60, epochs=6)
    page = open_page(server)
    page.goto(f"{server.url}/studies/{study.study_id}/plots")
    place = page.locator("#plot-pareto")
    place.scroll_into_view_if_needed()
    expect(place.locator(".scatterlayer .point").first).to_be_visible()
    box = place.locator(".nsewdrag").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.6, steps=6)
    page.mouse.up()
    expect(page.get_by_role("button", name="Take away", exact=False)).to_have_count(2)
    low, high = (
        float(found[1])
        for bound in (">=", "<=")
        if (found := re.search(rf"where=score_val{bound}([\d.]+)", unquote(page.url)))
    )
    inside = [each for each in study.leaderboard() if low <= (each["score_val"] or -1) <= high]
    assert 0 < _count_shown(page) <= len(inside)


def _part(page: Page, name: str) -> None:
    parts = page.get_by_role("navigation", name="Parts of the study")
    parts.get_by_role("link", name=name).click()


def _open_every_plot(page: Page) -> None:
    """Each is drawn when it is looked at, and says the same as a table."""
    _part(page, "Plots")
    names = page.get_by_role("navigation", name="Plots").get_by_role("link")
    expect(names.first).to_be_visible()
    places = page.locator(".plot-place")
    expect(places).to_have_count(names.count())
    assert names.count() >= 8
    for place in places.all():
        place.scroll_into_view_if_needed()
        expect(place.locator(".main-svg, table, svg, .blank").first).to_be_visible()
        show = place.get_by_role("button", name="Show as table")
        if show.count():
            show.first.click()
            expect(place.locator("table tbody tr").first).to_be_visible()
            place.get_by_role("button", name="Show as chart").first.click()


def _count_shown(page: Page) -> int:
    """How many designs the table is of, as it says itself."""
    at = page.url
    _part(page, "Trials")
    text = page.get_by_test_id("shown").inner_text()
    page.goto(at)
    return int(text.split(" of ")[0].replace(",", ""))


def _brush_an_axis(page: Page) -> None:
    """The upper half of the first axis of the parallel coordinates, by mouse."""
    chart = page.locator("#plot-parallel")
    chart.scroll_into_view_if_needed()
    axis = chart.locator(".axis-brush .background").first
    # Its bundle is the largest file of the page.
    expect(axis).to_be_attached(timeout=_SLOW_MS)
    box = axis.bounding_box()
    assert box
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, box["y"] + box["height"] * 0.1)
    page.mouse.down()
    page.mouse.move(x, box["y"] + box["height"] * 0.5, steps=8)
    page.mouse.up()
