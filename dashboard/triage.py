"""What can be done about an incident: acknowledge, resolve, snooze, assign, silence."""

from datetime import datetime, timedelta
from typing import Final

import streamlit as st

from alerts import acts
from alerts.deciding import decide
from dashboard import silencing, words
from dashboard.doing import act, fresh, who
from dashboard.factsheet import status_badge
from dashboard.navigation import open_key
from dashboard.told import Past
from model.incident import Incident, IncidentStatus

_VERDICTS: Final = {
    "true": ("It was real", "The findings are closed; the same thing is found again."),
    "false": ("A false alarm", "It counts against the detector's precision, and these findings stay muted."),
    "expected": ("Expected", "Real and fine: this pattern is muted from now on, for this key or address alone."),
}
_SNOOZES: Final = {
    "1 hour": timedelta(hours=1),
    "4 hours": timedelta(hours=4),
    "1 day": timedelta(days=1),
    "Until it is resolved": None,
}


def state(incident: Incident, past: Past, now: datetime) -> None:
    """Chips and words for who has it and what keeps it back."""
    if past.mute is not None:
        status_badge(past.mute.kind)
    if past.mute is not None and past.mute.kind == "snoozed" and incident.snoozed_until == acts.FOREVER:
        st.text("Nothing is told of it until it is resolved.")
    elif past.mute is not None and past.mute.kind == "snoozed":
        st.text(f"Nothing is told of it until {words.utc(incident.snoozed_until)}.")
    elif past.mute is not None:
        st.text(words.text(past.mute.reason))
    if incident.status is IncidentStatus.RESOLVED:
        st.text(f"Resolved {words.ago(incident.resolved_at, now)}.")


def bar(incident: Incident, past: Past) -> None:
    """The row of buttons; each act stands in the audit log."""
    identity = str(incident.id)
    done = incident.status is IncidentStatus.RESOLVED
    with st.container(horizontal=True, gap="small", key="triage"):
        if incident.status is IncidentStatus.OPEN and st.button(
            "Acknowledge", icon=":material/check:", type="primary", key=fresh("ack"),
            help="I am on it: no reminder, no escalation.",
        ):  # fmt: skip
            act(
                lambda tx, by, at: decide(tx, identity, status="acknowledged", verdict=None, by=by, at=at),
                "Acknowledged.",
            )
        if not done:
            with st.popover("Resolve", icon=":material/task_alt:", key=fresh("resolve")):
                _resolve(identity)
            _quiet(past, identity)
        with st.popover("Assign", icon=":material/person:", key=fresh("assign")):
            _assign(incident, identity)
        with st.popover("Silence", icon=":material/notifications_off:", key=fresh("silence")):
            silencing.of_incident(incident)
        if incident.key_id and st.button("Open the key", icon=":material/key:"):
            open_key(incident.key_id)


def _resolve(identity: str) -> None:
    verdict = st.radio(
        "What was it?",
        list(_VERDICTS),
        format_func=lambda each: _VERDICTS[each][0],
        captions=[meaning for _, meaning in _VERDICTS.values()],
        key=fresh("verdict"),
    )
    if st.button("Resolve", key=fresh("resolve_go"), type="primary", icon=":material/task_alt:"):
        act(
            lambda tx, by, at: decide(tx, identity, status="resolved", verdict=verdict, by=by, at=at),
            "Resolved. Who heard of it hears the end of it.",
        )


def _quiet(past: Past, identity: str) -> None:
    if past.mute is not None and past.mute.kind == "snoozed":
        if st.button("End snooze", icon=":material/notifications_active:", key=fresh("wake")):
            act(lambda tx, by, at: acts.wake(tx, identity, by=by, at=at), "No longer snoozed.")
        return
    with st.popover("Snooze", icon=":material/snooze:", key=fresh("snooze")):
        length = st.radio("Tell nothing of it for", list(_SNOOZES), key=fresh("snooze_for"))
        if st.button("Snooze", key=fresh("snooze_go"), type="primary", icon=":material/snooze:"):
            for_ = _SNOOZES[str(length)]
            act(
                lambda tx, by, at: acts.snooze(tx, identity, at + for_ if for_ else acts.FOREVER, by=by, at=at),
                f"Snoozed: {str(length)[0].lower()}{str(length)[1:]}.",
            )


def _assign(incident: Incident, identity: str) -> None:
    person = st.text_input(
        "Who sees to it", value=incident.assignee or "", key=fresh("person"), placeholder="ann@co.example"
    )
    with st.container(horizontal=True, gap="small"):
        if st.button("Assign", key=fresh("assign_go"), type="primary", icon=":material/person:"):
            act(
                lambda tx, by, at: acts.assign(tx, identity, person, by=by, at=at),
                "Assigned." if person.strip() else "Assigned to nobody.",
            )
        if st.button("To me", key=fresh("assign_me"), help="The name that the audit log has for you."):
            act(lambda tx, by, at: acts.assign(tx, identity, who(), by=by, at=at), "Assigned to you.")
