"""Requests one by one, as the log had them: always text, never markup; a cell leads to those like it."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import words, zones
from dashboard.controls.filters import KEYS, NONE
from dashboard.elements import tables
from dashboard.known.key_search import label_of
from dashboard.known.portrait import Portrait
from dashboard.palette import outcome_word
from model.event import UNKNOWN_PREFIX


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
    if not _none(events):
        tables.show(_told(events), _columns(events), alternative=alternative, rows=rows)


def choose(
    events: pd.DataFrame, known: Mapping[str, Portrait], *, alternative: str, rows: int = 14
) -> tuple[str, str] | None:
    """As `show`, and the filter that a click on a cell asks for: its parameter and its value; else None.

    `known` are the portraits of the keys, where `events` has `key`.
    """
    if _none(events):
        return None
    frame = _told(events).assign(id=events["batch"] + " " + events["line"].astype(str))
    cell = tables.choose_cell(frame, _columns(events), key="raw_rows", alternative=alternative, rows=rows)
    return None if cell is None else _filter(events.iloc[cell[0]], cell[1], known)


def _none(events: pd.DataFrame) -> bool:
    if events.empty:
        st.caption("None in this window: the filters leave none, or retention has dropped them.")
    return events.empty


def _told(events: pd.DataFrame) -> pd.DataFrame:
    texts = {"path": "path", "agent": "user_agent", "host": "host", "source": "source", "request_id": "request_id"}
    return events.assign(
        at=events["ts"].map(zones.chosen().second),
        outcome=events["outcome"].map(outcome_word),
        place=[_place(country, asn) for country, asn in zip(events["country"], events["asn"], strict=True)],
        **{name: events[column].map(words.text) for name, column in texts.items()},
    )


def _columns(events: pd.DataFrame) -> dict[str, Any]:
    keyed = {"key": tables.text("Key", 150)} if "key" in events else {}
    # Only some sources ask for it.
    named = {"request_id": tables.text("Request id", 150)} if events["request_id"].notna().any() else {}
    return {
        "at": tables.text(zones.chosen().headed("Time"), 150),
        **keyed,
        "status": tables.number("Status", 60, form="%d"),
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
        "source": tables.text("Source", 90),
        **named,
    }


def _filter(event: pd.Series, column: str, known: Mapping[str, Portrait]) -> tuple[str, str] | None:
    """By what a cell shows; by the route of a path, the product of a user agent, the operator of a place."""
    if column == "key":
        return KEYS, _key(event, known)
    route = event["route"] and " ".join(each for each in (event["method"], event["route"]) if each)
    asked = {
        "status": ("status", outcome_word(event["outcome"])),
        "outcome": ("status", outcome_word(event["outcome"])),
        "method": ("method", event["method"]),
        "path": ("route", route),
        "ip": ("ip", event["ip"]),
        "place": ("asn", event["asn"]) if event["asn"] else ("country", event["country"]),
        "agent": ("client", event["client"]),
        "host": ("host", event["host"] or NONE),
    }
    parameter, value = asked.get(column, ("", None))
    return (parameter, value) if value else None


def _key(event: pd.Series, known: Mapping[str, Portrait]) -> str:
    ref = event["key_ref"]
    if ref is None:
        return NONE
    # A credential that nobody knows is counted by its network.
    folded = f"{UNKNOWN_PREFIX}{event['network'] or '-'}"
    return next((label_of(portrait) for portrait in known.values() if ref in portrait.refs), folded)


def _place(country: object, asn: object) -> str:
    told = [words.text(each) for each in (country, asn) if isinstance(each, str)]
    return " ".join(told) if told else words.NOTHING
