"""What people muted for good or until a date: patterns that they expect, false alarms, and keys that they excused."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import pandas as pd
import streamlit as st

from alerts import lifting
from dashboard import words, zones
from dashboard.doing import Act, act, fresh
from dashboard.elements import tables
from dashboard.login import access
from dashboard.navigation import open_incident
from dashboard.reads import data
from dashboard.reads.told import Standing
from detectors.folding import patterns
from store.state.exceptions import KeyException
from store.state.verdicts import Verdict

_KINDS: Final = {"expected": "Expected", "false": "False alarm"}
_ENDS: Final = {"expected": "It is lifted", "false": "It ends"}
_NOTED: Final = "What is muted is still found and counted, and told to nobody."


def show(standing: Standing, now: datetime) -> None:
    """The list of them; a click on one says more, and lets an analyst lift it."""
    st.header("Muted by verdict or exception", anchor=False)
    those: list[Verdict | KeyException] = [*standing.verdicts, *standing.exceptions]
    if not those:
        st.caption("Nothing is. Resolving an incident as a false alarm or as expected mutes what is like it.")
        return
    names = dict(zip((keys := data.keys())["key_id"], keys["name"], strict=True))
    rows = [_verdict(one, names) if isinstance(one, Verdict) else _exception(one, names, now) for one in those]
    columns: dict[str, Any] = {
        "kind": tables.text("Why muted", 95),
        "what": tables.text("What", 430),
        "since": tables.text(zones.chosen().headed("Since"), 130),
        "until": tables.text(zones.chosen().headed("Until"), 150),
        "who": tables.text("By", 190),
        "why": tables.text("Reason", "large"),
    }
    place = tables.choose(
        pd.DataFrame(rows), columns, key=fresh("mutes"), rows=8,
        alternative="What is muted, by verdicts and then by exceptions: what, since, until, by whom and why.",
    )  # fmt: skip
    if place is None:
        st.caption(f"{_NOTED} Click one to lift it.")
        return
    _chosen(those[place], rows[place])


def _chosen(one: Verdict | KeyException, row: Mapping[str, str]) -> None:
    with st.container(border=True), st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        with st.container(gap=None, width="stretch"):
            st.text(row["what"])
            st.caption("Once it is lifted it is told again; what still goes on opens its incident again.")
        if isinstance(one, Verdict) and st.button("The incident", key="mute_incident", icon=":material/warning:"):
            open_incident(one.incident_id)
        if access.offers("Lifting") and st.button("Lift", key=fresh("lift"), icon=":material/notifications_active:"):
            act(_lifting(one), "It is told again.")


def _lifting(one: Verdict | KeyException) -> Act:
    if isinstance(one, Verdict):
        return lambda tx, by, at: lifting.lift(tx, one.id, by=by, at=at)
    return lambda tx, by, at: lifting.end_exception(tx, one.id, by=by, at=at)


def _verdict(one: Verdict, names: Mapping[str, str | None]) -> dict[str, str]:
    parts = [one.detector]
    if one.key_id:
        parts.append(f"of {names.get(one.key_id) or one.key_id}")
    if one.addresses:
        parts.append(f"from {', '.join(one.addresses)}")
    if one.pattern:
        parts.append(f"with {patterns.told(one.pattern)}")
    return {
        "id": f"verdict {one.id}",
        "kind": _KINDS[one.verdict],
        "what": words.text(" ".join(parts)),
        "since": zones.chosen().minute(one.at),
        "until": _ENDS[one.verdict],
        "who": words.text(one.actor),
        "why": words.text(f"Incident {one.incident_id}"),
    }


def _exception(one: KeyException, names: Mapping[str, str | None], now: datetime) -> dict[str, str]:
    about = names.get(one.key_id) or one.key_id if one.key_id else f"keys with the label {one.label}"
    rules = ", ".join(one.rules) if one.rules else "All but what says that a key should not work"
    until = zones.chosen().minute(one.until)
    return {
        "id": f"exception {one.id}",
        "kind": "Exception",
        "what": words.text(f"{rules} of {about}"),
        "since": zones.chosen().minute(one.since),
        "until": until if one.holds(now) else f"{until}, over",
        "who": words.text(f"{one.author}, approved by {one.approver}"),
        "why": words.text(f"{one.reason}; meanwhile {one.control}" if one.control else one.reason),
    }
