"""The page in a real browser, against a real server, as a user would use it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Open, StartServer
from tests.e2e.page_steps import (
    AXE,
    PENGUINS,
    choose_file,
    choose_search,
    count_done,
    drop_file,
    many_penguins,
    press_start,
    start_search,
    what_axe_finds,
)
from tests.e2e.server import Server
from tests.servers import free_port

pytestmark = pytest.mark.browser

_TRAINING_MS = 90_000


def test_a_table_becomes_a_study_that_is_watched_to_its_end(
    server: Server, open_page: Open
) -> None:
    page = open_page(server)
    choose_file(page, "penguins.csv", many_penguins())

    expect(page.get_by_role("heading", name="Check the columns")).to_be_visible()
    page.get_by_role("button", name="Rows").click()
    expect(page.get_by_text("The first 200 rows")).to_be_visible()
    expect(page.get_by_role("cell", name="Torgersen").first).to_be_visible()
    page.get_by_label("Target column").select_option("island")
    page.reload()
    expect(page.get_by_label("Target column")).to_have_value("island")
    page.get_by_label("Target column").select_option("species")
    expect(page.get_by_role("list", name="Class balance")).to_contain_text("Chinstrap")
    start_search(page, designs=24, epochs=60)

    expect(page.locator("[data-connection=live]")).to_be_visible()
    rows = page.locator("tr[data-trial]")
    expect(rows.first).to_be_visible()
    expect(page.locator("tr.running .score-cell .swatch").first).to_be_visible(timeout=_TRAINING_MS)
    expect(page.get_by_test_id("done")).not_to_have_text("0", timeout=_TRAINING_MS)

    done, known = count_done(page), rows.count()
    page.reload()
    expect(rows.first).to_be_visible()
    assert count_done(page) >= done
    assert rows.count() >= known

    expect(page.get_by_test_id("test-score")).to_have_text(
        re.compile(r"\d+\.\d\d.%"), timeout=_TRAINING_MS
    )
    expect(page.locator(".badge-state[data-state=SUCCEEDED]").first).to_be_visible()
    expect(page.get_by_test_id("done")).to_have_text("24")
    expect(page.get_by_test_id("shown")).to_have_text("24 of 24")
    expect(page.locator("tr.first .rank")).to_have_text("1")


def test_a_study_ends_in_a_verdict_that_can_be_read_and_checked(
    server: Server, open_page: Open
) -> None:
    page = open_page(server)
    choose_file(page, "penguins.csv", PENGUINS.read_bytes())
    choose_search(page, designs=12, epochs=8)
    page.get_by_label("Time budget").fill("0.25")
    expect(page.get_by_test_id("estimate")).to_contain_text("Memory", timeout=_TRAINING_MS)
    press_start(page)
    expect(page.get_by_test_id("no-verdict")).to_contain_text("No verdict yet")

    expect(page.get_by_test_id("verdict-basis")).to_contain_text(
        "Final verdict", timeout=_TRAINING_MS
    )
    expect(page.get_by_test_id("verdict-headline")).to_have_text(re.compile(r"^[A-Z0-9].*\.$"))
    finalists = page.get_by_role("region", name="Finalists")
    expect(finalists.get_by_text("best", exact=True)).to_have_count(1)
    expect(finalists.get_by_role("rowheader", name="the majority class")).to_be_visible()
    expect(page.get_by_test_id("predicted")).to_be_visible()
    headline = page.get_by_test_id("verdict-headline").inner_text()
    page.reload()
    expect(page.get_by_test_id("verdict-headline")).to_have_text(headline)

    page.get_by_role("button", name="Baselines").click()
    expect(page.locator("tr[data-trial][data-purpose=search]")).to_have_count(0)
    expect(page.locator("tr[data-trial][data-purpose=baseline]").first).to_be_visible()
    page.get_by_role("button", name="Search", exact=False).last.click()
    page.locator("tr[data-trial].first").get_by_role("button").click()
    page.get_by_role("button", name="Train again and compare").click()
    expect(page.locator("[data-verification=MATCHES]")).to_be_visible(timeout=_TRAINING_MS)
    page.get_by_text("Receipt: data, split").click()
    expect(page.get_by_test_id("receipt")).to_contain_text("versions")
    if AXE.exists():
        assert what_axe_finds(page) == []
        page.get_by_role("button", name="Close").click()
        assert what_axe_finds(page) == []


def test_a_chart_is_drawn_when_it_is_looked_at_and_says_the_same_as_a_table(
    server: Server, open_page: Open
) -> None:
    page = open_page(server)
    # Nothing is in view but the top of the page.
    page.set_viewport_size({"width": 1280, "height": 200})
    scripts: list[str] = []
    page.on("request", lambda request: scripts.append(request.url))
    choose_file(page, "penguins.csv", PENGUINS.read_bytes())
    start_search(page, designs=8, epochs=5)
    expect(page.get_by_test_id("test-score")).to_be_visible(timeout=_TRAINING_MS)
    assert not any("plotly" in url for url in scripts)

    chart = page.locator(".plot-frame").first
    chart.scroll_into_view_if_needed()
    expect(chart.locator(".scatterlayer .point")).to_have_count(8)
    expect(chart.locator(".boxlayer path.box").first).to_be_attached()
    assert any("plotly" in url for url in scripts)

    buttons = chart.locator(".modebar-btn").evaluate_all("each => each.map(b => b.dataset.title)")
    assert len(buttons) == 2
    assert not any("cloud" in title.lower() for title in buttons)

    page.get_by_role("button", name="Show as table").first.click()
    designs = page.locator(".chart-table tbody tr td:nth-child(2)").all_inner_texts()
    assert sum(map(int, designs)) == 8


def test_a_column_name_is_text_whatever_it_says(server: Server, open_page: Open) -> None:
    hostile = "<img src=x onerror=window.hurt=1>"
    file_name = "<b>table</b>.csv"
    lines = [f"width,{hostile}"] + [
        f"{row % 7},{'yes' if row % 7 > 3 else 'no'}" for row in range(80)
    ]
    page = open_page(server)
    drop_file(page, file_name, "\n".join(lines))

    expect(page.get_by_role("heading", name="Check the columns")).to_be_visible()
    page.get_by_label("Target column").select_option(hostile)
    expect(page.get_by_role("rowheader", name=hostile)).to_be_visible()
    page.get_by_role("button", name="Rows").click()
    expect(page.get_by_role("columnheader", name=hostile)).to_be_visible()
    start_search(page, designs=2, epochs=3)

    expect(page.get_by_text(f"predicts {hostile}")).to_be_visible()
    expect(page.get_by_text(file_name).first).to_be_visible()
    expect(page.get_by_test_id("test-score")).to_be_visible(timeout=_TRAINING_MS)
    expect(page.locator(".scatterlayer .point").first).to_be_visible()
    page.goto(server.url)
    expect(page.get_by_text(file_name).first).to_be_visible()
    assert page.evaluate("window.hurt") is None
    assert page.locator("img").count() == 0


def test_a_bad_table_is_refused_with_its_place_and_what_to_do(
    server: Server, open_page: Open, complaints: list[str]
) -> None:
    page = open_page(server)
    ragged = "a,b\n" + "1,2\n" * 30 + "1,2,3\n"
    choose_file(page, "ragged.csv", ragged.encode())

    problem = page.get_by_role("alert")
    expect(problem).to_contain_text("31")
    expect(problem).to_contain_text("ragged_rows")
    expect(page.get_by_role("heading", name="First rows")).to_be_visible()
    # The browser itself notes that an answer was a refusal.
    assert [line for line in complaints if "422" not in line] == []
    complaints.clear()

    choose_file(page, "penguins.csv", PENGUINS.read_bytes())
    expect(page.get_by_role("heading", name="Check the columns")).to_be_visible()


def test_a_study_stays_on_the_page_while_its_server_restarts(
    start_server: StartServer, open_page: Open, complaints: list[str]
) -> None:
    port = free_port()
    server = start_server(port=port)
    page = open_page(server)
    choose_file(page, "penguins.csv", many_penguins())
    start_search(page, designs=400, epochs=60)
    expect(page.get_by_test_id("done")).not_to_have_text("0", timeout=_TRAINING_MS)

    server.stop()
    late = page.locator("[data-connection=reconnecting], [data-connection=offline]")
    expect(late).to_contain_text("data as of")
    done = count_done(page)
    assert page.locator("tr[data-trial]").count() > 0

    start_server(port=port)
    expect(page.locator("[data-connection=live]")).to_be_visible(timeout=_TRAINING_MS)
    page.wait_for_function(
        "done => Number(document.querySelector('[data-testid=done]').textContent) > done",
        arg=done,
        timeout=_TRAINING_MS,
    )
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("button", name="Cancel the study").click()
    expect(page.locator(".badge-state[data-state=CANCELLED]").first).to_be_visible()
    # The browser notes each try that found nobody.
    assert [line for line in complaints if "ERR_CONNECTION_REFUSED" not in line] == []
    complaints.clear()
