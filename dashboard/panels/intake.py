"""How the sources fare, and the lines that no event could be made of."""

import pandas as pd
import streamlit as st

from dashboard import words
from dashboard.elements import tables
from dashboard.reads import data
from dashboard.sight import Sight


def show(sight: Sight) -> None:
    """The table of the sources, their last errors, and samples of rejected lines."""
    st.header("Sources", anchor=False)
    sources = sight.sources
    frame = pd.DataFrame(
        {
            "name": sources["name"].map(words.text),
            "state": ["△ late" if late else "● on time" for late in sources["late"]],
            "last": [words.ago(at, sight.period.now) for at in sources["last_event_at"]],
            "events": sources["events"],
            "rejects": sources["rejects"],
        }
    )
    columns = {
        "name": tables.text("Source", 120),
        "state": tables.text("State", 90),
        "last": tables.text("Last event", 110),
        "events": tables.number("Events"),
        "rejects": tables.number("Rejects", help_="Lines that no event could be made of, since the store began."),
    }
    tables.show(frame, columns, alternative="Sources with their last event, events and rejects.", rows=6)
    for error in sources["last_error"].dropna():
        st.text(f"Last error: {words.text(error)}")
    rejected = int(sources["rejects"].sum())
    if rejected:
        with st.expander(f"{rejected:,} rejected {'line' if rejected == 1 else 'lines'}: samples"):
            _rejects()


def _rejects() -> None:
    samples = data.rejects()
    frame = samples.assign(sample=samples["sample"].map(words.text), reason=samples["reason"].map(words.text))
    columns = {
        "line": tables.number("Line", 70),
        "reason": tables.text("Reason", 220),
        "sample": tables.text("Redacted sample", "large"),
    }
    tables.show(frame, columns, alternative="Samples of rejected lines with the reason.", rows=5)
