"""One key beside up to three others."""

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from dashboard import words
from dashboard.charts import lines, time_axis
from dashboard.elements import tables
from dashboard.known import key_search
from dashboard.known.portrait import Portrait
from dashboard.reads import one_key
from dashboard.sight import Sight

PARAMETER: Final = "with"
"""The name in the URL; its values are labels of keys, or their ids."""
MOST: Final = 3


def control(known: Mapping[str, Portrait], shown: Portrait) -> list[Portrait]:
    """Draw the choice of others; returns those that exist, and says what no key is called."""
    asked = [str(each) for each in st.session_state.get(PARAMETER) or st.query_params.get_all(PARAMETER)]
    near = (key_search.label_of(portrait) for portrait in key_search.kin(known, shown))
    chosen = st.multiselect(
        "Compare with",
        key_search.options(near, asked),
        key=PARAMETER,
        bind="query-params",
        max_selections=MOST,
        accept_new_options=True,
        placeholder="Compare with up to three: pick, or write a name or an id",
        label_visibility="collapsed",
    )
    named = {str(each): key_search.named(known, str(each)) for each in chosen}
    for text in [text for text, portrait in named.items() if portrait is None]:
        st.text(_missed(known, text))
    others = {each.identity: each for each in named.values() if each is not None}
    return [each for identity, each in others.items() if identity != shown.identity][:MOST]


def _missed(known: Mapping[str, Portrait], text: str) -> str:
    """Why a text names no key, and which it may mean."""
    those, number = key_search.found(known, text, MOST)
    if not those:
        return f"△ No key is called {words.text(text)}."
    like = ", ".join(words.text(key_search.label_of(each)) for each in those)
    are = "is" if number == 1 else "are"
    return (
        f"△ No single key is called {words.text(text)}; {number:,} {are} like it: {like}{' …' if number > MOST else ''}"
    )


def show(portrait: Portrait, others: Sequence[Portrait], sight: Sight) -> None:
    """Draw the key and the others as lines, and their sums as a table."""
    period = sight.period
    keys = tuple((words.text(key_search.label_of(each)), each.refs) for each in (portrait, *others))
    frames = one_key.compared(sight.version, period.window, period.bucket, keys)
    st.header("Compared", anchor=False)
    series = frames["series"].rename(columns={"part": "line", "requests": "amount"})
    names = [label for label, _ in keys]
    title = f"Requests per {time_axis.unit(period.bucket)}"
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
