"""An incident's timeline: findings, their evidence, what was told, and what people did and wrote, in one order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pandas as pd
import streamlit as st

from alerts import acts
from dashboard import words, zones
from dashboard.elements import tables
from dashboard.incident.forms import VERDICTS
from dashboard.palette import DELIVERIES, ENTRIES, severity_word
from dashboard.reads.told import Past
from model.incident import Delivery, Incident

_OURS: Final = "keywatch"
_LISTED: Final = 300
_ALL: Final = "Everything"
_SHOWN: Final = {_ALL: None, "Found": {"finding", "evidence"}, "Told": {"told"}, "Done by people": {"act", "comment"}}
_DID: Final = {
    "incident acknowledged": "acknowledged it",
    "incident resolved": "resolved it",
    "incident reopened": "reopened it: its verdict counts no more",
    "incident snoozed": "snoozed it",
    "incident woken": "ended the snooze",
    "incident assigned": "assigned it",
    "incident silenced": "silenced what is like it",
}
_KINDS: Final = {
    "opened": "the opening",
    "updated": "an update",
    "reminder": "a reminder",
    "escalated": "that nobody acknowledged it",
    "resolved": "the end",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened."""

    at: datetime
    kind: str
    """Of palette.ENTRIES."""
    who: str
    what: str
    more: str = ""


def entries(incident: Incident, past: Past) -> list[Entry]:
    """All that happened, the newest first."""
    found = [*_found(incident), *_done(incident, past), *(_delivered(one) for one in past.deliveries)]
    return sorted(found, key=lambda entry: entry.at, reverse=True)


def show(incident: Incident, past: Past) -> None:
    """Draw it."""
    st.header("Timeline", anchor=False)
    choice = st.segmented_control(
        "What", list(_SHOWN), default=_ALL, required=True, key="timeline", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    kinds = _SHOWN.get(str(choice))
    every = [entry for entry in entries(incident, past) if kinds is None or entry.kind in kinds]
    if not every:
        st.caption("Nothing of this kind happened.")
        return
    zone = zones.chosen()
    frame = pd.DataFrame(
        [
            {
                "at": zone.second(entry.at),
                "kind": [ENTRIES[entry.kind][0]],
                "who": words.text(entry.who),
                "what": words.text(entry.what),
                "more": words.text(entry.more, ""),
            }
            for entry in every[:_LISTED]
        ]
    )
    columns: dict[str, Any] = {
        "at": tables.text(zone.headed("Time"), 145),
        "kind": tables.entry(),
        "who": tables.text("Who", 150),
        "what": tables.text("What", 430),
        "more": tables.text("More", 500),
    }
    tables.show(frame, columns, alternative="What was found, told and done about this incident, newest first.", rows=12)
    if len(every) > _LISTED:
        st.caption(f"The {_LISTED} newest of {len(every):,}.")


def numbers(detail: Mapping[str, object]) -> str:
    """A bucket's numbers and short lists; objects, which detectors keep for themselves, and nothings are left out."""
    return " · ".join(
        f"{str(name).replace('_', ' ')}: {_value(value)}"
        for name, value in detail.items()
        if not isinstance(value, dict) and value not in ([], "", None)
    )


def _found(incident: Incident) -> Iterator[Entry]:
    yield Entry(at=incident.opened_at, kind="finding", who=_OURS, what="opened the incident")
    for finding in incident.findings:
        what, more = f"{severity_word(finding.severity)}: {finding.title}", finding.summary
        yield Entry(at=finding.first_seen, kind="finding", who=finding.detector, what=what, more=more)
        for piece in finding.evidence:
            what = f"{piece.count:,} counted, score {piece.score:.1f}"
            yield Entry(
                at=piece.last_seen, kind="evidence", who=finding.detector, what=what, more=numbers(piece.detail)
            )


def by_person(past: Past) -> bool:
    """Whether a person resolved it, and nobody took that back."""
    decided = [action for action in past.acts["action"] if action in {"incident resolved", "incident reopened"}]
    return decided[:1] == ["incident resolved"]


def _done(incident: Incident, past: Past) -> Iterator[Entry]:
    for row in past.acts.to_dict("records"):
        if row["action"] in _DID:
            what, more = _did(str(row["action"]), row["detail"])
            yield Entry(at=row["at"], kind="act", who=str(row["actor"]), what=what, more=more)
    for comment in past.comments:
        yield Entry(at=comment.at, kind="comment", who=comment.author, what="wrote", more=comment.text)
    if incident.resolved_at is not None and not by_person(past):
        yield Entry(at=incident.resolved_at, kind="finding", who=_OURS, what="closed it: its findings are over")


def _did(action: str, detail: Any) -> tuple[str, str]:  # noqa: ANN401 (the audit log's JSON)
    said = _DID[action]
    if action == "incident assigned":
        return f"{said} to {detail.get('to') or 'nobody'}", ""
    if action == "incident snoozed":
        until = datetime.fromisoformat(str(detail["until"]))
        return f"{said} until {'it is resolved' if until == acts.FOREVER else zones.chosen().told(until)}", ""
    if action == "incident silenced":
        until = datetime.fromisoformat(str(detail["until"]))
        return f"{said} until {zones.chosen().told(until)} (silence {detail['silence']})", str(detail["reason"])
    verdict = str(detail.get("verdict"))
    return (f"{said}: {VERDICTS[verdict][0].lower()}" if verdict in VERDICTS else said), ""


def _delivered(delivery: Delivery) -> Entry:
    word = DELIVERIES[str(delivery.status)][0].partition(" ")[2]
    what = f"{delivery.target}: {_KINDS.get(delivery.alert.kind, delivery.alert.kind)}, {word}"
    at = delivery.sent_at or delivery.alert.created_at
    return Entry(at=at, kind="told", who=_OURS, what=what, more=delivery.last_error or "")


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    if isinstance(value, list):
        return ", ".join(_value(each) for each in value)
    return f"{value:,}" if isinstance(value, int) else str(value)
