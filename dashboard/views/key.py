"""Key: one key's facts, and how it is used."""

from datetime import datetime

import pandas as pd
import streamlit as st

from dashboard import charts, data, records, tables, tiles, weekly, words
from dashboard.factsheet import facts, status_badge
from dashboard.navigation import KEY
from dashboard.portrait import Portrait, portraits, unknown
from dashboard.roster import UNKNOWN
from dashboard.sight import Sight


def show(sight: Sight) -> None:
    """Draw the page of the key that the URL names, or let one be picked."""
    wanted = st.query_params.get(KEY)
    known = portraits(data.keys(), data.activity(), sight.period.now)
    if wanted == UNKNOWN:
        known |= {UNKNOWN: unknown(data.usage(sight.version, sight.period.window)["keys"])}
    chosen = _picker(known, wanted)
    if chosen is None:
        if wanted is not None:
            st.text(f"Neither the inventory nor the logs know a key {words.text(wanted)}.")
        else:
            st.caption("Pick a key above, or click one on the overview or on the page of keys.")
        return
    if chosen != wanted:
        st.query_params[KEY] = chosen
    portrait = known[chosen]
    period = sight.period
    _header(portrait, period.now)
    frames = data.one_key(sight.version, period.window, period.bucket, portrait.refs)
    _tiles(frames, sight)
    frames |= data.one_key_in_parts(sight.version, period.window, portrait.refs)
    if not frames["totals"]["requests"].iloc[0]:
        st.info(f"Not used in the last {period.name}. Choose a longer window above.", icon=":material/bedtime:")
    else:
        _use(frames, sight)
    records.findings(data.findings_of(chosen), period.now)
    if chosen == UNKNOWN:
        st.caption("Credentials that nobody knows and that never succeeded are counted by network, not listed.")
    else:
        records.latest(frames["latest"])


def _picker(known: dict[str, Portrait], wanted: str | None) -> str | None:
    options = list(known)
    return st.selectbox(
        "Key",
        options,
        index=options.index(wanted) if wanted in known else None,
        format_func=lambda identity: known[identity].label,
        placeholder="Pick a key by name or id",
        label_visibility="collapsed",
        width=420,
    )


def _header(portrait: Portrait, now: datetime) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", key="heading_key"):
            st.text(portrait.name)
            status_badge(portrait.status)
        facts(portrait.facts(now))


def _tiles(frames: dict[str, pd.DataFrame], sight: Sight) -> None:
    now, before = data.totals(frames, compares=sight.period.compares)
    columns = st.columns(6, gap="small")
    with columns[0]:
        tiles.row("requests", "Requests", now, before, help_="All requests of the window.")
    with columns[1]:
        tiles.success_tile(now, before)
    refused = (("unauthorized", "401"), ("forbidden", "403"), ("throttled", "429"))
    for column, (name, label) in zip(columns[2:5], refused, strict=True):
        with column:
            tiles.row(name, label, now, before, help_=f"Requests answered with {label}.", bad=True)
    with columns[5]:
        tiles.row("addresses", "Addresses", now, before, help_="Distinct addresses it was used from.")


def _use(frames: dict[str, pd.DataFrame], sight: Sight) -> None:
    period = sight.period
    left, right = st.columns([3, 2], gap="medium")
    with left:
        charts.requests(frames["traffic"], period.window, period.bucket)
    with right:
        weekly.week(frames["heat"])
    columns = st.columns([5, 4, 3], gap="medium")
    with columns[0]:
        _breakdown("Routes", frames["route"], "route", {"route": tables.text("Route", 320)})
    with columns[1]:
        places = frames["ip"].assign(network=frames["ip"]["ip"].map(words.network))
        named = {"ip": tables.text("Address", 130), "network": tables.text("Network", 130)}
        _breakdown("Addresses", places, "ip", named)
    with columns[2]:
        _breakdown("Clients", frames["client"], "client", {"client": tables.text("Client", 155)})


def _breakdown(title: str, frame: pd.DataFrame, name: str, named: dict[str, object]) -> None:
    st.subheader(title, anchor=False)
    counts = {"requests": tables.number("Requests", 85), "unauthorized": tables.number("401", 60)}
    safe = frame.assign(**{name: frame[name].map(words.text)})
    tables.show(safe, named | counts, alternative=f"{title} of this key by requests.", rows=8)
    if len(frame) == data.TOP:
        st.caption(f"The {data.TOP} with the most requests.")
