"""Every screen, light and dark, wide and narrow: axe's rules, and nothing to scroll sideways."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from layerlab.client import Study
from tests.e2e.page_steps import AXE, is_wider_than_its_window, what_axe_finds
from tests.e2e.server import Server

pytestmark = pytest.mark.browser

_HOSTILE = "<img src=x onerror=window.hurt=1>"
_LOOKS = {"a light desk": (1440, 900, False), "a dark phone": (390, 844, True)}


@pytest.fixture(scope="module")
def addresses(server: Server) -> list[str]:
    """Of every screen; on an ended study of a table with a hostile name, and a hostile target."""
    lines = [f"width,height,{_HOSTILE}"]
    lines += [f"{row % 7},{row % 5},{'yes' if row % 7 > 3 else 'no'}" for row in range(120)]
    with server.client() as client:
        dataset = client.datasets.upload("\n".join(lines).encode(), name=f"{_HOSTILE}.csv")
        study = client.studies.create(dataset, _HOSTILE, max_trials=4, max_epochs=5)
        study.wait(timeout=120)
        return _addresses(study.refresh(), dataset.dataset_id)


@pytest.fixture(params=list(_LOOKS))
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    width, height, dark = _LOOKS[request.param]
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    yield page
    page.close()


def test_no_screen_breaks_a_rule_of_accessibility_or_is_too_wide(
    server: Server, addresses: list[str], page: Page
) -> None:
    if not AXE.exists():
        pytest.skip("the page's packages are not installed: make web")
    complaints: list[str] = []

    def listen(line: ConsoleMessage) -> None:
        if line.type == "error":
            complaints.append(line.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    found = {}
    for address in addresses:
        page.goto(server.url + address)
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        problems = what_axe_finds(page)
        if is_wider_than_its_window(page):
            problems.append("wider than its window")
        if problems:
            found[address] = problems
        assert page.locator("img").count() == 0
    assert found == {}
    assert complaints == []
    assert page.evaluate("window.hurt") is None


def _addresses(study: Study, dataset: str) -> list[str]:
    best = study.best
    assert best is not None
    own = f"/studies/{study.study_id}"
    tabs = ("", "/trials", "/plots", "/compare", "/model", "/activity")
    steps = ("columns", "search", "review")
    return [
        "/",
        "/new/upload",
        *(f"/new/{step}?dataset={dataset}" for step in steps),
        *(own + tab for tab in tabs),
        f"{own}/trials/{best.number}",
        f"{own}/compare?trials=1,2",
        f"/compare?studies={study.study_id}",
        "/datasets",
        f"/datasets/{dataset}",
        "/workers",
        "/api",
        "/nothing/here",
    ]
