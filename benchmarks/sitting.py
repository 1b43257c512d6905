"""A reader who sits before the dashboard for a while, and what the server holds meanwhile."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import linear_regression

from playwright.sync_api import BrowserContext

from benchmarks.browsing import NEVER, Reader, Took, paint
from benchmarks.journey import Step
from benchmarks.serving import Server
from benchmarks.waited import Waited


@dataclass(slots=True)
class Held:
    """The server's memory over the clicks."""

    clicks: int = 0
    minutes: float = 0
    """From the first click to the last."""
    mb: list[tuple[int, float]] = field(default_factory=list)
    """After so many clicks, at the end of each turn."""

    @property
    def slope(self) -> float | None:
        """By how many MB the server grew in 100 clicks, over the later half of the turns; None for too few."""
        later = self.mb[len(self.mb) // 2 :]
        return linear_regression(*zip(*later, strict=True)).slope * 100 if len(later) > 1 else None

    @property
    def tenths(self) -> list[float]:
        """At the end of each tenth of the turns; none for too few."""
        turns = len(self.mb)
        return [self.mb[turns * tenth // 10 - 1][1] for tenth in range(1, 11)] if turns > 9 else []


class Sitting:
    """One reader, and one tab as long as it answers."""

    def __init__(self, context: BrowserContext, server: Server, waited: Waited) -> None:
        self.held = Held()
        self._context, self._server, self._waited = context, server, waited
        self._reader = self._sit_down()
        self._begun = time.monotonic()

    def turn(self, *ways: Sequence[Step]) -> None:
        """Go all of these, and look at what the server holds then."""
        for way in ways:
            self._go(way)
        self.held.minutes = (time.monotonic() - self._begun) / 60
        self.held.mb.append((self.held.clicks, self._server.memory()))

    def _go(self, way: Sequence[Step]) -> None:
        """Click by click; where one is not answered, the rest of the way is left out and a new tab opened."""
        for step in way:
            self.held.clicks += 1
            try:
                took = step.do(self._reader)
            except NEVER as why:
                self._waited.in_vain(step.what, why, self._reader.page, self._server)
                self._reader.page.close()
                self._reader = self._sit_down()
                return
            finally:
                self._waited.unheeded += self._reader.unheeded
                self._reader.unheeded = 0
            if step.told and isinstance(took, Took):
                self._waited.add(step.what, took.sight, took.whole)

    def _sit_down(self) -> Reader:
        page = self._context.new_page()
        paint(page, f"{self._server.url}/")
        return Reader(page)
