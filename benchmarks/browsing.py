"""What a reader waits for, measured inside of the page by its own clock."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from playwright.sync_api import BrowserContext, FloatRect, Locator, Page, sync_playwright
from playwright.sync_api import TimeoutError as TooLate

CHROMIUM: Final = Path("/usr/bin/chromium")
FLAGS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE: Final = 120
"""Seconds after which nobody waits any more."""
_HEED: Final = 10
"""Seconds within which a page asks the server for what was clicked, however much it has to draw."""
_TRIES: Final = 3
_QUIET: Final = 250
"""Milliseconds without a message from the server after which it has said everything."""
_PRESS: Final = 80
"""Milliseconds for which a finger holds a mouse's button; a table misses what is shorter when it is busy."""
_ROW: Final = 32
"""Pixels of a table's row."""
_WITHIN: Final = 300
"""Pixels from a table's left edge to a cell that means its row."""

_TIMES: Final = "[window.watched.acted, window.watched.seen, window.watched.drawn]"
_SETTLED: Final = f"""
since => {{
  const w = window.watched, app = document.querySelector('[data-test-script-state]');
  return app && app.getAttribute('data-test-script-state') === 'notRunning' && w.asked >= since && w.begun > w.asked
    && w.ended >= w.begun && w.drawn > w.heard && performance.now() - w.heard > {_QUIET};
}}
"""


class Took(NamedTuple):
    """Seconds from a click on."""

    sight: float
    """Until all that is in the window stands."""
    whole: float
    """Until the last thing that the server said of it is drawn, in the window or below."""


class Unanswered(Exception):
    """A click that the page asked the server nothing for, however often it was tried."""


NEVER: Final = (Unanswered, TooLate)
"""What is raised for what does not come within PATIENCE."""


@contextmanager
def browser() -> Iterator[BrowserContext]:
    """One reader's browser, with a profile: it keeps what it has loaded, and the code that it made of it."""
    with TemporaryDirectory() as profile, sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            profile, executable_path=str(CHROMIUM), args=list(FLAGS), viewport={"width": 1400, "height": 1000}
        )
        context.set_default_timeout(PATIENCE * 1000)
        context.add_init_script(path=Path(__file__).with_name("watching.js"))
        yield context
        context.close()


def paint(page: Page, url: str) -> tuple[float, float]:
    """Open a page in a tab: seconds to its first figures, and to the end of all that it draws."""
    page.goto(url, wait_until="commit")
    page.wait_for_function("window.watched && window.watched.painted !== null")
    page.wait_for_function(_SETTLED, arg=0)
    painted, ended = page.evaluate("[window.watched.painted, window.watched.drawn]")
    return painted / 1000, ended / 1000


