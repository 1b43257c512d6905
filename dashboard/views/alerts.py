"""Alerts: how the targets fare, what was told and what was kept back, and what is silenced."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from alerts import acts
from dashboard import words, zones
from dashboard.doing import act, fresh
from dashboard.elements import tables, tiles
from dashboard.incident import silences
from dashboard.login import access
from dashboard.navigation import open_incident
from dashboard.palette import DELIVERIES, TARGETS, severity_word
from dashboard.reads import told
from dashboard.reads.told import Targets
from dashboard.sight import Sight
from model.incident import Delivery, DeliveryStatus
from store.state.health import Health

_ALL: Final = "All"
_WAITING: Final = (DeliveryStatus.PENDING, DeliveryStatus.LEASED, DeliveryStatus.UNKNOWN)
_MEND: Final = "Mend the target first, and try it with `keywatch alerts test`. Each message keeps its key."
_DIGESTS: Final = (DeliveryStatus.COLLECTED, DeliveryStatus.FOLDED)
_SHOWN: Final = {
    _ALL: None,
    "Waiting": DeliveryStatus.PENDING,
    "May have arrived": DeliveryStatus.UNKNOWN,
    "Sent": DeliveryStatus.SENT,
    "Given up": DeliveryStatus.DEAD,
    "Kept back": DeliveryStatus.SUPPRESSED,
}


def show(sight: Sight) -> None:
    """Draw the page."""
    now = sight.period.now
    targets = told.targets(now)
    if not targets.counts:
        with st.container(border=True):
            st.subheader("Nothing was told yet", anchor=False)
            st.write("Alerts go where routes of `keywatch.toml` send them. Name a target and try it:")
            st.code("keywatch alerts test\nkeywatch alerts route\nkeywatch run", language=None)
    else:
        _tiles(targets, now)
        _dead(targets)
        _targets(targets, now)
        _deliveries(targets, now)
    st.subheader("Silences", anchor=False)
    silences.listing(told.all_silences(), now)
    if access.offers("Adding or ending a silence"):
        with st.expander("Add a silence", icon=":material/notifications_off:"):
            silences.anything()


def _tiles(targets: Targets, now: datetime) -> None:
    oldest = targets.backlog["oldest"].min() if len(targets.backlog) else None
    those = (
        ("Sent", (DeliveryStatus.SENT,), "Messages that a target took."),
        ("Waiting", _WAITING, "Messages that will be sent, or tried again."),
        ("Given up", (DeliveryStatus.DEAD,), "Messages that no target took; they can be tried again below."),
        ("Kept back", (DeliveryStatus.SUPPRESSED,), "By a silence or a snooze; each says by which."),
        ("In digests", _DIGESTS, "Summed up, or waiting to be."),
    )
    columns = st.columns(6, gap="small")
    for column, (label, statuses, meaning) in zip(columns, those, strict=False):
        number = sum(counts.get(str(s), 0) for counts in targets.counts.values() for s in statuses)
        with column:
            tiles.figure(label, words.count(number), help_=f"{meaning} Since the store began.")
    with columns[5]:
        waits = words.ago(oldest, now, missing="none").removesuffix(" ago")
        tiles.figure("Oldest waiting", waits, help_="How long the oldest overdue message waits.")


def _dead(targets: Targets) -> None:
    """What was given up, with a button to try it again."""
    for name, counts in targets.counts.items():
        number = counts.get(str(DeliveryStatus.DEAD), 0)
        if not number:
            continue
        fares = targets.health.get(name)
        messages = "1 message was" if number == 1 else f"{number:,} messages were"
        with st.container(border=True, key=f"dead_{_key(name)}"), _row():
            st.badge("Given up", icon=":material/error:", color="red")
            with st.container(gap=None, width="stretch"):
                st.text(f"{messages} given up at {words.text(name)}.")
                if fares is not None and fares.last_error:
                    st.text(f"Its last error: {words.text(fares.last_error)}")
            if not access.offers("Trying again"):
                continue
            if st.button("Try again", key=fresh(f"replay_{_key(name)}"), icon=":material/replay:", help=_MEND):
                _replay(name)


def _row() -> DeltaGenerator:
    return st.container(horizontal=True, vertical_alignment="center", gap="medium")


def _replay(name: str) -> None:
    act(lambda tx, by, at: acts.replay(tx, [], target=name, by=by, at=at), "They will be tried again.")


def _targets(targets: Targets, now: datetime) -> None:
    st.subheader("Targets", anchor=False)
    waits = dict(zip(targets.backlog["target"], targets.backlog["oldest"], strict=True))
    rows = []
    for name, counts in targets.counts.items():
        fares = targets.health.get(name)
        waiting = sum(counts.get(str(status), 0) for status in _WAITING)
        state = _fares(fares, counts, now)
        rows.append(
            {
                "name": words.text(name),
                "state": [TARGETS[state][0]],
                "sent": counts.get("sent", 0),
                "waiting": waiting,
                "oldest": words.ago(waits.get(name), now, missing="").removesuffix(" ago"),
                "dead": counts.get("dead", 0),
                "kept": counts.get("suppressed", 0),
                "digest": sum(counts.get(str(status), 0) for status in _DIGESTS),
                "last": words.ago(fares.sent_at if fares else None, now),
                "error": words.text(fares.last_error if fares and state != "fine" else None, ""),
            }
        )
    columns: dict[str, Any] = {
        "name": tables.text("Target", 120),
        "state": tables.target(),
        "sent": tables.number("Sent", 65),
        "waiting": tables.number("Waiting", 70),
        "oldest": tables.text("Oldest waits", 95),
        "dead": tables.number("Given up", 75),
        "kept": tables.number("Kept back", 80),
        "digest": tables.number("In digests", 80),
        "last": tables.text("Last taken", 90),
        "error": tables.text("Last error", "large"),
    }
    tables.show(
        pd.DataFrame(rows), columns, alternative="Targets with their state and what became of messages.", rows=8
    )


def _fares(fares: Health | None, counts: Mapping[str, int], now: datetime) -> str:
    if fares is None or fares.failed_at is None or (fares.sent_at is not None and fares.sent_at >= fares.failed_at):
        return "fine"
    if fares.open_until is not None and fares.open_until > now:
        return "resting"
    return "failing" if fares.failures or not counts.get(str(DeliveryStatus.DEAD)) else "refusing"


def _deliveries(targets: Targets, now: datetime) -> None:
    st.subheader("Messages", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        word = st.segmented_control(
            "Which", list(_SHOWN), default=_ALL, required=True, key="status", bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        name = st.selectbox(
            "Target", [_ALL, *targets.counts], key="target", bind="query-params", label_visibility="collapsed",
            format_func=lambda each: "Any target" if each == _ALL else words.text(each), width=190,
        )  # fmt: skip
        st.caption("The newest first, whenever they were written. A click leads to the incident.")
    found = told.listed(_SHOWN.get(str(word)), None if name in {_ALL, None} else str(name))
    if not found:
        st.info("No such message.", icon=":material/filter_alt_off:")
        return
    frame = _frame(found, now)
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
    place = tables.choose(
        frame, columns, key="deliveries", rows=12,
        alternative="Messages, the newest first: when, where to, what became of each and why.",
    )  # fmt: skip
    if len(found) == told.LISTED:
        st.caption(f"The {told.LISTED} newest.")
    if place is not None and (incident := str(found[place].alert.incident_id)):
        open_incident(incident)


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
            "next": words.ago(one.next_at, now) if one.status in _WAITING and one.next_at > now else "",
        }
        for one in found
    ]
    return pd.DataFrame(rows)


def _why(one: Delivery) -> str:
    said = [one.error_class.replace("_", " ") if one.error_class else "", one.last_error or ""]
    return words.text(": ".join(part for part in said if part), "")


def _key(name: str) -> str:
    return "".join(sign if sign.isalnum() else "_" for sign in name)
