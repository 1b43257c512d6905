"""Silences: a form to add one, and the list of them."""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd
import streamlit as st

from alerts import acts, bulk
from alerts.matching import matcher_of, wanted
from dashboard import words, zones
from dashboard.doing import act, fresh
from dashboard.elements import tables
from dashboard.environment import LONGEST_SILENCE
from dashboard.login import access
from dashboard.login.roles import Role
from model.finding import Severity
from model.incident import Incident, Silence
from store.handle import Transaction

When = Mapping[str, object]
Mute = Callable[[timedelta, Transaction, str, datetime, str], object]
"""Adds silences: takes for how long, the transaction, who acts, when, and why."""

_LENGTHS: Final = {
    "1 hour": timedelta(hours=1),
    "4 hours": timedelta(hours=4),
    "1 day": timedelta(days=1),
    "7 days": timedelta(days=7),
    "30 days": timedelta(days=30),
}
_ANY: Final = "Any"
_FIELDS: Final = {
    "key": ("Key", "billing-*"),
    "owner": ("Owner", "pay@example.com"),
    "detector": ("Detector", "auth-burst-key"),
    "environment": ("Environment", "staging"),
    "ip": ("Address or block", "203.0.113.0/24"),
    "source": ("Source", "edge"),
}


def of_incident(incident: Incident) -> None:
    """Mute what is like an incident: what exactly is chosen from what it is about."""
    choices = matchers(incident)
    chosen = st.selectbox(
        "What to mute", list(choices), key=fresh("silence_what"), format_func=lambda each: each, width="stretch"
    )
    st.text(f"Mutes {words.text(wanted(matcher_of(choices[chosen], where='The silence')))}.")
    _rest(lambda length, tx, by, at, why: acts.silence(
        tx, choices[chosen], until=at + length, reason=why, by=by, at=at, longest=_longest(), incident=str(incident.id)
    ), "silence")  # fmt: skip


def of_several(incidents: Sequence[Incident], place: str) -> None:
    """Mute what is like each of several incidents, as narrowly as `matchers` knows: a silence for each."""
    narrowest = {str(incident.id): next(iter(matchers(incident).values())) for incident in incidents}
    st.text(f"Adds {len(narrowest)} silences: for each, its detectors for its key or address.")

    def all_(length: timedelta, tx: Transaction, by: str, at: datetime, why: str) -> object:
        return bulk.each(
            tx, list(narrowest),
            lambda one: acts.silence(
                tx, narrowest[one], until=at + length, reason=why, by=by, at=at, longest=_longest(), incident=one
            ),
        )  # fmt: skip

    _rest(all_, f"{place}silence")


def anything() -> None:
    """Mute what is typed in."""
    columns = st.columns(4, gap="small")
    when: dict[str, object] = {}
    for place, (name, (label, example)) in enumerate(_FIELDS.items()):
        with columns[place % 4]:
            typed = st.text_input(label, key=fresh(f"silence_{name}"), placeholder=example)
            if values := [part.strip() for part in typed.split(",") if part.strip()]:
                when[name] = values
    with columns[2]:
        least = st.selectbox(
            "Severity",
            [_ANY, *(str(severity) for severity in Severity)],
            key=fresh("silence_severity"),
            format_func=lambda each: each if each in {_ANY, Severity.CRITICAL} else f"{each} and above",
        )
        when |= {} if least == _ANY else {"severity": least}
    _rest(lambda length, tx, by, at, why: acts.silence(
        tx, when, until=at + length, reason=why, by=by, at=at, longest=_longest()
    ), "new_silence")  # fmt: skip


def matchers(incident: Incident) -> dict[str, When]:
    """Label to what it mutes, the narrowest first."""
    detectors = sorted({finding.detector for finding in incident.findings})
    place = {"key": [incident.key_id]} if incident.key_id else {"ip": [incident.ip]} if incident.ip else {}
    name = incident.key_name or incident.key_id
    sources = sorted({f.subject.value for f in incident.findings if f.subject.kind == "source"})
    found: dict[str, When] = {}
    if place:
        found["These detectors, for this key" if incident.key_id else "These detectors, from this address"] = {
            "detector": detectors,
            **place,
        }
    if incident.key_id:
        found[f"Everything about the key {words.text(name)}"] = {"key": [incident.key_id]}
    if incident.ip:
        found[f"Everything from {words.text(incident.ip)}"] = {"ip": [incident.ip]}
    if sources:
        found[f"Everything about the source {words.text(sources[0])}"] = {"source": sources}
    if incident.owner:
        found[f"Everything of {words.text(incident.owner)}"] = {"owner": [incident.owner]}
    found["These detectors, everywhere"] = {"detector": detectors}
    return found


def listing(silences: Sequence[Silence], now: datetime) -> None:
    """Those that mute now, each with a button that ends it; then those that are over."""
    active = [silence for silence in silences if silence.active(now)]
    over = [silence for silence in silences if not silence.active(now)]
    if not active:
        st.caption("Nothing is silenced now.")
    for silence in active:
        with st.container(border=True), st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            st.badge(f"Silence {silence.id}", icon=":material/notifications_off:", color="gray")
            with st.container(gap=None, width="stretch"):
                until = f"until {zones.chosen().told(silence.until)}, {words.ago(silence.until, now)}"
                st.text(f"Mutes {_mutes(silence)}, {until}.")
                st.text(f"{words.text(silence.reason)} ({words.text(silence.author)})")
            if access.may(Role.ANALYST) and st.button(
                "End now", key=fresh(f"expire_{silence.id}"), icon=":material/notifications_active:"
            ):
                _end(silence.id)
    if over:
        with st.expander(f"{len(over)} that {'is' if len(over) == 1 else 'are'} over"):
            _over(over)


def _end(number: int) -> None:
    act(lambda tx, by, at: acts.unsilence(tx, number, by=by, at=at), f"Silence {number} is over.")


def _over(over: Sequence[Silence]) -> None:
    rows = [
        {
            "id": silence.id,
            "mutes": _mutes(silence),
            "since": zones.chosen().told(silence.since),
            "until": zones.chosen().told(silence.expired_at or silence.until),
            "author": words.text(silence.author),
            "reason": words.text(silence.reason),
        }
        for silence in over
    ]
    columns: dict[str, Any] = {
        "id": tables.number("Number", 70),
        "mutes": tables.text("Muted", 320),
        "since": tables.text("From", 150),
        "until": tables.text("Until", 150),
        "author": tables.text("By", 160),
        "reason": tables.text("Reason", "large"),
    }
    tables.show(pd.DataFrame(rows), columns, alternative="Silences that are over, the newest first.", rows=8)


def _mutes(silence: Silence) -> str:
    return words.text(wanted(matcher_of(silence.when, where=f"Silence {silence.id}")))


def _rest(mute: Mute, key: str) -> None:
    """For how long and why, and the button."""
    lengths = {name: length for name, length in _LENGTHS.items() if length <= _longest()}
    length = st.pills("For", list(lengths), default=next(iter(lengths)), required=True, key=fresh(f"{key}_for"))
    reason = st.text_input("Why", key=fresh(f"{key}_why"), placeholder="The load test of this week, ticket 4711")
    if st.button("Silence", key=fresh(f"{key}_go"), icon=":material/notifications_off:", type="primary"):
        for_ = lengths[str(length)]
        act(lambda tx, by, at: mute(for_, tx, by, at, reason), f"Silenced for {length}.")


def _longest() -> timedelta:
    given = os.environ.get(LONGEST_SILENCE)
    return timedelta(seconds=int(given)) if given else acts.LONGEST
