"""How one key is used: over time, over the week, from where, with what; a row leads to its requests."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import words, zones
from dashboard.charts import lines, outcomes, time_axis, week
from dashboard.controls.period import Period
from dashboard.elements import tables
from dashboard.navigation import Filters, open_explore
from dashboard.palette import outcome_word
from dashboard.reads import one_key


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


def breakdowns(parts: Mapping[str, pd.DataFrame], filters: Filters | None) -> None:
    """By outcome, route, address and client, the most requests first.

    A row leads to its requests: `filters` are those of the Explore page for the key, None where it has none there.
    """
    left, right = st.columns([2, 3], gap="medium")
    with left:
        statuses = parts["status"].assign(status=parts["status"]["outcome"].map(outcome_word))
        total = statuses["requests"].sum()
        shared = statuses.assign(share=[words.share(each, total) for each in statuses["requests"]])
        named = {"status": tables.text("Outcome", 190), "share": tables.text("Share", 80)}
        _breakdown("Outcomes", shared, named, filters, counts=("requests", "bytes_out"))
    with right:
        _breakdown("Routes", parts["route"], {"route": tables.text("Route", 380)}, filters)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _addresses(parts["ip"], filters)
    with right:
        _breakdown("Clients", parts["client"], {"client": tables.text("Client", 230)}, filters)
    if filters is not None:
        st.caption("Click a row for the requests behind it.")


def _addresses(addresses: pd.DataFrame, filters: Filters | None) -> None:
    known = addresses.assign(
        network=[net or words.network(ip) for ip, net in zip(addresses["ip"], addresses["network"], strict=True)]
    )
    named = {
        "ip": tables.text("Address", 145),
        "network": tables.text("Network", 150),
        "asn": tables.text("Operator", 130),
        "country": tables.text("Country", 75),
    }
    _breakdown("Addresses", known, named, filters)
    if known[["asn", "country"]].isna().all(axis=None):
        st.caption("Operators and countries need a GeoIP file: see geo in keywatch.toml.")


def _breakdown(
    title: str,
    frame: pd.DataFrame,
    named: Mapping[str, Any],
    filters: Filters | None,
    *,
    counts: tuple[str, ...] = ("requests", "unauthorized", "bytes_out"),
) -> None:
    """A table by its first column, which is called as the filter is."""
    st.header(title, anchor=False)
    all_counts = {
        "requests": tables.number("Requests", 90),
        "unauthorized": tables.number("401", 65),
        "bytes_out": tables.number("Bytes out", 90, form="bytes"),
    }
    by = next(iter(named))
    safe = frame.assign(id=frame[by], **{each: frame[each].map(words.text) for each in named if each in frame})
    shown = {**named, **{each: all_counts[each] for each in counts}}
    alternative = f"{title} of this key by requests."
    if filters is None:
        tables.show(safe, shown, alternative=alternative, rows=8)
    elif (place := tables.choose(safe, shown, key=f"key_{by}", alternative=alternative, rows=8)) is not None:
        open_explore({**filters, by: str(safe["id"].iloc[place])})
    if len(frame) == one_key.TOP:
        st.caption(f"The {one_key.TOP} with the most requests.")
