"""Every screen, light and dark, wide and narrow: axe's rules, and nothing to scroll sideways."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from layerlab.client import Study
from tests.e2e.page_steps import (
    AXE,
    choose_file,
    is_wider_than_its_window,
    many_penguins,
    what_axe_finds,
)
from tests.e2e.server import Server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not AXE.exists(), reason="the page's packages are not installed: make web"),
]

_HOSTILE = "<img src=x onerror=window.hurt=1>"
# A desk's 1,280 pixels magnified four times, and a small phone.
_NARROWEST = 320
_LOOKS = {"a light desk": (1440, False), "a dark phone": (_NARROWEST, True)}
_TARGETS = {"target-size": {"enabled": True}}


@dataclass(frozen=True)
class Studies:
    """`ended`: of a table with a hostile name, and a hostile target; `suspended`: of penguins."""

    ended: Study
    dataset_id: str
    suspended: Study

    @property
    def address(self) -> str:
        return f"/studies/{self.ended.study_id}"


@pytest.fixture(scope="module")
def studies(server: Server) -> Iterator[Studies]:
    lines = [f"width,height,{_HOSTILE}"]
    lines += [f"{row % 7},{row % 5},{'yes' if row % 7 > 3 else 'no'}" for row in range(120)]
    with server.client() as client:
        dataset = client.datasets.upload("\n".join(lines).encode(), name=f"{_HOSTILE}.csv")
        ended = client.studies.create(dataset, _HOSTILE, max_trials=4, max_epochs=5)
        ended.wait(timeout=120)
        penguins = client.datasets.upload(many_penguins(), name="penguins.csv")
        suspended = client.studies.create(
            penguins, "species", max_trials=500, max_epochs=200, verdict="off"
        )
        suspended.suspend()
        yield Studies(ended.refresh(), dataset.dataset_id, suspended)
        suspended.cancel()


@pytest.fixture(params=list(_LOOKS))
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    width, dark = _LOOKS[request.param]
    yield from _open(browser, width, dark)


@pytest.fixture
def narrow(browser: Browser) -> Iterator[Page]:
    yield from _open(browser, _NARROWEST, dark=True)


def _open(browser: Browser, width: int, dark: bool) -> Iterator[Page]:
    page = browser.new_page(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    yield page
    page.close()


def test_no_screen_breaks_a_rule_of_accessibility_or_is_too_wide(
    server: Server, studies: Studies, page: Page
) -> None:
    complaints: list[str] = []

    def listen(line: ConsoleMessage) -> None:
        if line.type == "error":
            complaints.append(line.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    found = {}
    for address in _addresses(studies):
        _go(page, server.url + address)
        problems = what_axe_finds(page, rules=_TARGETS)
        if is_wider_than_its_window(page):
            problems.append("wider than its window")
        if problems:
            found[address] = problems
        assert page.locator("img").count() == 0
    assert found == {}
    assert complaints == []
    assert page.evaluate("window.hurt") is None


def test_a_home_without_anything_breaks_no_rule_either(server: Server, narrow: Page) -> None:
    nothing = {"studies": [], "datasets": [], "next_page_token": "", "total_size": 0}
    narrow.route(
        re.compile(r"/v1/(studies|datasets)(\?|$)"), lambda route: route.fulfill(json=nothing)
    )
    for address, heading in (("/", "Which network fits your table?"), ("/datasets", "Datasets")):
        _go(narrow, server.url + address)
        expect(narrow.get_by_role("heading", level=1)).to_have_text(heading)
        assert _problems(narrow) == []


def test_nothing_that_opens_breaks_a_rule_of_accessibility_or_is_too_wide(
    server: Server, studies: Studies, narrow: Page
) -> None:
    found = {}
    for name, address, open_it in _openings(studies):
        _go(narrow, server.url + address)
        open_it(narrow)
        if problems := _problems(narrow):
            found[name] = problems
    assert found == {}


def test_every_part_of_a_study_has_a_title_and_its_tab_keeps_the_keyboard(
    server: Server, studies: Studies, narrow: Page
) -> None:
    _go(narrow, server.url + studies.address)
    tabs = narrow.get_by_role("navigation", name="Parts of the study").get_by_role("link")
    titles = {narrow.title()}
    for tab in tabs.all()[1:]:
        before = narrow.title()
        tab.focus()
        narrow.keyboard.press("Enter")
        expect(narrow).not_to_have_title(before)
        expect(tab).to_be_focused()
        titles.add(narrow.title())
    assert len(titles) == tabs.count() == 6


def test_the_keyboard_goes_on_nearby_when_what_had_the_focus_goes_away(
    server: Server, studies: Studies, narrow: Page
) -> None:
    _go(narrow, f"{server.url}{studies.address}/plots?pick=1,2")
    _press(narrow, narrow.get_by_role("button", name="Take away trial 1"))
    expect(narrow.get_by_role("button", name="Take away trial 2")).to_be_focused()
    _press(narrow, narrow.get_by_role("button", name="Clear"))
    expect(narrow.get_by_role("region", name="Selection").locator("summary")).to_be_focused()

    _go(narrow, f"{server.url}{studies.address}/trials/1")
    _press(narrow, narrow.get_by_role("link", name=re.compile("^(Better|Next): trial")).first)
    expect(narrow.get_by_role("main")).to_be_focused()

    _go(narrow, f"{server.url}/studies/{studies.suspended.study_id}")
    _press(narrow, narrow.get_by_role("button", name="Resume"))
    expect(narrow.get_by_role("button", name="Suspend")).to_be_focused()
    _press(narrow, narrow.get_by_role("button", name="Suspend"))
    expect(narrow.get_by_role("button", name="Resume")).to_be_focused()


def test_designs_are_selected_on_the_plots_by_keyboard(
    server: Server, studies: Studies, narrow: Page
) -> None:
    _go(narrow, f"{server.url}{studies.address}/plots")
    bar = narrow.get_by_role("region", name="Selection")
    _press(narrow, bar.locator("summary"))
    bar.get_by_label("Field").select_option("n_layers")
    bar.get_by_role("spinbutton", name="From").fill("1")
    narrow.keyboard.press("Enter")
    expect(bar).to_contain_text("4 of 4 designs")
    narrow.keyboard.press("Escape")
    expect(bar.get_by_label("Field")).to_be_hidden()
    expect(bar.locator("summary")).to_be_focused()


def _go(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    expect(page.locator("[aria-busy=true], .skeleton")).to_have_count(0)


def _press(page: Page, wanted: Locator) -> None:
    wanted.focus()
    page.keyboard.press("Enter")


def _problems(page: Page) -> list[str]:
    wide = ["wider than its window"] if is_wider_than_its_window(page) else []
    return what_axe_finds(page) + wide


def _addresses(studies: Studies) -> list[str]:
    own, dataset = studies.address, studies.dataset_id
    best = studies.ended.best
    assert best is not None
    tabs = ("", "/trials", "/plots", "/compare", "/model", "/activity")
    steps = ("columns", "search", "review")
    return [
        "/",
        "/new/upload",
        *(f"/new/{step}?dataset={dataset}" for step in steps),
        *(own + tab for tab in tabs),
        f"{own}/trials/{best.number}",
        f"{own}/compare?trials=1,2",
        f"/studies/{studies.suspended.study_id}",
        f"/compare?studies={studies.ended.study_id}",
        "/datasets",
        f"/datasets/{dataset}",
        "/workers",
        "/api",
        "/nothing/here",
    ]


def _openings(studies: Studies) -> list[tuple[str, str, Callable[[Page], None]]]:
    """What opens, where, and how."""
    own = studies.address
    search = f"/new/search?dataset={studies.dataset_id}"
    return [
        ("the shortcuts", "/", lambda page: page.keyboard.press("?")),
        ("the menu of themes", "/", lambda page: _open_menu(page, "Theme")),
        ("a study's line", "/", lambda page: _open_menu(page, re.compile("^Actions for"))),
        ("studies that are picked", "/", _pick_studies),
        ("the study's menu", own, lambda page: _open_menu(page, "More about this study")),
        ("its name, its note and charts as tables", own, _edit_and_show_tables),
        ("a chart's menu", own, lambda page: _open_menu(page, re.compile("^Save or enlarge"))),
        ("columns and filter", f"{own}/trials?where=epochs>=1&pick=1,2", _unfold_forms),
        ("a trial", f"{own}/trials", _open_trial),
        ("plots as tables", f"{own}/plots", _show_tables),
        ("a search that is wrong", search, _mistype_search),
        ("the space as text", search, _mistype_space),
        ("a file that is refused", "/new/upload", _upload_nonsense),
        ("an endpoint", "/api", lambda page: page.locator("main summary").first.click()),
        ("a question", f"/studies/{studies.suspended.study_id}", _ask_to_cancel),
        ("the server's absence", own, _cut_off),
    ]


def _open_menu(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("button", name=name).first.click()
    expect(page.get_by_role("menu")).to_be_visible()


def _unfold(page: Page, name: str) -> None:
    page.locator("main summary", has_text=name).click()


def _pick_studies(page: Page) -> None:
    for box in page.get_by_role("checkbox", name=re.compile("^Compare")).all()[:2]:
        box.check()
    expect(page.get_by_role("region", name="Picked studies")).to_be_visible()


def _show_tables(page: Page) -> None:
    shows = page.get_by_role("button", name=re.compile("^Show as table"))
    for _ in range(shows.count()):
        shows.first.click()
    expect(page.locator(".chart-table").first).to_be_visible()


def _edit_and_show_tables(page: Page) -> None:
    page.get_by_label("Rename the study").click()
    _unfold(page, "Note")
    _show_tables(page)


def _unfold_forms(page: Page) -> None:
    _unfold(page, "Columns")
    _unfold(page, "Filter")
    expect(page.get_by_role("button", name="Take away trial 2")).to_be_visible()


def _open_trial(page: Page) -> None:
    page.locator("tr[data-trial]").first.get_by_role("button").click()
    page.get_by_role("dialog").get_by_text("Receipt: data, split").click()
    expect(page.get_by_test_id("receipt")).to_be_visible()


def _mistype_search(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Change")).first.click()
    page.get_by_label("Designs to try").fill("many")
    expect(page.get_by_label("Designs to try")).to_have_attribute("aria-invalid", "true")


def _mistype_space(page: Page) -> None:
    page.get_by_role("button", name="YAML").click()
    page.get_by_label("Search space as YAML").fill("hidden: [")
    expect(page.locator("#space-text-help")).to_contain_text("Line")


def _upload_nonsense(page: Page) -> None:
    choose_file(page, "nonsense.csv", b'a,b\n1,2,3\n"4\n')
    expect(page.get_by_role("alert")).to_be_visible(timeout=20_000)


def _ask_to_cancel(page: Page) -> None:
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _cut_off(page: Page) -> None:
    page.route("**/v1/**", lambda route: route.abort())
    page.get_by_role("link", name="Studies").first.click()
    expect(page.get_by_text("The server can’t be reached.")).to_be_visible()
