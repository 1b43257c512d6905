"""What a reader waits for, measured inside of the page by its own clock."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import BrowserContext, Page, sync_playwright

CHROMIUM: Final = Path("/usr/bin/chromium")
FLAGS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
_PATIENCE: Final = 120_000
_QUIET: Final = 250
"""Milliseconds without a run of the script after which it is at its end."""

_WATCH: Final = """
window.watched = {painted: null, ended: 0, began: 0};
const look = () => {
  const at = performance.now();
  if (window.watched.painted === null && document.querySelector('[data-testid="stMetricValue"]')) {
    requestAnimationFrame(() => { window.watched.painted ??= performance.now(); });
  }
  const app = document.querySelector('[data-test-script-state]');
  const state = app && app.getAttribute('data-test-script-state');
  if (state !== window.watched.state) {
    window.watched.state = state;
    if (state === 'running') window.watched.began = at; else window.watched.ended = at;
  }
};
new MutationObserver(look).observe(document, {subtree: true, childList: true, attributes: true});
"""
"""Notes when the first figure was painted, and when Streamlit began and ended to run."""
_SETTLED: Final = f"""
since => {{
  const w = window.watched;
  return w.state === 'notRunning' && w.began > 0 && w.ended > since && performance.now() - w.ended > {_QUIET};
}}
"""
"""That an end came; not a beginning, since a click while figures refresh by themselves goes on with that run."""


@contextmanager
def browser() -> Iterator[BrowserContext]:
    """One reader's browser, which keeps what it has loaded."""
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        context = opened.new_context(viewport={"width": 1400, "height": 1000})
        context.set_default_timeout(_PATIENCE)
        context.add_init_script(_WATCH)
        yield context
        opened.close()


def paint(context: BrowserContext, url: str) -> tuple[Page, float, float]:
    """Open a page in a new tab: the tab, seconds to its first figures, and to the end of all that it draws."""
    page = context.new_page()
    page.goto(url, wait_until="commit")
    page.wait_for_function("window.watched && window.watched.painted !== null")
    page.wait_for_function(_SETTLED, arg=0)
    painted, ended = page.evaluate("[window.watched.painted, window.watched.ended]")
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

    def _other(self, *names: str) -> float:
        """Of a choice that is not the present one: a click on that would run nothing."""
        self._turn += 1
        choices = [self.page.get_by_role("radio", name=name, exact=True) for name in names]
        choices[0].wait_for()
        left = [choice for choice in choices if not choice.is_checked()]
        return self._timed(left[self._turn % len(left)].click)

    def _timed(self, click: Callable[[], None]) -> float:
        begun = self.page.evaluate("performance.now()")
        click()
        self.page.wait_for_function(_SETTLED, arg=begun)
        ended: float = self.page.evaluate("window.watched.ended")
        return (ended - begun) / 1000


def rest(page: Page, seconds: float) -> None:
    """Let the page be; playwright goes on only while it is asked something."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        page.wait_for_timeout(200)
