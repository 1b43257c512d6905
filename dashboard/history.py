"""What was done about an incident and told of it, in order; and a place to write what was found out."""

from datetime import datetime
from typing import Any, Final

import pandas as pd
import streamlit as st

from alerts import acts
from dashboard import tables, words
from dashboard.doing import act, fresh
from dashboard.palette import DELIVERIES
from dashboard.told import Past
from model.incident import Delivery, Incident

_DID: Final = {
    "incident acknowledged": "acknowledged it",
    "incident resolved": "resolved it",
    "incident snoozed": "snoozed it",
    "incident woken": "ended the snooze",
    "incident assigned": "assigned it",
}
_VERDICTS: Final = {"true": ", it was real", "false": ", a false alarm", "expected": ", it was expected"}
_KINDS: Final = {
    "opened": "the opening",
    "updated": "an update",
    "reminder": "a reminder",
    "escalated": "that nobody acknowledged it",
    "resolved": "the end",
}


def show(incident: Incident, past: Past, now: datetime) -> None:
    """Comments on the left, what was done and told on the right."""
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _comments(incident, past, now)
    with right:
        _timeline(incident, past)


def _comments(incident: Incident, past: Past, now: datetime) -> None:
    st.subheader("Comments", anchor=False)
    for comment in past.comments:
        with st.container(border=True, gap=None):
            st.text(words.text(comment.author), help=words.utc(comment.at))
            st.caption(words.ago(comment.at, now))
            st.text("\n".join(words.text(line, "") for line in comment.text.splitlines()))
    text = st.text_area("Comment", key=fresh("comment"), placeholder="What you found out", height=80,
                        label_visibility="collapsed")  # fmt: skip
    if st.button("Comment", key=fresh("comment_go"), icon=":material/add_comment:"):
        act(lambda tx, by, at: acts.comment(tx, str(incident.id), str(text), by=by, at=at), "Noted.")


def _timeline(incident: Incident, past: Past) -> None:
    st.subheader("Done and told", anchor=False)
    rows = [(incident.opened_at, "keywatch", "first saw it", "")]
    rows += [
        (row["at"], str(row["actor"]), _did(str(row["action"]), row["detail"]), "")
        for row in past.acts.to_dict("records")
        if row["action"] in _DID
    ]
    rows += [(d.sent_at or d.alert.created_at, "keywatch", _told(d), _why(d)) for d in past.deliveries]
    frame = pd.DataFrame(
        [
            {
                "at": f"{at:%Y-%m-%d %H:%M:%S}",
                "who": words.text(by),
                "what": words.text(what),
                "why": words.text(why, ""),
            }
            for at, by, what, why in sorted(rows, key=lambda row: row[0], reverse=True)
        ]
    )
    columns: dict[str, Any] = {
        "at": tables.text("Time (UTC)", 150),
        "who": tables.text("Who", 130),
        "what": tables.text("What", 290),
        "why": tables.text("Why", "large"),
    }
    tables.show(frame, columns, alternative="What was done about this incident and told of it, newest first.", rows=10)


def _did(action: str, detail: Any) -> str:  # noqa: ANN401 (the audit log's JSON)
    said = _DID[action]
    if action == "incident assigned":
        return f"{said} to {detail.get('to') or 'nobody'}"
    if action == "incident snoozed":
        until = datetime.fromisoformat(str(detail["until"]))
        return f"{said} until {'it is resolved' if until == acts.FOREVER else words.utc(until)}"
    return said + _VERDICTS.get(str(detail.get("verdict")), "")


def _told(delivery: Delivery) -> str:
    word = DELIVERIES[str(delivery.status)][0].partition(" ")[2]
    return f"{delivery.target}: {_KINDS.get(delivery.alert.kind, delivery.alert.kind)}, {word}"


def _why(delivery: Delivery) -> str:
    return delivery.last_error or ""
