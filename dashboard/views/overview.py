"""Overview: what needs a person now, how much came in, what is open, what was refused, and which keys did it."""

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd
import streamlit as st

from dashboard import live, words
from dashboard.charts import outcomes
from dashboard.elements import tables, tiles, waiting
from dashboard.incident import queue_rows
from dashboard.keys import upkeep
from dashboard.navigation import open_incident, open_key, open_page
from dashboard.panels import attention, intake
from dashboard.reads import counted, data, told
from dashboard.sight import Sight
from model.incident import Incident, IncidentStatus

_INCIDENTS: Final = 6
_KEYS: Final = 10
_REFUSED: Final = (
    ("unauthorized", "401", "No key, or one that the service does not accept."),
    ("forbidden", "403", "The key is known and may not do this."),
    ("throttled", "429", "Too many requests."),
)


def show(sight: Sight) -> None:
    """Draw the page; what is above the charts looks again by itself."""
    with waiting.reading("the requests of this window"):
        frames = counted.overview(sight.version, sight.period)
    live.refreshing(_now, sight)
    left, right = st.columns(2, gap="medium")
    with left:
        outcomes.requests(frames["traffic"], sight.period.window, sight.period.bucket)
    with right:
        outcomes.failures(frames["traffic"], sight.period.window, sight.period.bucket)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _keys(frames, sight)
    with right:
        intake.show(sight)


def _now(sight: Sight) -> None:
    period = sight.period
    all_ = data.all_incidents(period.window)
    attention.show(attention.needs(all_, told.targets(period.now).counts, sight.sources, period.now))
    _tiles(counted.overview(sight.version, period), all_, sight)
    _incidents(all_, sight)


def _tiles(frames: Mapping[str, pd.DataFrame], all_: Sequence[Incident], sight: Sight) -> None:
    now, before = data.totals(frames, compares=sight.period.compares)
    columns = st.columns(8, gap="small")
    with columns[0]:
        tiles.row("requests", "Requests", now, before, help_="All requests of the window.")
    with columns[1]:
        tiles.success_tile(now, before)
    for column, (name, label, meaning) in zip(columns[2:5], _REFUSED, strict=True):
        with column:
            tiles.row(name, label, now, before, help_=meaning, bad=True)
    with columns[5]:
        tiles.row("keys", "Active keys", now, before, help_="Distinct credentials that were used.")
    with columns[6]:
        tiles.row("addresses", "Addresses", now, before, help_="Distinct addresses that sent requests.")
    with columns[7]:
        _incident_tile(all_, sight)


def _incident_tile(all_: Sequence[Incident], sight: Sight) -> None:
    window = sight.period.window
    standing = [incident for incident in all_ if incident.status is not IncidentStatus.RESOLVED]
    new = sum(window.since <= incident.opened_at < window.until for incident in standing)
    tiles.figure(
        "Standing incidents",
        words.count(len(standing)),
        delta=f"{new} new" if new else None,
        mood="bad",
        help_="Open and in progress, whenever they began; new ones were opened in this window.",
    )


def _incidents(all_: Sequence[Incident], sight: Sight) -> None:
    standing = queue_rows.graver_first([i for i in all_ if i.status is not IncidentStatus.RESOLVED])
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.header("Standing incidents", anchor=False)
        if st.button("The queue", icon=":material/arrow_forward:", type="tertiary", key="queue"):
            open_page("incidents", {})
    if not standing:
        st.caption("None. Detectors judge what came in whenever `keywatch detect` or `keywatch run` runs.")
        return
    frame = queue_rows.table(standing, sight.period.now)
    place = tables.choose(
        frame,
        queue_rows.brief(),
        key="open_incidents",
        rows=_INCIDENTS,
        alternative="Standing incidents, the gravest first: severity, status, what happened, key, since, last seen.",
    )
    if place is not None:
        open_incident(frame["id"].iloc[place])


def _keys(frames: Mapping[str, pd.DataFrame], sight: Sight) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.header("Busiest keys", anchor=False)
        if st.button("All keys", icon=":material/arrow_forward:", type="tertiary", key="all_keys"):
            open_page("keys", {})
    with waiting.reading("the busiest keys"):
        top = upkeep.busiest(sight, frames["keys"], _KEYS)
    if top.empty:
        st.caption("No request of this window carries a key.")
        return
    columns = {
        "name": tables.text("Key", 160),
        "owner": tables.text("Owner", 190),
        "curve": tables.curve(f"Last {sight.period.name}", 125),
        "requests": tables.number("Requests", 80),
        "unauthorized": tables.number("401", 60),
        "findings": tables.number("Open findings", 100),
    }
    place = tables.choose(
        top, columns, key="busiest", alternative="The keys with the most requests, with owner, requests and 401s."
    )
    if place is not None:
        open_key(top["id"].iloc[place])
