"""What a key did that it had not done before; a row leads to the requests since then."""

from typing import Final

import pandas as pd
import streamlit as st

from dashboard import words, zones
from dashboard.controls.period import SHORTEST
from dashboard.elements import tables
from dashboard.navigation import Filters, open_explore_in
from dashboard.reads import one_key
from dashboard.sight import Sight
from model.window import Window
from store.queries.spans import floor

_KINDS: Final = {
    "network": "Network", "asn": "Operator", "country": "Country", "client": "Client", "route": "Route",
    "ip": "Address",
}  # fmt: skip


def show(debuts: pd.DataFrame, first_seen: object, filters: Filters | None, sight: Sight) -> None:
    """Draw what is new in the window against the thirty days before; `filters` as in `dashboard.keys.usage`."""
    window, oldest = sight.period.window, sight.period.oldest
    st.header("New in this window", anchor=False)
    zone = zones.chosen()
    first = words.moment(first_seen)
    if first is not None and first >= window.since:
        st.caption("The key itself was first seen in this window, so all of it is new.")
    elif oldest >= window.since:
        st.caption(f"The logs begin on {zone.minute(oldest)}, within this window: nothing can be told to be new.")
        return
    elif debuts.empty:
        st.caption(f"Nothing: it had all been seen in the {one_key.BEFORE.days} days before.")
        return
    if debuts.empty:
        return
    _table(debuts, filters, window)
    reach = max(oldest, one_key.before(window).since)
    way = "" if filters is None else " · click a row for the requests since then"
    st.caption(f"Not seen from {zone.minute(reach)} to the beginning of the window{way}")


def _table(debuts: pd.DataFrame, filters: Filters | None, window: Window) -> None:
    zone = zones.chosen()
    frame = debuts.assign(
        id=debuts["kind"] + " " + debuts["value"],
        kind=debuts["kind"].map(_KINDS),
        value=debuts["value"].map(words.text),
        first=debuts["first_seen"].map(zone.minute),
    )
    columns = {
        "kind": tables.text("What", 110),
        "value": tables.text("New"),
        "first": tables.text(zone.headed("First seen"), 160),
        "requests": tables.number("Requests since", 120),
    }
    alternative = "What is new for this key in this window."
    if filters is None:
        tables.show(frame, columns, alternative=alternative, rows=8)
    elif (place := tables.choose(frame, columns, key="key_news", alternative=alternative, rows=8)) is not None:
        kind, value, first, _ = debuts.iloc[place]
        since = min(floor(first, SHORTEST), window.until - SHORTEST)
        open_explore_in({**filters, str(kind): str(value)}, Window(since=since, until=window.until))
