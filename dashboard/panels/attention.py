"""What needs a person now, the gravest first: untaken incidents, messages that nobody got, sources that fail."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import pandas as pd
import streamlit as st

from dashboard import words
from dashboard.navigation import open_page
from model.finding import Severity
from model.incident import DeliveryStatus, Incident, IncidentStatus

_GRAVE: Final = Severity.HIGH
"""High and critical need a person tonight; that is what these severities promise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing to see to."""

    word: str
    """Symbol and word."""
    colour: str
    """One of Streamlit's."""
    text: str
    page: str
    """Where it is seen to."""
    parameters: Mapping[str, str] = field(default_factory=dict)


def needs(
    incidents: Iterable[Incident], messages: Mapping[str, Mapping[str, int]], sources: pd.DataFrame, now: datetime
) -> list[Need]:
    """All of them; `messages` is target to status to deliveries, `sources` as `store.state.sources.source_frame`."""
    return [*_incidents(incidents, now), *_messages(messages), *_sources(sources)]


def show(those: Sequence[Need]) -> None:
    """Draw them, or say that there is none."""
    with st.container(border=True, gap="small", key="attention"):
        if not those:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.badge("✓ Nothing needs a person now", color="green")
                st.caption(
                    "No grave incident is open and untaken, no message was given up, and every source can be read."
                )
            return
        for place, need in enumerate(those):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.badge(need.word, color=need.colour)  # type: ignore[arg-type]  # one of Streamlit's
                st.text(need.text, width="stretch")
                key = f"need_{place}_{need.page}"
                opens = f"Opens {need.page.capitalize()}."
                if st.button("See to it", key=key, icon=":material/arrow_forward:", type="tertiary", help=opens):
                    open_page(need.page, need.parameters)


def _incidents(incidents: Iterable[Incident], now: datetime) -> list[Need]:
    untaken = [i for i in incidents if i.status is IncidentStatus.OPEN and i.severity.rank >= _GRAVE.rank]
    untaken = [i for i in untaken if i.snoozed_until is None or i.snoozed_until <= now]
    if not untaken:
        return []
    oldest = min(incident.opened_at for incident in untaken)
    critical = sum(incident.severity is Severity.CRITICAL for incident in untaken)
    what = f"{_number(len(untaken), 'incident')} of high severity or above, {critical} of them critical"
    text = f"{what}, taken by nobody; the oldest was opened {words.ago(oldest, now)}."
    word, colour = ("⬢ critical", "red") if critical else ("▲ high", "orange")
    parameters = {"severity": f"{_GRAVE} and above"}
    if len(untaken) == 1:
        parameters = {"incident": str(untaken[0].id)}
        text = f"{words.text(untaken[0].headline)}: taken by nobody, opened {words.ago(oldest, now)}."
    return [Need(word=word, colour=colour, text=text, page="incidents", parameters=parameters)]


def _messages(messages: Mapping[str, Mapping[str, int]]) -> list[Need]:
    dead = {target: counts.get(str(DeliveryStatus.DEAD), 0) for target, counts in messages.items()}
    return [
        Need(
            word="✕ given up",
            colour="red",
            text=f"{_number(number, 'message')} that {words.text(target)} did not take.",
            page="alerts",
            parameters={"status": "Given up"},
        )
        for target, number in dead.items()
        if number
    ]


def _sources(sources: pd.DataFrame) -> list[Need]:
    """Those that cannot be read; a late one stands in the banner above every page."""
    return [
        Need(
            word="✕ fails",
            colour="red",
            text=f"Source {words.text(row['name'])} cannot be read: {words.text(row['last_error'])}",
            page="sources",
        )
        for row in sources.to_dict("records")
        if not pd.isna(row["last_error"]) and row["last_error"]
    ]


def _number(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
