"""Requests one by one, as the log had them: always text, never markup."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dashboard import words, zones
from dashboard.elements import tables
from dashboard.known.portrait import Portrait
from dashboard.palette import outcome_word


def with_keys(events: pd.DataFrame, known: Mapping[str, Portrait]) -> pd.DataFrame:
    """`events` with a first column `key`: the name of the key that each request presented, or None."""
    names = {ref: portrait.name for portrait in known.values() for ref in portrait.refs}
    hinted = [
        None if ref is None else names.get(ref) or words.key_name(None, hint, ref)
        for ref, hint in zip(events["key_ref"], events["key_hint"], strict=True)
    ]
    return events.assign(key=pd.Series(hinted, index=events.index, dtype="object"))[["key", *events.columns]]


def show(events: pd.DataFrame, *, alternative: str, rows: int = 14) -> None:
    """Draw them; `events` has the columns of an event, newest first, and may have `key`."""
    if events.empty:
        st.caption("None in this window: the filters leave none, or retention has dropped them.")
        return
    zone = zones.chosen()
    frame = events.assign(
        at=events["ts"].map(zone.second),
        outcome=events["outcome"].map(outcome_word),
        path=events["path"].map(words.text),
        agent=events["user_agent"].map(words.text),
        host=events["host"].map(words.text),
        place=[_place(country, asn) for country, asn in zip(events["country"], events["asn"], strict=True)],
    )
    keyed = {"key": tables.text("Key", 150)} if "key" in events else {}
    columns = {
        "at": tables.text(zone.headed("Time"), 150),
        **keyed,
        "outcome": tables.text("Outcome", 130),
        "method": tables.text("Method", 70),
        "path": tables.text("Path", 270),
        "ip": tables.text("Address", 125),
        "place": tables.text("Country, operator", 115),
        "agent": tables.text("User agent", 190),
        "host": tables.text("Host", 130),
        "duration_ms": tables.number("Duration (ms)", 105, form="%.0f"),
        "bytes_out": tables.number("Bytes out", 90),
        "flags": tables.text("Flags", 90),
    }
    tables.show(frame, columns, alternative=alternative, rows=rows)


def _place(country: object, asn: object) -> str:
    told = [words.text(each) for each in (country, asn) if isinstance(each, str)]
    return " ".join(told) if told else words.NOTHING
