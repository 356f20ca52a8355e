"""The gateway is killed while the page is looked at: the page misses nothing, in two browsers."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Open, StartServer
from tests.e2e.page_steps import choose_file, count_done, many_penguins, start_search
from tests.servers import free_port

pytestmark = pytest.mark.browser

_TRAINING_MS = 90_000


def test_no_event_is_missed_when_the_gateway_is_killed_and_a_second_browser_sees_the_same(
    start_server: StartServer, open_page: Open, browser: Browser, complaints: list[str]
) -> None:
    port = free_port()
    server = start_server(port=port)
    page = open_page(server)
    heard = _listen(page)
    choose_file(page, "penguins.csv", many_penguins())
    start_search(page, designs=400, epochs=60)
    expect(page.get_by_test_id("done")).not_to_have_text("0", timeout=_TRAINING_MS)

    server.kill()
    expect(page.locator("[data-connection=reconnecting]")).to_be_visible()
    done = count_done(page)
    server = start_server(port=port)
    expect(page.locator("[data-connection=live]")).to_be_visible(timeout=_TRAINING_MS)
    page.wait_for_function(
        "done => Number(document.querySelector('[data-testid=done]').textContent) > done",
        arg=done,
        timeout=_TRAINING_MS,
    )
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator(".study-meta .badge-state[data-state=SUCCEEDED]")).to_be_visible(
        timeout=_TRAINING_MS
    )

    with server.client() as client:
        study = next(iter(client.studies.list()))
    done = study.progress.done - study.progress.cancelled
    expect(page.get_by_test_id("done")).to_have_text(str(done))
    # Over two servers and as many sockets as it took: each event once, up to the last.
    assert heard == list(range(heard[0], study.document["seq"] + 1))
    second = browser.new_page()
    second.goto(page.url)
    expect(second.get_by_test_id("done")).to_have_text(str(done))
    second.close()
    # The browser notes each try that found nobody.
    assert [line for line in complaints if "net::ERR_" not in line] == []
    complaints.clear()


def _listen(page: Page) -> list[int]:
    """Numbers of the events that reach the page, as they come."""
    heard: list[int] = []

    def take(frame: str | bytes) -> None:
        event = json.loads(frame)
        if "subject" in event:
            heard.append(event["seq"])

    page.on("websocket", lambda socket: socket.on("framereceived", take))
    return heard
