"""Takes the pictures of the README: `python docs/screenshots.py WORKSPACE/keywatch.toml`, into docs/images/.

Needs Debian's Chromium and the package playwright. Serves the dashboard on a free port of 127.0.0.1 while it runs.
"""

import argparse
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from keywatch.workspace import Workspace
from store.state.incidents import list_incidents
from store.state.reports import report_frame

IMAGES = Path(__file__).parent / "images"
CHROMIUM = "/usr/bin/chromium"
WIDTH, HEIGHT = 1400, 1000
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
TALLEST = 1500
PATIENCE = 60


def main() -> None:
    """Serve, look, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path, help="The keywatch.toml of a workspace with events and findings.")
    parser.add_argument("--output", type=Path, default=IMAGES, help="The folder for the pictures.")
    parser.add_argument("--only", action="append", help="Take this picture alone; may be given several times.")
    arguments = parser.parse_args()
    workspace = Workspace.at(arguments.config)
    with workspace.store.reading() as tx:
        standing = list_incidents(tx)
        reports = report_frame(tx)["id"]
    gravest = max(standing, key=lambda incident: (incident.severity.rank, incident.last_seen))
    key = next(i.key_id for i in sorted(standing, key=lambda i: -i.severity.rank) if i.key_id)
    arguments.output.mkdir(parents=True, exist_ok=True)
    with _served(arguments.config) as url, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for name, path, scheme in (
            ("overview", "/", "light"),
            ("overview-dark", "/", "dark"),
            ("keys", "/keys", "light"),
            ("key", f"/key?key={key}", "light"),
            ("explore", "/explore?by=Key", "light"),
            ("queue", "/incidents", "light"),
            ("incidents", f"/incidents?incident={gravest.id}", "light"),
            ("incidents-dark", f"/incidents?incident={gravest.id}", "dark"),
            ("key-dark", f"/key?key={key}", "dark"),
            ("alerts", "/alerts", "light"),
            ("sources", "/sources", "light"),
            ("reports", f"/reports?report={reports.iloc[0]}" if len(reports) else "/reports", "light"),
        ):
            if arguments.only and name not in arguments.only:
                continue
            _take(browser, url + path, arguments.output / f"{name}.png", "dark" if scheme == "dark" else "light")
        browser.close()
    workspace.close()


@contextmanager
def _served(config: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "keywatch", "-c", str(config), "dashboard", "--headless", "--port", str(port)]
    server = subprocess.Popen(words)  # noqa: S603 (our own words, no shell)
    try:
        _wait(f"http://127.0.0.1:{port}/readyz")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE)


def _wait(url: str) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 (our own http address)
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _take(browser: Browser, url: str, to: Path, scheme: Literal["light", "dark"]) -> None:
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme)
    page.goto(url)
    began = time.monotonic()
    _settle(page)
    print(f"{to.name}: {time.monotonic() - began:.2f} s")  # noqa: T201 (its output)
    _grow(page)
    page.screenshot(path=to, animations="disabled")
    page.close()


def _settle(page: Page) -> None:
    """Wait for the page's content, and until Streamlit has run to its end."""
    content = page.get_by_test_id("stMetric").or_(page.get_by_test_id("stDataFrame"))
    content.locator("visible=true").first.wait_for()
    page.locator("[data-test-script-state=notRunning]").wait_for()
    page.wait_for_timeout(1_000)


def _grow(page: Page) -> None:
    """Make the window as tall as its content, which scrolls inside the page's body."""
    tall = page.evaluate("document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight")
    page.set_viewport_size({"width": WIDTH, "height": min(int(tall) + 20, TALLEST)})
    page.wait_for_timeout(1_000)


if __name__ == "__main__":
    main()
