"""What a user does on the page, step by step."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import FilePayload, Page, expect

from layerlab.client import Client, Study

ROOT = Path(__file__).parents[2]
PENGUINS = ROOT / "services/gateway/samples/penguins.csv"
AXE = ROOT / "services/gateway/web/node_modules/axe-core/axe.min.js"


def many_penguins() -> bytes:
    """So many that a study of them can be watched."""
    header, *rows = PENGUINS.read_bytes().splitlines(keepends=True)
    return header + 60 * b"".join(rows)


def search_penguins(client: Client, target: str, designs: int, epochs: int) -> Study:
    """A search that has ended, without a verdict."""
    dataset = client.datasets.upload(PENGUINS.read_bytes(), name="penguins.csv")
    study = client.studies.create(
        dataset, target, max_trials=designs, max_epochs=epochs, verdict="off"
    )
    study.wait(timeout=120)
    return study


def host_of(url: str) -> str:
    found = re.match(r"\w+://([^/]+)", url)
    return found[1] if found else ""


def choose_file(page: Page, name: str, csv: bytes) -> None:
    file = FilePayload(name=name, mimeType="text/csv", buffer=csv)
    page.get_by_label("Choose a CSV file").set_input_files(file)


def drop_file(page: Page, name: str, csv: str) -> None:
    """What the browser does when a file is let go above the page."""
    expect(page.get_by_text("Drop a CSV file here")).to_be_visible()
    page.evaluate(
        """([name, text]) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([text], name, {type: "text/csv"}));
            const options = {dataTransfer, bubbles: true, cancelable: true};
            document.body.dispatchEvent(new DragEvent("dragover", options));
            document.body.dispatchEvent(new DragEvent("drop", options));
        }""",
        [name, csv],
    )


def go_to_step(page: Page, title: str) -> None:
    """One of the wizard's: Upload, Columns, Search, Review."""
    page.get_by_role("navigation", name="Steps").get_by_role("link", name=title).click()


def choose_search(page: Page, designs: int, epochs: int) -> None:
    go_to_step(page, "Search")
    page.get_by_text("Quick", exact=True).click()
    page.get_by_label("Designs to try").fill(str(designs))
    page.get_by_label("Most epochs per design").fill(str(epochs))


def press_start(page: Page) -> None:
    go_to_step(page, "Review")
    page.get_by_role("button", name="Start the study").click()
    expect(page).to_have_url(re.compile(r"/studies/\w+"))


def start_search(page: Page, designs: int, epochs: int) -> None:
    """Without a verdict."""
    choose_search(page, designs, epochs)
    page.get_by_text("Search only").click()
    press_start(page)


def count_done(page: Page) -> int:
    return int(page.get_by_test_id("done").inner_text())


def what_axe_finds(page: Page, **options: object) -> list[str]:
    """Rules of accessibility that the page breaks, and where; axe-core is the web project's."""
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "options => axe.run(document, {resultTypes: ['violations'], ...options})", options
    )
    return [
        f"{each['id']}: {[node['target'] for node in each['nodes'][:3]]}"
        for each in found["violations"]
    ]


def is_wider_than_its_window(page: Page) -> bool:
    """Whether the page as a whole can be scrolled sideways."""
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    return int(widths[0]) > int(widths[1])
