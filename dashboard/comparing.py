"""One key beside up to three others."""

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from dashboard import filters, lines, onekey, tables, timescale, words
from dashboard.portrait import Portrait
from dashboard.sight import Sight

PARAMETER: Final = "with"
"""The name in the URL; its values are labels of keys, or their ids."""
MOST: Final = 3


def control(known: Mapping[str, Portrait], shown: str) -> list[Portrait]:
    """Draw the choice of others; returns those that exist."""
    options = [filters.label_of(portrait) for identity, portrait in known.items() if identity != shown]
    chosen = st.multiselect(
        "Compare with",
        options,
        key=PARAMETER,
        bind="query-params",
        max_selections=MOST,
        accept_new_options=True,
        placeholder="Compare with up to three other keys",
        label_visibility="collapsed",
        width=460,
    )
    named = (filters.identity_of(str(each)) for each in chosen)
    return [known[identity] for identity in named if identity in known and identity != shown][:MOST]


def show(portrait: Portrait, others: Sequence[Portrait], sight: Sight) -> None:
    """Draw the key and the others as lines, and their sums as a table."""
    period = sight.period
    keys = tuple((words.text(filters.label_of(each)), each.refs) for each in (portrait, *others))
    frames = onekey.compared(sight.version, period.window, period.bucket, keys)
    st.subheader("Compared", anchor=False)
    series = frames["series"].rename(columns={"part": "line", "requests": "amount"})
    names = [label for label, _ in keys]
    title = f"Requests per {timescale.unit(period.bucket)}"
    if not series.empty:
        lines.draw(series, names, period.window, period.bucket, title=title, subtitle="of each key")
    totals = frames["totals"]
    share = [words.share(ok, n) for ok, n in zip(totals["successes"], totals["requests"], strict=True)]
    columns = {
        "label": tables.text("Key", 280),
        "requests": tables.number("Requests", 95),
        "success": tables.text("Successful", 95),
        "unauthorized": tables.number("401", 75),
        "forbidden": tables.number("403", 75),
        "throttled": tables.number("429", 75),
        "errors": tables.number("Other errors", 105),
        "bytes_out": tables.number("Bytes out", 110, form="bytes"),
        "addresses": tables.number("Addresses", 95),
    }
    tables.show(
        totals.assign(success=share),
        columns,
        alternative="The keys compared, with requests, refusals, bytes and addresses.",
    )
