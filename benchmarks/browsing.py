"""What a reader waits for, measured inside of the page by its own clock."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from playwright.sync_api import BrowserContext, Page, sync_playwright

CHROMIUM: Final = Path("/usr/bin/chromium")
FLAGS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
_PATIENCE: Final = 120_000
_QUIET: Final = 250
"""Milliseconds without a message from the server after which it has said everything."""

_WATCH: Final = """
window.watched = {painted: null, acted: 0, asked: 0, heard: 0, drawn: 0};
for (const kind of ['click', 'input']) {
  window.addEventListener(kind, () => { window.watched.acted = performance.now(); }, {capture: true});
}
const Socket = window.WebSocket;
window.WebSocket = class extends Socket {
  constructor(...given) {
    super(...given);
    this.addEventListener('message', () => {
      const w = window.watched;
      w.heard = performance.now();
      requestAnimationFrame(() => requestAnimationFrame(() => { w.drawn = performance.now(); }));
    });
  }
  send(what) {
    window.watched.asked = performance.now();
    super.send(what);
  }
};
const look = () => {
  if (window.watched.painted === null && document.querySelector('[class*="st-key-tile_"] strong')) {
    requestAnimationFrame(() => { window.watched.painted ??= performance.now(); });
  }
};
new MutationObserver(look).observe(document, {subtree: true, childList: true});
"""
"""Notes when the first figure was painted, when the reader clicked or typed, when the server was asked and heard last,
and when that was drawn.

The page's own word for whether its script runs is of no use: a run of a few milliseconds begins and ends between two of
its pictures, and was then waited for until figures refreshed by themselves, 30 s later.
"""
_SETTLED: Final = f"""
since => {{
  const w = window.watched, app = document.querySelector('[data-test-script-state]');
  return app && app.getAttribute('data-test-script-state') === 'notRunning' && w.asked >= since && w.heard > w.asked
    && w.drawn > w.heard && performance.now() - w.heard > {_QUIET};
}}
"""


@contextmanager
def browser() -> Iterator[BrowserContext]:
    """One reader's browser, with a profile: it keeps what it has loaded, and the code that it made of it."""
    with TemporaryDirectory() as profile, sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            profile, executable_path=str(CHROMIUM), args=list(FLAGS), viewport={"width": 1400, "height": 1000}
        )
        context.set_default_timeout(_PATIENCE)
        context.add_init_script(_WATCH)
        yield context
        context.close()


def paint(context: BrowserContext, url: str) -> tuple[Page, float, float]:
    """Open a page in a new tab: the tab, seconds to its first figures, and to the end of all that it draws."""
    page = context.new_page()
    page.goto(url, wait_until="commit")
    page.wait_for_function("window.watched && window.watched.painted !== null")
    page.wait_for_function(_SETTLED, arg=0)
    painted, ended = page.evaluate("[window.watched.painted, window.watched.drawn]")
    return page, painted / 1000, ended / 1000


class Reader:
    """Somebody at a tab."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._turn = 0

    def preset(self) -> float:
        """Seconds from the click on another time window to the end of what is drawn anew."""
        return self._other("24h", "7d", "14d", "6h")

    def filter(self) -> float:
        """The same of what Explore counts."""
        return self._other("Refused and failed requests", "Bytes sent", "Requests")

    def narrow(self, text: str) -> float:
        """The same of a search among the keys; from the last letter on."""
        return self._timed(lambda: self.page.get_by_role("textbox", name="Search").fill(text))

    def go(self, to: str) -> float:
        """The same of a page of the menu."""
        return self._timed(lambda: self.page.get_by_role("link", name=to, exact=True).click())

    def press(self, name: str) -> float:
        """The same of a button."""
        return self._timed(self.page.get_by_role("button", name=name).click)

    def _other(self, *names: str) -> float:
        """Of a choice that is not the present one: a click on that would run nothing."""
        self._turn += 1
        choices = [self.page.get_by_role("radio", name=name, exact=True) for name in names]
        choices[0].wait_for()
        left = [choice for choice in choices if not choice.is_checked()]
        return self._timed(left[self._turn % len(left)].click)

    def _timed(self, click: Callable[[], None]) -> float:
        """From the event in the page on; before it, Playwright looks for the element and waits until that stands."""
        begun = self.page.evaluate("performance.now()")
        click()
        self.page.wait_for_function(_SETTLED, arg=begun)
        seconds: float = self.page.evaluate("(window.watched.drawn - window.watched.acted) / 1000")
        return seconds


def rest(page: Page, seconds: float) -> None:
    """Let the page be; playwright goes on only while it is asked something."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        page.wait_for_timeout(200)
