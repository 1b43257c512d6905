"""Figures with their change against the window before.

Each is text, not `st.metric`: the browser loads that with the first page that shows one, and shows it
when nothing else has arrived for a while (docs/why.md). A figure is what people wait for.
"""

from collections.abc import Mapping
from typing import Final, Literal

import streamlit as st

from dashboard.words import change, count, share

Totals = Mapping[str, int]
"""The one row of `store.queries.traffic.totals`."""
Mood = Literal["good", "bad", "neutral"]
_COLOURS: Final[Mapping[Mood, str]] = {"good": "green", "bad": "red", "neutral": "gray"}
_ARROWS: Final = {"+": "↑ ", "-": "↓ "}


def figure(label: str, value: str, *, help_: str, delta: str | None = None, mood: Mood = "neutral") -> None:
    """One figure under its name, and what changed; a `delta` with a sign has an arrow too. Words of ours alone."""
    with st.container(border=True, height="stretch", key=f"tile_{label.lower().replace(' ', '_')}"):
        changed = f"\n\n:{_COLOURS[mood]}-badge[{_ARROWS.get(delta[0], '')}{delta}]" if delta else ""
        st.markdown(label, help=help_)
        st.markdown(f"**{value}**{changed}")


def row(name: str, label: str, now: Totals, before: Totals | None, *, help_: str, bad: bool = False) -> None:
    """The figure of one column of the totals; `bad` says that more of it is worse."""
    delta = None if before is None else change(now[name], before[name])
    mood: Mood = "neutral"
    if bad and delta and not delta.startswith("±"):
        mood = "good" if delta.startswith("-") else "bad"
    figure(label, count(now[name]), help_=help_, delta=delta, mood=mood)


def success_tile(totals: Totals, before: Totals | None) -> None:
    """The share of successful requests, and its change in percentage points."""
    delta: str | None = None
    mood: Mood = "neutral"
    if before and totals["requests"] and before["requests"]:
        points = 100 * (totals["successes"] / totals["requests"] - before["successes"] / before["requests"])
        if abs(points) >= 0.05:  # noqa: PLR2004 (the digit that is shown)
            delta, mood = f"{points:+.1f} pp", "good" if points > 0 else "bad"
        else:
            delta = "±0 pp"
    figure(
        "Successful",
        share(totals["successes"], totals["requests"]),
        delta=delta,
        mood=mood,
        help_="Share of requests that were answered with 1xx to 3xx; the change is in percentage points.",
    )
