"""How long was waited for what, and for what in vain."""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Final

from playwright.sync_api import Page

from benchmarks.browsing import NEVER, PATIENCE
from benchmarks.serving import Server

_SHOWN: Final = 3_000
"""Letters of a page that are told of."""
_LOOK: Final = 5_000
"""Milliseconds for a look at a page that may be stuck."""


@dataclass(slots=True)
class Waited:
    """Of all cases."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    whole: dict[str, list[float]] = field(default_factory=dict)
    """Until what is below the window's edge was drawn, too, where that was measured."""
    never: Counter[str] = field(default_factory=Counter)
    """What was not answered, and how often."""
    unheeded: int = 0
    """Clicks that a page asked nothing for, so that they were made again."""

    def add(self, what: str, seconds: float, whole: float | None = None) -> None:
        """One more case."""
        self.seconds.setdefault(what, []).append(seconds)
        if whole is not None:
            self.whole.setdefault(what, []).append(whole)

    def in_vain(self, what: str, why: Exception, page: Page, server: Server) -> None:
        """One more that was not answered; says what the page shows and what the server is at."""
        self.never[what] += 1
        sys.stderr.write(f"Not answered: {what}.\n{why}\n\n{_shown(page)}\n\n{server.stacks()}\n")
        sys.stderr.flush()

    def table(self, targets: Mapping[str, float | None]) -> str:
        """A row for each of these that there were, with what 95 % of its cases are to stay under."""
        lines = [
            "| what | cases | median s | 95 % s | longest s | whole page, s | not answered | target s (95 %) |",
            "|---|---:|---:|---:|---:|---:|---:|---:|",
        ]
        lines += [self._row(what, [what], target) for what, target in targets.items() if self._all([what])]
        return "\n".join(lines)

    def sum_row(self, name: str, those: Iterable[str], target: float) -> str:
        """A row of several of them together."""
        return self._row(name, list(those), target)

    def _row(self, name: str, those: list[str], target: float | None) -> str:
        seconds = self._all(those)
        never = sum(self.never[what] for what in those)
        figures = f"{median(seconds):.2f} | {most(seconds):.2f} | {max(seconds):.2f}"
        whole = [second for what in those for second in self.whole.get(what, ())]
        figures += f" | {median(whole):.2f}, {most(whole):.2f}" if whole else " | -"
        return f"| {name} | {len(seconds)} | {figures} | {never} | {'-' if target is None else f'{target:.1f}'} |"

    def _all(self, those: Iterable[str]) -> list[float]:
        """One that was not answered took as long as it was waited for, at the least."""
        return [
            seconds
            for what in those
            for seconds in (*self.seconds.get(what, ()), *([float(PATIENCE)] * self.never[what]))
        ]


def most(seconds: list[float]) -> float:
    """What 95 % of them are at most."""
    return quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]


def _shown(page: Page) -> str:
    told = "() => JSON.stringify({...window.watched, now: performance.now()})"
    try:
        watched = page.wait_for_function(told, timeout=_LOOK).json_value()
        text = page.locator("body").inner_text(timeout=_LOOK)
    except NEVER:
        return f"{page.url} is stuck itself."
    return f"{page.url}\n{watched}\n{text[:_SHOWN]}"
