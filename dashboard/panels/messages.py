"""Messages to the targets: searched, read in pages, what became of each, and those that are tried again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import pandas as pd
import streamlit as st

from alerts import acts
from dashboard import words, zones
from dashboard.doing import act, fresh
from dashboard.elements import paging, tables
from dashboard.login import access
from dashboard.login.roles import Role
from dashboard.navigation import open_incident
from dashboard.palette import DELIVERIES, severity_word
from dashboard.reads import told
from model.incident import Delivery, DeliveryStatus
from store.state.delivery_search import Sought

_ALL: Final = "All"
SHOWN: Final[dict[str, tuple[DeliveryStatus, ...]]] = {
    _ALL: (),
    "Waiting": (DeliveryStatus.PENDING, DeliveryStatus.LEASED, DeliveryStatus.UNKNOWN),
    "May have arrived": (DeliveryStatus.UNKNOWN,),
    "Sent": (DeliveryStatus.SENT,),
    "Given up": (DeliveryStatus.DEAD,),
    "Kept back": (DeliveryStatus.SUPPRESSED,),
    "In digests": (DeliveryStatus.COLLECTED, DeliveryStatus.FOLDED),
}
"""The word of a tile and a filter to the statuses that it stands for."""


def show(targets: Sequence[str], now: datetime) -> None:
    """Draw them; `targets` are the names that can be filtered by."""
    st.header("Messages", anchor=False)
    name, sought = _filters(targets)
    number = told.count(sought)
    if not number:
        st.info("No such message.", icon=":material/filter_alt_off:")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        first = paging.begin(number, of=name, size=told.LISTED)
        st.caption(_told(number, first))
    listed = told.found(sought, offset=first)
    above = st.container()
    columns: dict[str, Any] = {
        "at": tables.text(zones.chosen().headed("Written"), 140),
        "target": tables.text("Target", 95),
        "status": tables.delivery(),
        "severity": tables.severity(),
        "title": tables.text("Message", 430),
        "why": tables.text("Why", 260),
        "attempts": tables.number("Tries", 55),
        "next": tables.text("Next try", 90),
    }
    place, ticked = tables.choose_or_tick(
        _frame(listed, now), columns, key=fresh("deliveries"), rows=12,
        alternative="Messages, the newest first: when, where to, what became of each and why.",
    )  # fmt: skip
    with above:
        _again([listed[row] for row in ticked], listed)
    if place is not None and (incident := str(listed[place].alert.incident_id)):
        open_incident(incident)


def told_again(number: int) -> str:
    """What is told when messages were to be tried again: how many of them still waited for that."""
    if not number:
        return "None of them was given up any more."
    return "1 message will be tried again." if number == 1 else f"{number:,} messages will be tried again."


def _filters(targets: Sequence[str]) -> tuple[str, Sought]:
    """What is asked for, and its name."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        word = st.segmented_control(
            "Which", list(SHOWN), default=_ALL, required=True, key="status", bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        target = st.selectbox(
            "Target", [_ALL, *targets], key="target", bind="query-params", label_visibility="collapsed",
            format_func=lambda each: "Any target" if each == _ALL else words.text(each), width=190,
        )  # fmt: skip
        text = st.text_input(
            "Search", key="q", bind="query-params", placeholder="Message, error or incident", icon=":material/search:",
            label_visibility="collapsed", width=280,
        ).strip()  # fmt: skip
    statuses = SHOWN.get(str(word), ())
    sought = Sought(statuses=statuses, target=None if target in {_ALL, None} else str(target), text=text)
    return f"{word} {target} {text}", sought


def _told(number: int, first: int) -> str:
    last = min(number, first + told.LISTED)
    many = "1 message" if number == 1 else f"{number:,} messages"
    shown = "" if number <= told.LISTED else f", of which {first + 1:,} to {last:,} are shown"
    return f"{many}{shown}, the newest first, whenever they were written. A click leads to the incident."


def _again(ticked: Sequence[Delivery], listed: Sequence[Delivery]) -> None:
    """What can be done with the messages that are ticked, of those that are listed."""
    if not ticked:
        if access.may(Role.ANALYST) and any(one.status is DeliveryStatus.DEAD for one in listed):
            st.caption("Tick messages that were given up to have them tried again.")
        return
    if not access.offers("Trying again"):
        return
    dead = [one.id for one in ticked if one.status is DeliveryStatus.DEAD]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(f"{len(ticked)} chosen", icon=":material/check_box:", color="blue")
        if dead and st.button(f"Try {len(dead)} again", key=fresh("again"), icon=":material/replay:"):
            act(lambda tx, by, at: acts.replay(tx, dead, target=None, by=by, at=at), told_again)
        if len(dead) < len(ticked):
            st.caption("Only what was given up can be tried again.")


def _frame(found: Sequence[Delivery], now: datetime) -> pd.DataFrame:
    rows = [
        {
            "id": str(one.id),
            "at": zones.chosen().minute(one.alert.created_at),
            "target": words.text(one.target),
            "status": [DELIVERIES[str(one.status)][0]],
            "severity": [severity_word(one.alert.severity)],
            "title": words.text(one.alert.title),
            "why": _why(one),
            "attempts": one.attempts,
            "next": words.ago(one.next_at, now) if one.status in SHOWN["Waiting"] and one.next_at > now else "",
        }
        for one in found
    ]
    return pd.DataFrame(rows)


def _why(one: Delivery) -> str:
    said = [one.error_class.replace("_", " ") if one.error_class else "", one.last_error or ""]
    return words.text(": ".join(part for part in said if part), "")
