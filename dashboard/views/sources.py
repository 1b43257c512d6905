"""Sources: how each fares, what that means and what to do, and samples of what could not be read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import live, words, zones
from dashboard.elements import tables, waiting
from dashboard.palette import SOURCES
from dashboard.panels import source_advice
from dashboard.reads import data
from model.clock import SystemClock

_ALL = "All sources"


def show() -> None:
    """Draw the page; how the sources fare looks again by itself."""
    with waiting.reading("the sources"):
        frame = data.known().sources
    if frame.empty:
        st.header("No source was read yet", anchor=False)
        st.write("A source is a place that logs are pulled from. Name one in `keywatch.toml`, or read a file at once:")
        st.code("keywatch ingest /var/log/nginx/access.log*", language=None)
        return
    live.again(_now)
    _rejects([str(name) for name in frame["name"]])
    with st.expander("Files and how far they were read", icon=":material/draft:"):
        _files()


def _now() -> None:
    now, frame = SystemClock().now(), data.known().sources
    rows = [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
    _table(rows, now)
    _advice(rows, now)


def _table(rows: list[dict[str, Any]], now: datetime) -> None:
    shown = pd.DataFrame(
        [
            {
                "name": words.text(row["name"]),
                "state": [SOURCES[source_advice.state(row)][0]],
                "format": words.text(row["format"]),
                "lag": _lag(row, now),
                "last": zones.chosen().told(row["last_event_at"], "never"),
                "lines": row["lines"],
                "events": row["events"],
                "rejects": row["rejects"],
                "share": words.share(row["rejects"], row["lines"]),
                "skipped": row["skipped"],
                "bytes_lost": row["bytes_lost"],
                "read": words.ago(row["last_read_at"], now),
            }
            for row in rows
        ]
    )
    columns: dict[str, Any] = {
        "name": tables.text("Source", 150),
        "state": tables.source(),
        "format": tables.text("Format", 110),
        "lag": tables.text("Lag", 80, "How far the newest event is behind now."),
        "last": tables.text("Last event", 150),
        "lines": tables.number("Lines", 95),
        "events": tables.number("Events", 95, "Lines that became requests."),
        "rejects": tables.number("Rejects", 80, "Lines that no request could be made of."),
        "share": tables.text("Rejected", 80),
        "skipped": tables.number("Skipped", 80, "Lines that are known to be no requests, such as headers."),
        "bytes_lost": tables.number("Bytes lost", 90, "Gone before they were read."),
        "read": tables.text("Last read", 95),
    }
    tables.show(shown, columns, alternative="Sources with state, lag, last event, lines, events, rejects, bytes lost.")


def _lag(row: Mapping[str, Any], now: datetime) -> str:
    if words.moment(row["last_event_at"]) is None:
        return words.NOTHING
    return words.ago(row["last_event_at"], now).removesuffix(" ago")


def _advice(rows: list[dict[str, Any]], now: datetime) -> None:
    st.header("What to do", anchor=False)
    told = [(str(row["name"]), one) for row in rows for one in source_advice.advice(row, now)]
    if not told:
        st.caption("Nothing: every source is read, on time and whole.")
    for name, one in told:
        word, colour = SOURCES[one.state]
        with st.container(border=True), st.container(horizontal=True, vertical_alignment="top", gap="medium"):
            with st.container(width=190, gap=None):
                st.badge(word, color=colour)  # type: ignore[arg-type]  # one of Streamlit's
                st.text(words.text(name))
            with st.container(width="stretch", gap=None):
                st.text(words.text(one.what))
                st.caption(one.means)
                st.write(f"**What to do:** {one.do}")


def _rejects(names: list[str]) -> None:
    st.header("Lines that could not be read", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        chosen = st.selectbox(
            "Source", [_ALL, *names], key="source", bind="query-params", label_visibility="collapsed", width=240,
            format_func=words.text,
        )  # fmt: skip
        st.caption("The newest samples; secrets in them were redacted before they were kept. All are counted.")
    wanted = None if chosen in {_ALL, None} else str(chosen)
    _reasons(wanted)
    frame = data.rejects(200, source=wanted)
    if frame.empty:
        st.caption("No sample.")
        return
    shown = pd.DataFrame(
        {
            "at": frame["seen_at"].map(zones.chosen().minute),
            "source": frame["source"].map(words.text),
            "reason": frame["reason"].map(words.text),
            "sample": frame["sample"].map(words.text),
            "place": [f"{words.text(path)}:{line}" for path, line in zip(frame["path"], frame["line"], strict=True)],
        }
    )
    columns: dict[str, Any] = {
        "at": tables.text(zones.chosen().headed("Read"), 130),
        "source": tables.text("Source", 110),
        "reason": tables.text("Why", 180),
        "sample": tables.text("Sample", 500),
        "place": tables.text("File and line", "large"),
    }
    tables.show(shown, columns, alternative="Rejected lines, the newest first: source, reason, sample, file and line.")


def _reasons(source: str | None) -> None:
    """Why lines were rejected; nothing where none was."""
    found = data.reject_reasons(source)
    if not found:
        return
    every = sum(one.rejects for one in found)
    shown = pd.DataFrame(
        {
            "reason": [words.text(one.reason) for one in found],
            "source": [words.text(one.source) for one in found],
            "rejects": [one.rejects for one in found],
            "share": [words.share(one.rejects, every) for one in found],
        }
    )
    columns: dict[str, Any] = {
        "reason": tables.text("Why", 420),
        "source": tables.text("Source", 150),
        "rejects": tables.number("Rejects", 90, "All lines that were rejected for this, since the store began."),
        "share": tables.text("Share", 80, "Of all rejects shown here."),
    }
    tables.show(shown, columns, alternative="Why lines were rejected, the most frequent first.", rows=6)


def _files() -> None:
    frame = data.files()
    shown = pd.DataFrame(
        {
            "source": frame["source"].map(words.text),
            "path": frame["path"].map(words.text),
            "offset": frame["offset"],
            "lines": frame["lines"],
            "lost": frame["bytes_lost"],
            "at": frame["updated_at"].map(zones.chosen().told),
        }
    )
    columns: dict[str, Any] = {
        "source": tables.text("Source", 130),
        "path": tables.text("File", 520),
        "offset": tables.number("Bytes read", 110),
        "lines": tables.number("Lines", 100),
        "lost": tables.number("Bytes lost", 100),
        "at": tables.text("Last change", 160),
    }
    tables.show(shown, columns, alternative="Files of the sources, and how far they were read.")
