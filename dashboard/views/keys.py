"""Keys: every key with its use, and the traffic that belongs to none."""

import pandas as pd
import streamlit as st

from dashboard import data, tables
from dashboard.navigation import open_key
from dashboard.palette import status_word
from dashboard.roster import NO_KEY, roster
from dashboard.sight import Sight

_FILTERS = ("environment", "owner", "status")
_SEARCHED = ("name", "id", "owner", "hint")


def show(sight: Sight) -> None:
    """Draw the page."""
    period = sight.period
    frames = data.usage(sight.version, period.window)
    every = roster(
        data.keys(),
        frames["keys"],
        frames["curves"],
        activity=data.activity(),
        findings=data.standing_findings(),
        now=sight.period.now,
    )
    wanted = _filtered(every)
    hidden = int(wanted["hidden"].sum())
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        shown_too = st.toggle(f"Show inactive ({hidden})", key="inactive", bind="query-params", disabled=not hidden)
        shown = wanted if shown_too else wanted[~wanted["hidden"]]
        st.caption(f"{len(shown)} of {len(every)} rows · click a row to open the key")
    _table(shown.reset_index(drop=True), period.name)


def _filtered(every: pd.DataFrame) -> pd.DataFrame:
    columns = st.columns([3, 2, 3, 2], gap="small")
    with columns[0]:
        sought = st.text_input(
            "Search", key="q", bind="query-params", placeholder="Name, id, owner or hint", icon=":material/search:",
            live=True,
        )  # fmt: skip
    wanted = every
    if sought:
        text = every[list(_SEARCHED)].fillna("").astype(str).agg(" ".join, axis=1).str.lower()
        wanted = wanted[text.str.contains(sought.strip().lower(), regex=False)]
    for column, name in zip(columns[1:], _FILTERS, strict=True):
        with column:
            options = sorted(every[name].dropna().unique())
            chosen = st.multiselect(name.capitalize(), options, key=name, bind="query-params", placeholder="Any")
        if chosen:
            wanted = wanted[wanted[name].isin(chosen)]
    return wanted


def _table(shown: pd.DataFrame, window: str) -> None:
    if shown.empty:
        st.info("No key matches. Loosen the search or the filters above.", icon=":material/filter_alt_off:")
        return
    frame = shown.assign(
        status=shown["status"].map(lambda status: [status_word(status)]),
        last_used_at=pd.to_datetime(shown["last_used"], utc=True).dt.strftime("%Y-%m-%d %H:%M"),
    )
    columns = {
        "name": tables.text("Key", 170),
        "environment": tables.text("Environment", 105),
        "owner": tables.text("Owner", 205),
        "status": tables.status(),
        "curve": tables.curve(f"Last {window}", 150),
        "requests": tables.number("Requests", 80),
        "unauthorized": tables.number("401", 60),
        "ago": tables.text("Last used", 95),
        "last_used_at": tables.text("Last used (UTC)", 130),
        "idle_days": tables.number("Idle days", 75),
        "findings": tables.number("Open findings", 105),
    }
    place = tables.choose(
        frame,
        columns,
        key="keys",
        rows=22,
        alternative="Keys with environment, owner, status, requests, 401s, last use, idle days and open findings.",
    )
    if place is None:
        return
    identity = shown["id"].iloc[place]
    if identity == NO_KEY:
        st.toast("These requests presented no credential, so there is no key to open.", icon=":material/info:")
    else:
        open_key(identity)
