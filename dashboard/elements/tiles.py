"""Figures with their change against the window before."""

from collections.abc import Mapping

import streamlit as st

from dashboard.words import change, count, share

Totals = Mapping[str, int]
"""The one row of `store.queries.traffic.totals`."""


def row(name: str, label: str, now: Totals, before: Totals | None, *, help_: str, bad: bool = False) -> None:
    """The figure of one column of the totals."""
    tile(label, now[name], before[name] if before else None, help_=help_, bad=bad)


def tile(label: str, now: float, before: float | None, *, help_: str, bad: bool = False) -> None:
    """One figure and its change; `bad` says that more of it is worse, `before` is None when nothing compares."""
    moved = None if before is None else change(now, before)
    neutral = moved is None or moved.startswith("±") or not bad
    st.metric(
        label,
        count(now),
        delta=moved,
        delta_color="off" if neutral else "inverse",
        delta_arrow="auto" if moved and moved[0] in "+-" else "off",
        help=help_,
        border=True,
        height="stretch",
    )


def success_tile(totals: Totals, before: Totals | None) -> None:
    """The share of successful requests, and its change in percentage points."""
    delta = None
    if before and totals["requests"] and before["requests"]:
        points = 100 * (totals["successes"] / totals["requests"] - before["successes"] / before["requests"])
        delta = f"{points:+.1f} pp" if abs(points) >= 0.05 else "±0 pp"  # noqa: PLR2004 (the digit that is shown)
    st.metric(
        "Successful",
        share(totals["successes"], totals["requests"]),
        delta=delta,
        delta_color="off" if delta is None or delta.startswith("±") else "normal",
        delta_arrow="auto" if delta and delta[0] in "+-" else "off",
        help="Share of requests that were answered with 1xx to 3xx; the change is in percentage points.",
        border=True,
        height="stretch",
    )
