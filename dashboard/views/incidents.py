"""Incidents: what is open, and what each rests on."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from dashboard import data, docket, dossier, history, tables, told, triage, words
from dashboard.factsheet import Fact, facts, severity_badge, status_badge
from dashboard.navigation import INCIDENT
from dashboard.sight import Sight
from model.finding import Severity
from model.incident import Incident, IncidentStatus

_SHOWN = {"Open": {IncidentStatus.OPEN, IncidentStatus.ACKNOWLEDGED}, "Resolved": {IncidentStatus.RESOLVED}}
_ALL = "All"


def show(sight: Sight) -> None:
    """Draw the page."""
    all_ = data.all_incidents(sight.period.window)
    if not all_:
        with st.container(border=True):
            st.subheader("No incidents", anchor=False)
            st.write("Nothing was found yet. Detectors judge what came in whenever one of these runs:")
            st.code("keywatch detect\nkeywatch run", language=None)
        return
    wanted = docket.graver_first(_filtered(all_))
    chosen = _table(wanted, sight.period.now)
    if chosen is not None:
        st.query_params[INCIDENT] = chosen
    identity = chosen or st.query_params.get(INCIDENT)
    if identity is None:
        st.caption("Click an incident to see what it rests on.")
        return
    incident = data.incident(identity)
    if incident is None:
        st.text(f"There is no incident {words.text(identity)}.")
        return
    _detail(incident, sight.period.now)


def _filtered(all_: Sequence[Incident]) -> list[Incident]:
    counts = {word: sum(i.status in those for i in all_) for word, those in _SHOWN.items()} | {_ALL: len(all_)}
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        word = st.segmented_control(
            "Status",
            list(counts),
            default="Open",
            required=True,
            key="show",
            bind="query-params",
            format_func=lambda each: f"{each} ({counts[each]})",
            label_visibility="collapsed",
        )
        least = st.selectbox(
            "Severity",
            [str(severity) for severity in Severity],
            format_func=lambda each: "Any severity" if each == Severity.INFO else f"{each} and above",
            key="severity",
            bind="query-params",
            label_visibility="collapsed",
            width=190,
        )
        st.caption("Open ones whenever they began; resolved ones of the window above.")
    rank = Severity(least).rank
    return [i for i in all_ if i.status in _SHOWN.get(str(word), set(IncidentStatus)) and i.severity.rank >= rank]


def _table(wanted: Sequence[Incident], now: datetime) -> str | None:
    if not wanted:
        st.info("No incident matches. Loosen the filters above.", icon=":material/filter_alt_off:")
        return None
    frame = docket.table(wanted, now)
    place = tables.choose(
        frame,
        docket.FULL,
        key="incidents",
        rows=10,
        alternative="Incidents, the gravest first: severity, status, what happened, key, address, since, last seen.",
    )
    return None if place is None else str(frame["id"].iloc[place])


def _detail(incident: Incident, now: datetime) -> None:
    past = told.past(incident, now)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            severity_badge(incident.severity)
            status_badge(incident.status)
            triage.state(incident, past, now)
        with st.container(key="heading_incident"):
            st.text(words.text(incident.headline))
        began = docket.began(incident)
        those: list[Fact] = [
            ("Key", docket.key(incident), None),
            ("Owner", words.text(incident.owner), None),
            ("Environment", words.text(incident.environment), None),
            ("Address", words.text(incident.ip), None),
            ("Since", words.ago(began, now), words.utc(began)),
            ("Last seen", words.ago(incident.last_seen, now), words.utc(incident.last_seen)),
            ("Assigned to", words.text(incident.assignee, "nobody"), None),
        ]
        facts(those, a_row=7)
        triage.bar(incident, past)
    many = len(incident.findings) != 1
    st.subheader(f"{len(incident.findings)} findings" if many else "1 finding", anchor=False)
    for finding in incident.findings:
        dossier.show(finding)
    history.show(incident, past, now)
