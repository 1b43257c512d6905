"""What can be done about an incident: acknowledge, resolve, reopen, snooze, assign, comment, silence."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from alerts import acts
from dashboard import words, zones
from dashboard.doing import act, fresh
from dashboard.elements.facts import status_badge
from dashboard.incident import forms, requests_behind, timeline
from dashboard.login import access
from dashboard.navigation import link_key_in
from dashboard.reads.told import Past
from model.incident import Incident, IncidentStatus

_BULK = "bulk_"


def state(incident: Incident, past: Past, now: datetime) -> None:
    """Chips and words for who has it and what keeps it back."""
    if past.mute is not None:
        status_badge(past.mute.kind)
    if past.mute is not None and past.mute.kind == "snoozed" and incident.snoozed_until == acts.FOREVER:
        st.text("Nothing is told of it until it is resolved.")
    elif past.mute is not None and past.mute.kind == "snoozed":
        st.text(f"Nothing is told of it until {zones.chosen().told(incident.snoozed_until)}.")
    elif past.mute is not None:
        st.text(words.text(past.mute.reason))
    if incident.status is IncidentStatus.RESOLVED:
        st.text(f"Closed {words.ago(incident.resolved_at, now)}.")


def bar(incident: Incident, past: Past, now: datetime) -> None:
    """The row of buttons of one incident; each act stands in the audit log."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="triage"):
        if access.offers("Handling an incident"):
            _acts(incident, past)
        if incident.key_id:
            link_key_in(incident.key_id, "Open the key", requests_behind.span(incident, now))


def _acts(incident: Incident, past: Past) -> None:
    those = (incident,)
    if incident.status is IncidentStatus.OPEN:
        forms.acknowledge(those, "")
    if incident.status is not IncidentStatus.RESOLVED:
        forms.resolve(those, "")
        if past.mute is not None and past.mute.kind == "snoozed":
            _wake(str(incident.id))
        else:
            forms.snooze(those, "")
    elif timeline.by_person(past):
        forms.take_back(those, "")
    forms.assign(those, "")
    forms.silence(those, "")


def several(chosen: Sequence[Incident]) -> None:
    """The row of buttons of the incidents that are ticked; one act is done to each that takes it."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="bulk"):
        if not access.offers("Handling incidents"):
            return
        if not chosen:
            st.caption("Tick rows to acknowledge, resolve, reopen, snooze, assign, comment or silence several at once.")
            return
        st.badge(f"{len(chosen)} chosen", icon=":material/check_box:", color="blue")
        if any(incident.status is IncidentStatus.OPEN for incident in chosen):
            forms.acknowledge([i for i in chosen if i.status is IncidentStatus.OPEN], _BULK)
        standing = [incident for incident in chosen if incident.status is not IncidentStatus.RESOLVED]
        if standing:
            forms.resolve(standing, _BULK)
            forms.snooze(standing, _BULK)
        over = [incident for incident in chosen if incident.status is IncidentStatus.RESOLVED]
        if over:
            forms.take_back(over, _BULK)
        forms.assign(chosen, _BULK)
        forms.comment(chosen, _BULK)
        forms.silence(chosen, _BULK)


def _wake(identity: str) -> None:
    if st.button("End snooze", icon=":material/notifications_active:", key=fresh("wake")):
        act(lambda tx, by, at: acts.wake(tx, identity, by=by, at=at), "No longer snoozed.")