class Reader:
    """Somebody at a tab. What is done returns how long it took from the click on.

    It raises one of NEVER when that does not come.
    """

    def __init__(self, page: Page, heed: float = _HEED) -> None:
        self.page = page
        self.unheeded = 0
        """Clicks that the page asked the server nothing for, so that they were made again."""
        self._heed = heed
        self._turn = 0

    def preset(self) -> Took:
        """Another time window."""
        return self._other("24h", "7d", "14d", "6h")

    def window(self, name: str) -> Took | None:
        """This time window; None where it is chosen already."""
        choice = self.page.get_by_role("radio", name=name, exact=True)
        choice.wait_for()
        return None if choice.is_checked() else self._timed(choice.click)

    def brush(self) -> Took:
        """A window of one's own: a fifth of the first chart, drawn over it with the mouse."""
        box = self._resting(self.page.get_by_test_id("stVegaLiteChart").locator("canvas").first)
        since, until = (box["x"] + box["width"] * part for part in (0.5, 0.7))
        y = box["y"] + box["height"] / 2

        def _drag() -> None:
            self.page.mouse.move(since, y)
            self.page.mouse.down()
            self.page.mouse.move(until, y, steps=4)
            self.page.mouse.up()

        return self._timed(_drag)

    def measure(self) -> Took:
        """Something else that Explore counts."""
        return self._other("Refused and failed requests", "Bytes sent", "Requests")

    def clear(self) -> Took | None:
        """Explore without filters, which last from visit to visit; None where there are none."""
        button = self.page.get_by_role("button", name="Clear filters")
        button.wait_for()
        return self._timed(button.click) if button.is_enabled() else None

    def filter_by_key(self, label: str) -> Took:
        """Explore's filter by a key that is called so there; the list offers to add one that it does not have."""
        box = self.page.get_by_role("combobox", name="Key", exact=True)

        def _choose() -> None:
            box.fill(label)
            self.page.get_by_role("option", name=re.compile(f"{re.escape(label)}$")).click()

        took = self._timed(_choose)
        box.press("Escape")  # the list covers the rest of the page
        return took

    def group(self, by: str) -> Took:
        """What Explore tells requests apart by."""

        def _choose() -> None:
            self.page.get_by_role("combobox", name="Group by", exact=True).click()
            self.page.get_by_role("option", name=by, exact=True).click()

        return self._timed(_choose)

    def narrow(self, text: str) -> Took:
        """A search among the keys; from the last letter on."""
        return self._timed(lambda: self.page.get_by_role("textbox", name="Search").fill(text))

    def go(self, to: str) -> Took:
        """A page of the menu."""
        return self._timed(self.page.get_by_role("link", name=to, exact=True).click)

    def follow(self, name: str) -> Took:
        """A link on the page."""
        return self._timed(self.page.get_by_role("link", name=name).click)

    def press(self, name: str) -> Took:
        """A button."""
        return self._timed(self.page.get_by_role("button", name=name).click)

    def choose(self, table: str, row: int) -> Took:
        """A row of a table, which is drawn on a canvas: a row is a place in it."""
        frame = self.page.get_by_test_id("stDataFrame").filter(has=self.page.get_by_role("button", name=table))
        box = self._resting(frame)
        scrolled = "(table, top) => { table.scrollTop = top; return table.scrollTop; }"
        above: float = frame.locator(".dvn-scroller").evaluate(scrolled, row * _ROW)
        rest(self.page, _QUIET / 1000)
        x, y = box["x"] + _WITHIN, box["y"] + (row + 1.5) * _ROW - above
        self.page.mouse.move(x, y)
        return self._timed(lambda: self.page.mouse.click(x, y, delay=_PRESS))

    def lens(self) -> Took:
        """Other requests behind an incident: of its key, wherever they came from, or of its key from one address."""
        return self._other(*self._named("Whose requests", "Key"))

    def silence(self, why: str) -> Took:
        """A silence of an incident; from the button on that makes it."""
        self.page.get_by_test_id("stPopoverButton").filter(has_text="Silence").click()
        body = self.page.get_by_test_id("stPopoverBody")
        reason = body.get_by_role("textbox", name="Why")
        reason.fill(why)
        self._timed(lambda: reason.press("Enter"))
        return self._timed(body.get_by_role("button", name="Silence").click)

    def back(self, to: str) -> None:
        """Back until the address has this in it; a window that was set on the way there is a step of its own."""
        for _ in range(_TRIES):
            self._timed(self.page.go_back)
            if to in self.page.url:
                return
        msg = f"The way back does not lead to {to}."
        raise Unanswered(msg)

    def _named(self, group: str, beginning: str) -> list[str]:
        choices = self.page.get_by_role("radiogroup", name=group).get_by_role("radio")
        choices.first.wait_for()
        return [name for name in choices.all_inner_texts() if name.startswith(beginning)]

    def _other(self, *names: str) -> Took:
        """Of a choice that is not the present one, as of each click: one on that would run nothing."""
        self._turn += 1

        def _click() -> None:
            choices = [self.page.get_by_role("radio", name=name, exact=True) for name in names]
            choices[0].wait_for()
            left = [choice for choice in choices if not choice.is_checked()]
            left[self._turn % len(left)].click()

        return self._timed(_click)

    def _timed(self, click: Callable[[], object]) -> Took:
        """From the event in the page on; before it, Playwright looks for the element and waits until that stands.

        What is clicked can be drawn anew between the mouse's going down and up, and then nothing is clicked at all.
        Whoever sits there clicks again.
        """
        for _ in range(_TRIES):
            begun = self.page.evaluate("performance.now()")
            click()
            if self._heeded(begun):
                break
            self.unheeded += 1
        else:
            msg = f"The page asked the server for nothing, in {_TRIES} clicks."
            raise Unanswered(msg)
        self.page.wait_for_function(_SETTLED, arg=begun)
        acted, seen, drawn = self.page.evaluate(_TIMES)
        return Took(max(0.0, seen - acted) / 1000, (drawn - acted) / 1000)

    def _heeded(self, since: float) -> bool:
        asked = "since => window.watched.asked >= since"
        try:
            self.page.wait_for_function(asked, arg=since, timeout=self._heed * 1000)
        except TooLate:
            return False
        return True

    def _resting(self, element: Locator) -> FloatRect:
        """The place of an element in sight that has found it."""
        element.scroll_into_view_if_needed()
        until, seen = time.monotonic() + PATIENCE, None
        while (box := element.bounding_box()) is None or box != seen:
            if time.monotonic() > until:
                msg = "What is to be clicked moves on and on."
                raise Unanswered(msg)
            seen = box
            rest(self.page, _QUIET / 1000)
        return box


def rest(page: Page, seconds: float) -> None:
    """Let the page be; playwright goes on only while it is asked something."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        page.wait_for_timeout(min(200, seconds * 1000))
