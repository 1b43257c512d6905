"""The real server in a real browser: from the overview to a key, with its state in the URL."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboard.reads.data import TICK
from keywatch.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import FloatRect, Locator, Page

    from tests.dashboard.conftest import Small

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE = 90
"""Seconds for a machine that tests much else."""
ROW = 32
DRAWN = 500
"""Milliseconds in which a choice would have led elsewhere."""
NAMED = """
(() => {
  const at = document.activeElement, label = at.getAttribute('aria-label') || at.innerText || '';
  return label.replace(/\\s+/g, ' ').replace(/^[a-z_]+ (?=[A-Z0-9])/, '').trim();
})()
"""
"""What the element with the focus is called, without its icon's name."""

pytestmark = pytest.mark.skipif(not CHROMIUM.exists() and not os.environ.get("CI"), reason="Chromium is not installed")


@pytest.fixture
def shown(small: "Small", tmp_path: Path) -> Iterator[Workspace]:
    """The workspace that is served: a copy of the small one, since that it was is in its audit log."""
    shutil.copytree(small.workspace.root, tmp_path / "own")
    workspace = Workspace.at(tmp_path / "own" / "keywatch.toml")
    yield workspace
    workspace.close()


@pytest.fixture
def address(shown: Workspace) -> Iterator[str]:
    with served(shown) as url:
        yield url


@contextmanager
def served(workspace: Workspace) -> Iterator[str]:
    """The address of a server of a workspace."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(serving(workspace, port), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE)


def serving(workspace: Workspace, port: int) -> list[str]:
    """The command that serves a workspace on a port of this machine."""
    config = str(workspace.root / "keywatch.toml")
    return [sys.executable, "-m", "keywatch", "-c", config, "dashboard", "--headless", "--port", str(port)]


def wait_for(url: str) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


@pytest.fixture
def page(address: str) -> Iterator["Page"]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        opened = browser.new_page(viewport={"width": 1400, "height": 1400}, base_url=address)
        opened.set_default_timeout(PATIENCE * 1000)
        yield opened
        browser.close()


def click_first_row(page: "Page", table: str) -> None:
    """A table is drawn on a canvas, so a row is a place in it, which must not move between the look and the click."""
    box = resting(page, page.get_by_test_id("stDataFrame").filter(has=page.get_by_role("button", name=table)))
    page.mouse.click(box["x"] + 60, box["y"] + 1.5 * ROW)


def resting(page: "Page", element: "Locator") -> "FloatRect":
    """The place of an element that has found it: what is above it is drawn, and the server has said all it had to."""
    until, seen = time.monotonic() + PATIENCE, None
    while time.monotonic() < until:
        page.locator("[data-test-script-state=notRunning]").wait_for(state="attached")
        box = element.bounding_box()
        if box is not None and box == seen:
            return box
        seen = box
        page.wait_for_timeout(DRAWN)
    pytest.fail(f"{element} moves on after {PATIENCE} s")


def refreshing(page: "Page") -> list[float]:
    """Fills with the seconds after which the server has parts of a page ask again."""
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    intervals: list[float] = []

    def hear(frame: str | bytes) -> None:
        if isinstance(frame, bytes):
            said = ForwardMsg.FromString(frame)
            if said.WhichOneof("type") == "auto_rerun":
                intervals.append(said.auto_rerun.interval)

    page.on("websocket", lambda socket: socket.on("framereceived", hear))
    return intervals


def parameters(page: "Page") -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_from_the_overview_to_a_key_with_the_state_in_the_url(page: "Page") -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    intervals = refreshing(page)
    page.goto("/")
    page.get_by_role("radio", name="24h").click()
    page.wait_for_url("**/?window=24h")
    page.get_by_text("135", exact=True).first.wait_for()
    click_first_row(page, "The keys with the most requests")
    page.wait_for_url("**/key?*window=24h*")
    page.get_by_test_id("stText").get_by_text("billing-prod", exact=True).wait_for()
    tile = page.locator("[class*=st-key-tile_requests]")
    tile.get_by_text("96", exact=True).wait_for()
    page.locator("[aria-label^='Requests per 15 minutes, stacked by outcome']").wait_for()

    assert {TICK.total_seconds()} == set(intervals)
    assert {"key": ["key_1"], "window": ["24h"]} == parameters(page)
    assert ["ac_live_…bbbb"] == page.get_by_test_id("stText").get_by_text("ac_live").all_inner_texts()

    page.reload()
    tile.get_by_text("96", exact=True).wait_for()

    assert {"key": ["key_1"], "window": ["24h"]} == parameters(page)
    assert not complaints


def test_the_style_holds_before_anything_else_is_drawn(page: "Page") -> None:
    page.goto("/")
    tile = page.locator("[class*=st-key-tile_requests] strong")
    tile.wait_for()

    assert "19.6px" == tile.evaluate("e => getComputedStyle(e).fontSize")
    assert "none" == page.locator(".st-key-window_hidden").evaluate("e => getComputedStyle(e).display")
    assert "keywatch" == page.title()


def test_with_the_keyboard_alone_from_the_menu_to_a_key_that_is_searched_for(page: "Page") -> None:
    page.goto("/")
    page.locator("[class*=st-key-tile_]").first.wait_for()
    reach(page, "Keys")
    page.keyboard.press("Enter")
    page.wait_for_url("**/keys")
    page.get_by_role("button", name="1 Never expires").wait_for()
    reach(page, "1 Never expires")
    page.keyboard.press("Enter")
    page.wait_for_url("**/keys?hygiene=endless")
    page.get_by_text("1 of 6 rows").wait_for()
    page.goto("/key")
    page.get_by_role("textbox", name="Find a key").wait_for()
    reach(page, "Find a key")
    page.keyboard.type("billing")
    page.get_by_test_id("stDataFrame").wait_for()
    reach(page, "Fullscreen: Keys that are found")
    page.keyboard.press("Tab")
    page.wait_for_timeout(DRAWN)

    assert "/key" == urlsplit(page.url).path
    assert {} == parameters(page)

    page.keyboard.press("ArrowRight")
    page.wait_for_url("**/key?*key=key_1*")
    page.get_by_test_id("stText").get_by_text("billing-prod", exact=True).wait_for()


def test_the_tabulator_leads_past_a_table_and_chooses_nothing(page: "Page") -> None:
    page.goto("/")
    page.locator("[aria-label^='Requests per hour, stacked by outcome']").wait_for()
    reach(page, "Fullscreen: Standing incidents")
    reach(page, "Show as table")
    page.wait_for_timeout(DRAWN)

    assert "/" == urlsplit(page.url).path
    assert {} == parameters(page)


def reach(page: "Page", name: str, key: str = "Tab") -> None:
    """Go on with the tabulator, or back with Shift, until what is called so has the focus."""
    for _ in range(120):
        page.keyboard.press(key)
        if page.evaluate(NAMED).startswith(name):
            return
    pytest.fail(f"No tabulator leads to {name}.")
