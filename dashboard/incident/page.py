"""An incident on its page: what it is, what can be done, what was expected, what happened, and the requests."""

from datetime import datetime

import streamlit as st

from dashboard import words, zones
from dashboard.elements.facts import Fact, facts, severity_badge, status_badge
from dashboard.incident import comments, finding_details, queue_rows, requests_behind, timeline, triage
from dashboard.incident.queue_rows import PROGRESS
from dashboard.reads import data, told
from dashboard.reads.told import Past
from dashboard.sight import Sight
from model.incident import Incident


def show(incident: Incident, sight: Sight) -> None:
    """Draw it."""
    now = sight.period.now
    past = told.past(incident, now)
    refs = requests_behind.key_refs(incident.findings, data.keys())
    _header(incident, past, now)
    compared = requests_behind.has_expectation(incident)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        if compared:
            requests_behind.expectation(incident, refs, sight)
        else:
            _runbook(incident)
    with right:
        if compared:
            _runbook(incident)
        comments.show(incident, past, now)
    timeline.show(incident, past)
    requests_behind.show(incident, refs, sight)
    many = len(incident.findings) != 1
    st.header(f"{len(incident.findings)} findings" if many else "1 finding", anchor=False)
    for number, finding in enumerate(incident.findings, 1):
        finding_details.show(finding, number)


def _header(incident: Incident, past: Past, now: datetime) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            severity_badge(incident.severity)
            status_badge(PROGRESS[incident.status])
            triage.state(incident, past, now)
        with st.container(key="heading_incident"):
            st.text(words.text(incident.headline))
        began, zone = queue_rows.began(incident), zones.chosen()
        those: list[Fact] = [
            ("Key", queue_rows.key(incident), None),
            ("Owner", words.text(incident.owner), None),
            ("Environment", words.text(incident.environment), None),
            ("Address", words.text(incident.ip), None),
            ("Since", words.ago(began, now), zone.told(began)),
            ("Last seen", words.ago(incident.last_seen, now), zone.told(incident.last_seen)),
            ("Assigned to", words.text(incident.assignee, "nobody"), None),
        ]
        facts(those, a_row=7)
        triage.bar(incident, past, now)


def _runbook(incident: Incident) -> None:
    """What to do, by its findings, the gravest first; the same advice once."""
    st.header("What to do", anchor=False)
    ordered = sorted(incident.findings, key=lambda finding: -finding.severity.rank)
    for text in dict.fromkeys(finding.runbook for finding in ordered if finding.runbook):
        st.text(words.text(text[:1].upper() + text[1:]))
