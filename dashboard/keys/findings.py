"""What was found about a key."""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from dashboard import words, zones
from dashboard.elements import tables
from dashboard.navigation import open_incident
from dashboard.palette import severity_word, status_word
from model.finding import Finding


def findings(found: Sequence[Finding], now: datetime) -> None:
    """The findings about a key, the gravest first; a click leads to their incident."""
    st.header("Findings", anchor=False)
    if not found:
        st.caption("No detector has found anything about this key.")
        return
    zone = zones.chosen()
    found = sorted(found, key=lambda finding: (finding.severity.rank, finding.last_seen), reverse=True)
    frame = pd.DataFrame(
        {
            "id": [str(f.id) for f in found],
            "severity": [[severity_word(f.severity)] for f in found],
            "status": [[status_word(f.status)] for f in found],
            "title": [words.text(f.title) for f in found],
            "detector": [f.detector for f in found],
            "since": [zone.minute(f.first_seen) for f in found],
            "seen": [words.ago(f.last_seen, now) for f in found],
            "count": [f.count for f in found],
        }
    )
    columns = {
        "severity": tables.severity(),
        "status": tables.status(),
        "title": tables.text("What was noticed", 500),
        "detector": tables.text("Detector", 190),
        "since": tables.text(zone.headed("Since"), 140),
        "seen": tables.text("Last seen", 95),
        "count": tables.number("Count", 80),
    }
    place = tables.choose(frame, columns, key="key_findings", rows=6, alternative="Findings about this key.")
    incident = found[place].incident_id if place is not None else None
    if incident:
        open_incident(incident)
