"""How one key is used: over time, over the week, from where, with what; and what of it is new."""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import words, zones
from dashboard.charts import lines, outcomes, time_axis, week
from dashboard.controls.period import Period
from dashboard.elements import tables
from dashboard.palette import outcome_word
from dashboard.reads import one_key
from dashboard.sight import Sight

_KINDS: Final = {
    "network": "Network", "asn": "Operator", "country": "Country", "client": "Client", "route": "Route",
    "ip": "Address",
}  # fmt: skip


def over_time(traffic: pd.DataFrame, heat: pd.DataFrame, period: Period) -> None:
    """Requests by outcome, and by hour and weekday."""
    left, right = st.columns([3, 2], gap="medium")
    with left:
        outcomes.requests(traffic, period.window, period.bucket)
    with right:
        week.week(heat, zones.chosen())


def sizes(latency: pd.DataFrame, sent: pd.DataFrame, period: Period) -> None:
    """How long requests took, and how much was sent."""
    unit = time_axis.unit(period.bucket)
    left, right = st.columns(2, gap="medium")
    with left:
        if latency.empty:
            st.caption("The log of these requests has no durations, or they are no longer kept one by one.")
        else:
            named = latency.rename(columns={"p50_ms": "p50", "p95_ms": "p95"})
            long = named.melt("bucket", var_name="line", value_name="amount")
            lines.draw(
                long,
                ["p50", "p95"],
                period.window,
                period.bucket,
                title=f"Latency by {unit}",
                subtitle="milliseconds, symmetric log: half of the requests, and 95 of 100, took at most so long",
                scale="symlog",
            )
    with right:
        amounts = sent[["bucket", "bytes_out"]].rename(columns={"bytes_out": "amount"}).assign(line="Sent")
        lines.draw(
            amounts,
            ["Sent"],
            period.window,
            period.bucket,
            title=f"Bytes sent per {unit}",
            subtitle="bytes of response bodies",
            form=".3~s",
        )


def breakdowns(parts: Mapping[str, pd.DataFrame]) -> None:
    """By outcome, route, address and client, the most requests first."""
    left, right = st.columns([2, 3], gap="medium")
    with left:
        statuses = parts["status"].assign(status=parts["status"]["outcome"].map(outcome_word))
        total = statuses["requests"].sum()
        shared = statuses.assign(share=[words.share(each, total) for each in statuses["requests"]])
        named = {"status": tables.text("Outcome", 190), "share": tables.text("Share", 80)}
        _breakdown("Outcomes", shared, named, counts=("requests", "bytes_out"))
    with right:
        _breakdown("Routes", parts["route"], {"route": tables.text("Route", 380)})
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _addresses(parts["ip"])
    with right:
        _breakdown("Clients", parts["client"], {"client": tables.text("Client", 230)})


def news(debuts: pd.DataFrame, first_seen: object, sight: Sight) -> None:
    """What the key did in the window that it had not done in the thirty days before."""
    window, oldest = sight.period.window, sight.period.oldest
    st.subheader("New in this window", anchor=False)
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
    frame = debuts.assign(
        kind=debuts["kind"].map(_KINDS),
        value=debuts["value"].map(words.text),
        first=debuts["first_seen"].map(zone.minute),
    )
    columns = {
        "kind": tables.text("What", 110),
        "value": tables.text("New", 420),
        "first": tables.text(zone.headed("First seen"), 160),
        "requests": tables.number("Requests since", 120),
    }
    tables.show(frame, columns, alternative="What is new for this key in this window.", rows=8)
    reach = max(oldest, one_key.before(window).since)
    st.caption(f"Not seen from {zone.minute(reach)} to the beginning of the window.")


def _addresses(addresses: pd.DataFrame) -> None:
    known = addresses.assign(
        network=[net or words.network(ip) for ip, net in zip(addresses["ip"], addresses["network"], strict=True)]
    )
    named = {
        "ip": tables.text("Address", 145),
        "network": tables.text("Network", 150),
        "asn": tables.text("Operator", 130),
        "country": tables.text("Country", 75),
    }
    _breakdown("Addresses", known, named)
    if known[["asn", "country"]].isna().all(axis=None):
        st.caption("Operators and countries need a GeoIP file: see geo in keywatch.toml.")


def _breakdown(
    title: str,
    frame: pd.DataFrame,
    named: Mapping[str, Any],
    *,
    counts: tuple[str, ...] = ("requests", "unauthorized", "bytes_out"),
) -> None:
    st.subheader(title, anchor=False)
    all_counts = {
        "requests": tables.number("Requests", 90),
        "unauthorized": tables.number("401", 65),
        "bytes_out": tables.number("Bytes out", 90, form="bytes"),
    }
    safe = frame.assign(**{each: frame[each].map(words.text) for each in named if each in frame})
    shown = {**named, **{each: all_counts[each] for each in counts}}
    tables.show(safe, shown, alternative=f"{title} of this key by requests.", rows=8)
    if len(frame) == one_key.TOP:
        st.caption(f"The {one_key.TOP} with the most requests.")
