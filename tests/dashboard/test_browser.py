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

from keywatch.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.dashboard.conftest import Small

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE = 90
"""Seconds for a machine that tests much else."""
ROW = 32

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
    """A table is drawn on a canvas, so a row is a place in it."""
    box = page.get_by_test_id("stDataFrame").filter(has=page.get_by_role("button", name=table)).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 60, box["y"] + 1.5 * ROW)


def parameters(page: "Page") -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_from_the_overview_to_a_key_with_the_state_in_the_url(page: "Page") -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/")
    page.get_by_role("radio", name="24h").click()
    page.wait_for_url("**/?window=24h")
    page.get_by_text("135", exact=True).first.wait_for()
    click_first_row(page, "The keys with the most requests")
    page.wait_for_url("**/key?*window=24h*")
    page.get_by_test_id("stText").get_by_text("billing-prod", exact=True).wait_for()
    tile = page.get_by_test_id("stMetric").filter(has_text="Requests")
    tile.get_by_text("96", exact=True).wait_for()
    page.locator("[aria-label^='Requests per 15 minutes, stacked by outcome']").wait_for()

    assert {"key": ["key_1"], "window": ["24h"]} == parameters(page)
    assert ["ac_live_…bbbb"] == page.get_by_test_id("stText").get_by_text("ac_live").all_inner_texts()

    page.reload()
    tile.get_by_text("96", exact=True).wait_for()

    assert {"key": ["key_1"], "window": ["24h"]} == parameters(page)
    assert not complaints
