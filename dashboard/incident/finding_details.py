"""One finding with all that it rests on: evidence by bucket, techniques and controls."""

import pandas as pd
import streamlit as st

from dashboard import words, zones
from dashboard.elements import tables
from dashboard.elements.facts import severity_badge, status_badge
from dashboard.incident.timeline import numbers
from model.finding import Finding


def show(finding: Finding, number: int) -> None:
    """Draw it; `number` tells it from the others of the page."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", key=f"finding_{finding.id}"):
            severity_badge(finding.severity)
            status_badge(finding.status)
            st.text(words.text(finding.title))
        st.text(words.text(finding.summary))
        _evidence(finding, number)
        marks = " · ".join((finding.detector, *finding.attack, *finding.controls))
        st.caption("Detector, techniques and controls")
        st.text(words.text(marks))


def _evidence(finding: Finding, number: int) -> None:
    zone = zones.chosen()
    frame = pd.DataFrame(
        {
            "bucket": [zone.minute(e.bucket) for e in finding.evidence],
            "count": [e.count for e in finding.evidence],
            "score": [e.score for e in finding.evidence],
            "last": [zone.second(e.last_seen) for e in finding.evidence],
            "detail": [words.text(numbers(e.detail)) for e in finding.evidence],
        }
    )
    columns = {
        "bucket": tables.text(zone.headed("From"), 130),
        "count": tables.number("Count", 70),
        "score": tables.number("Score", 70, "How far beyond the detector's line; 1 is at the line.", form="%.1f"),
        "last": tables.text(zone.headed("Last seen"), 150),
        "detail": tables.text("Detail", "large"),
    }
    st.caption(f"Evidence, {len(frame)} {'bucket' if len(frame) == 1 else 'buckets'}, {finding.count:,} counted")
    tables.show(frame, columns, alternative=f"Evidence of finding {number} by bucket.", rows=6)
