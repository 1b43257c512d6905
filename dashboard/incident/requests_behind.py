"""The requests behind an incident: which ones, over time, and the newest of them, with the way to all.

A span that is drawn over a chart here is the time of these requests, and not the page's: that is the queue's.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import pandas as pd
import streamlit as st

from dashboard import words, zones
from dashboard.charts import expected, outcomes
from dashboard.controls.period import read, written
from dashboard.elements import raw_rows
from dashboard.incident import queue_rows
from dashboard.navigation import SPAN, link_explore_in
from dashboard.reads import data, evidence, portraits
from dashboard.reads.evidence import Lens
from dashboard.sight import Sight
from model.errors import UsageError
from model.finding import Finding, SubjectKind
from model.incident import Incident
from model.window import Window
from store.queries.matching import Match
from store.queries.spans import ceiling, floor

AROUND: Final = timedelta(minutes=10)
"""What is shown before and after that which the findings saw: the last calls before an attack tell of it too."""
DAYS: Final = 7
"""Days of the chart of what was expected; the last ones of the incident."""

_BUCKETS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 360, 1440))
_BARS: Final = 170


def lenses(incident: Incident, refs: Mapping[str, Sequence[str]]) -> list[Lens]:
    """What can be looked at, the most telling first; `refs` are the key_refs of keys by id.

    Where a finding is about an address or a network, what came from there is looked at first, whatever key it had: an
    attack's guesses have none, or many. Else it is what the key did, from the address that stands out if there is one.
    An incident about the platform or a source has none.
    """
    key, ip = incident.key_id, incident.ip
    network = next((f.subject.value for f in incident.findings if f.subject.kind is SubjectKind.NETWORK), None)
    found: list[Lens] = []
    if key is not None:
        held = tuple(refs.get(key) or (key,))
        name = queue_rows.key(incident)
        found.append(Lens(name="Key", label=f"Key {name}", key=key, refs=held))
        if ip is not None:
            label = f"Key {name} from {words.text(ip)}"
            found.insert(0, Lens(name="Key from the address", label=label, key=key, refs=held, ip=ip))
    if ip is not None:
        found.append(Lens(name="Address", label=f"All from {words.text(ip)}", ip=ip))
    if network is not None:
        found.append(Lens(name="Network", label=f"All from {words.text(network)}", network=network))
    if any(finding.subject.kind in {SubjectKind.IP, SubjectKind.NETWORK} for finding in incident.findings):
        found.sort(key=lambda lens: lens.key is not None)
    return found


def span(incident: Incident, now: datetime) -> Window:
    """When it was: from the first to the last that its findings saw, and AROUND it."""
    since, until = queue_rows.began(incident) - AROUND, min(incident.last_seen + AROUND, now)
    return Window(since=floor(since, timedelta(minutes=1)), until=ceiling(max(until, since), timedelta(minutes=1)))


def looked_at(incident: Incident, now: datetime) -> Window:
    """The time that the URL names, as it does when one was drawn over a chart; else when the incident was."""
    since, _, until = st.query_params.get(SPAN, "").partition("/")
    try:
        return read(since, until, zones.chosen(), now)
    except UsageError:
        return span(incident, now)


def bucket(window: Window) -> timedelta:
    """The shortest of our buckets that leaves no more bars than can be told apart."""
    return next((each for each in _BUCKETS if window.length / each <= _BARS), _BUCKETS[-1])


def expectation(incident: Incident, refs: Mapping[str, Sequence[str]], sight: Sight) -> None:
    """What the key was expected to do, or else the address, the network or the platform; see `has_expectation`."""
    now, known = sight.period.now, data.known().span
    until = min(incident.last_seen + timedelta(hours=12), now)
    days = evidence.whole_days(queue_rows.began(incident) - timedelta(days=2), until, DAYS)
    if incident.key_id is not None:
        counted = "without those answered 401"
        hours = evidence.usual(days, tuple(refs.get(incident.key_id) or (incident.key_id,)))
    else:
        looked = lenses(incident, refs)
        counted = looked[0].label.lower() if looked else "of all keys and of none"
        hours = evidence.usual_of(days, looked[0].match if looked else Match())
    ends = min(max(incident.last_seen, known.until), now) if known else now
    hours = hours[hours["hour"] <= pd.Timestamp(ends)] if len(hours) else hours
    if hours.empty:
        st.caption("No calls are stored around the incident, so there is nothing to compare.")
        return
    marked = [piece.bucket for finding in incident.findings for piece in finding.evidence]
    expected.band(hours, marked, counted, take=_look_at)


def has_expectation(incident: Incident) -> bool:
    """Whether its subject is something that calls: a source is none."""
    platform = any(finding.subject.kind is SubjectKind.PLATFORM for finding in incident.findings)
    return platform or bool(lenses(incident, {}))


def show(incident: Incident, refs: Mapping[str, Sequence[str]], sight: Sight) -> None:
    """Draw it."""
    st.header("Requests behind it", anchor=False)
    choices = lenses(incident, refs)
    if not choices:
        st.caption("It is about a source or the platform as a whole, not about single requests.")
        return
    window = looked_at(incident, sight.period.now)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        lens = choices[0]
        if len(choices) > 1:
            named = {each.name: each for each in choices}
            chosen = st.pills("Whose requests", list(named), default=lens.name, required=True, key="requests",
                              bind="query-params", label_visibility="collapsed")  # fmt: skip
            lens = named.get(str(chosen), lens)
        link_explore_in("Explore them", lens.parameters, window)
        if window != span(incident, sight.period.now):
            st.button("The incident's own time", icon=":material/undo:", type="tertiary", on_click=_look_at_all)
    width = bucket(window)
    frames = evidence.behind(sight.version, window, lens, width)
    zone = zones.chosen()
    st.text(f"{lens.label}, {zone.told(window.since)} to {zone.told(window.until)}.")
    if frames["latest"].empty:
        st.caption("None is stored of this time: requests are kept for a shorter time than what was counted of them.")
        return
    outcomes.requests(frames["traffic"], window, width, height=200, take=_look_at)
    known = portraits.known(sight.period.now)
    events = raw_rows.with_keys(frames["latest"], known)
    raw_rows.show(events, alternative="The requests behind this incident, newest first.", rows=12)
    if len(frames["latest"]) == evidence.LISTED:
        st.caption(f"The {evidence.LISTED} newest. Explore them to see all.")


def _look_at(window: Window) -> None:
    st.query_params[SPAN] = "/".join(written(moment, zones.chosen()) for moment in (window.since, window.until))


def _look_at_all() -> None:
    st.query_params.pop(SPAN, None)


def key_refs(findings: Sequence[Finding], keys: pd.DataFrame) -> dict[str, list[str]]:
    """key_id to the references that the inventory has of it, and those that the findings name."""
    wanted = {finding.key_id for finding in findings if finding.key_id}
    rows = keys[keys["key_id"].isin(wanted)]
    found = {str(key): list(refs) for key, refs in zip(rows["key_id"], rows["key_refs"], strict=True)}
    for finding in findings:
        if finding.key_id and finding.key_ref and finding.key_ref not in found.setdefault(finding.key_id, []):
            found[finding.key_id].append(finding.key_ref)
    return found
