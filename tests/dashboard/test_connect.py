"""How a page finds its server: at once, and never below itself."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from keywatch.workspace import Workspace
from tests.dashboard.test_browser import CHROMIUM, FLAGS, PATIENCE, served

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Route

    from tests.dashboard.conftest import Small

CHECK = "**/_stcore/health"
LONG_ENOUGH = 1_000
"""Milliseconds in which a socket that waits for nothing would be open."""

pytestmark = pytest.mark.skipif(not CHROMIUM.exists() and not os.environ.get("CI"), reason="Chromium is not installed")


@pytest.fixture
def reader(small: "Small", tmp_path: Path) -> Iterator["BrowserContext"]:
    """Somebody's browser, which has not been here before."""
    playwright = pytest.importorskip("playwright.sync_api")
    shutil.copytree(small.workspace.root, tmp_path / "own")
    workspace = Workspace.at(tmp_path / "own" / "keywatch.toml")
    with served(workspace) as url, playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        context = browser.new_context(base_url=url)
        context.set_default_timeout(PATIENCE * 1000)
        yield context
        browser.close()
    workspace.close()


def test_the_server_is_not_looked_for_below_a_page(reader: "BrowserContext") -> None:
    page = reader.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/key?key=key_1")
    page.locator("[class*=st-key-tile_]").first.wait_for()

    assert [url for url in asked if url.endswith("/_stcore/health")]
    assert not [url for url in asked if "/key/" in url]


def test_the_socket_waits_for_the_check_that_sets_the_cookie_and_later_for_nothing(reader: "BrowserContext") -> None:
    held: list[Route] = []

    def hold(route: "Route") -> None:
        held.append(route)

    page = reader.new_page()
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.route(CHECK, hold)
    with page.expect_request(CHECK):
        page.goto("/key?key=key_1")
    page.wait_for_timeout(LONG_ENOUGH)

    assert [] == sockets

    held[0].continue_()
    page.locator("[class*=st-key-tile_]").first.wait_for()
    again = reader.new_page()
    again.route(CHECK, hold)
    again.goto("/key?key=key_1")
    again.locator("[class*=st-key-tile_]").first.wait_for()

    assert ["_streamlit_xsrf"] == [cookie["name"] for cookie in reader.cookies()]
