"""Keys: what their upkeep asks for, every key with its use and its health, and the traffic that belongs to none."""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import access, data, health, hygiene, tables, upkeep, zones
from dashboard.navigation import HYGIENE, open_key
from dashboard.palette import status_word
from dashboard.roles import Role
from dashboard.roster import NO_KEY, with_curves
from dashboard.sight import Sight

_FILTERS: Final = {"environment": "environment", "owner": "owner", "status": "state"}
"""Column to its parameter; `status` is that of the Explore page, which is about requests."""
_SEARCHED: Final = ("name", "id", "owner", "hint")


def show(sight: Sight) -> None:
    """Draw the page."""
    looked = upkeep.look(sight, data.usage(sight.version, sight.period.window))
    every = looked.keys
    asked, questions = st.query_params.get(HYGIENE), hygiene.questions(access.hands(Role.VIEWER).lines)
    chosen = hygiene.cards(questions, looked.faults, asked if asked in questions else None)
    wanted = _filtered(every)
    if chosen is not None:
        wanted = wanted[wanted["id"].isin(looked.faults[chosen])]
        st.caption(f"{questions[chosen].title}: {questions[chosen].rule}")
    hidden = int(wanted["hidden"].sum())
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        shown_too = st.toggle(f"Show inactive ({hidden})", key="inactive", bind="query-params", disabled=not hidden)
        shown = wanted if shown_too else wanted[~wanted["hidden"]]
        st.caption(f"{len(shown):,} of {len(every):,} rows · click a row to open the key")
    _table(shown.reset_index(drop=True), sight)


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
    for column, (name, parameter) in zip(columns[1:], _FILTERS.items(), strict=True):
        with column:
            options = sorted(every[name].dropna().unique())
            chosen = st.multiselect(name.capitalize(), options, key=parameter, bind="query-params", placeholder="Any")
        if chosen:
            wanted = wanted[wanted[name].isin(chosen)]
    return wanted


def _table(shown: pd.DataFrame, sight: Sight) -> None:
    if shown.empty:
        st.info("No key matches. Loosen the search or the filters above.", icon=":material/filter_alt_off:")
        return
    zone = zones.chosen()
    words = {status: [status_word(status)] for status in shown["status"].unique()}
    curved = with_curves(shown, data.CURVES, lambda refs: data.curves(sight.version, sight.period.window, refs))
    frame = curved.drop(columns=["refs", "findings", "hidden", "last_used"]).assign(
        status=shown["status"].map(words),
        last_used_at=shown["last_used"].map(lambda at: zone.minute(at, "")),
    )
    columns: Mapping[str, Any] = {
        "name": tables.text("Key", 150),
        "health": tables.health(health.RULES),
        "why": tables.text("Why", 190),
        "risk": tables.number("Risk", 50, "The weights of its open findings added up."),
        "status": tables.status(),
        "environment": tables.text("Environment", 100),
        "owner": tables.text("Owner", 160),
        "curve": tables.curve(f"Last {sight.period.name}", 105, f"Of the {data.CURVES} busiest keys listed here."),
        "requests": tables.number("Requests", 75),
        "unauthorized": tables.number("401", 50),
        "ago": tables.text("Last used", 85),
        "last_used_at": tables.text(zone.headed("Last used"), 125),
    }
    place = tables.choose(
        frame,
        columns,
        key="keys",
        rows=22,
        alternative="Keys with health and why, risk, status, environment, owner, requests, 401s and last use.",
    )
    if place is None:
        return
    identity = shown["id"].iloc[place]
    if identity == NO_KEY:
        st.toast("These requests presented no credential, so there is no key to open.", icon=":material/info:")
    else:
        open_key(identity)
