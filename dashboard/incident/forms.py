"""The forms of what can be done about incidents, for one or for several that were chosen: each does one act."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import streamlit as st

from alerts import acts, bulk
from alerts.deciding import decide, reopen
from dashboard.doing import act, fresh, who
from dashboard.incident import silences
from model.incident import Incident
from store.handle import Transaction

One = Callable[[Transaction, str, str, datetime], object]
"""What is done to one incident: takes the transaction, the incident's id, who acts, and when."""

VERDICTS: Final = {
    "true": ("It was real", "The findings are closed; the same thing is found again."),
    "false": ("A false alarm", "It counts against the detector's precision, and these findings stay muted."),
    "expected": ("Expected", "Real and fine: this pattern is muted from now on, for this key or address alone."),
}
"""Verdict to its word and what becomes of the findings."""

_SNOOZES: Final = {
    "1 hour": timedelta(hours=1),
    "4 hours": timedelta(hours=4),
    "1 day": timedelta(days=1),
    "Until it is resolved": None,
}


def acknowledge(those: Sequence[Incident], place: str) -> None:
    """The button; `place` tells this one's keys from those of another place on the page."""
    if st.button(
        "Acknowledge", icon=":material/check:", type="primary", key=fresh(f"{place}ack"),
        help="I am on it: no reminder, no escalation. It is in progress then.",
    ):  # fmt: skip
        _do(
            those,
            lambda tx, one, by, at: decide(tx, one, status="acknowledged", verdict=None, by=by, at=at),
            "Acknowledged.",
        )


def resolve(those: Sequence[Incident], place: str) -> None:
    """What it was, and the button."""
    with st.popover("Resolve", icon=":material/task_alt:", key=fresh(f"{place}resolve")):
        verdict = st.radio(
            "What was it?",
            list(VERDICTS),
            format_func=lambda each: VERDICTS[each][0],
            captions=[meaning for _, meaning in VERDICTS.values()],
            key=fresh(f"{place}verdict"),
        )
        why = st.text_input("Why", key=fresh(f"{place}resolve_why"), placeholder="A comment, if you like")
        if st.button("Resolve", key=fresh(f"{place}resolve_go"), type="primary", icon=":material/task_alt:"):
            _do(those, _resolving(str(verdict), why), "Resolved. Who heard of it hears the end of it.")


def take_back(those: Sequence[Incident], place: str) -> None:
    """The button that opens again what a person resolved."""
    if st.button(
        "Reopen", icon=":material/undo:", key=fresh(f"{place}reopen"),
        help="Takes the verdict back, and what it muted is told again. It closes by itself once its findings are over.",
    ):  # fmt: skip
        _do(
            those,
            lambda tx, one, by, at: reopen(tx, one, by=by, at=at),
            "Reopened. The verdict counts no more.",
        )


def comment(those: Sequence[Incident], place: str) -> None:
    """What is written about each of several."""
    with st.popover("Comment", icon=":material/add_comment:", key=fresh(f"{place}comment")):
        text = st.text_area("What you found out", key=fresh(f"{place}comment_text"), height=80)
        if st.button("Comment", key=fresh(f"{place}comment_go"), type="primary", icon=":material/add_comment:"):
            _do(those, lambda tx, one, by, at: acts.comment(tx, one, str(text), by=by, at=at), "Noted.")


def snooze(those: Sequence[Incident], place: str) -> None:
    """For how long, and the button."""
    with st.popover("Snooze", icon=":material/snooze:", key=fresh(f"{place}snooze")):
        length = str(st.radio("Tell nothing of it for", list(_SNOOZES), key=fresh(f"{place}snooze_for")))
        if st.button("Snooze", key=fresh(f"{place}snooze_go"), type="primary", icon=":material/snooze:"):
            for_ = _SNOOZES[length]
            _do(
                those,
                lambda tx, one, by, at: acts.snooze(tx, one, at + for_ if for_ else acts.FOREVER, by=by, at=at),
                f"Snoozed: {length[0].lower()}{length[1:]}.",
            )


def assign(those: Sequence[Incident], place: str) -> None:
    """Who sees to it: a name, or me."""
    with st.popover("Assign", icon=":material/person:", key=fresh(f"{place}assign")):
        had = {incident.assignee or "" for incident in those}
        person = st.text_input(
            "Who sees to it",
            value=had.pop() if len(had) == 1 else "",
            key=fresh(f"{place}person"),
            placeholder="ann@co.example",
        )
        with st.container(horizontal=True, gap="small"):
            if st.button("Assign", key=fresh(f"{place}assign_go"), type="primary", icon=":material/person:"):
                _do(
                    those,
                    lambda tx, one, by, at: acts.assign(tx, one, person, by=by, at=at),
                    "Assigned." if person.strip() else "Assigned to nobody.",
                )
            if st.button("To me", key=fresh(f"{place}assign_me"), help="The name that the audit log has for you."):
                _do(those, lambda tx, one, by, at: acts.assign(tx, one, who(), by=by, at=at), "Assigned to you.")


def silence(those: Sequence[Incident], place: str) -> None:
    """Mute what is like them: of one the matcher is chosen, of several each has the narrowest."""
    with st.popover("Silence", icon=":material/notifications_off:", key=fresh(f"{place}silence")):
        if len(those) == 1:
            silences.of_incident(those[0])
        else:
            silences.of_several(those, place)


def _resolving(verdict: str, why: str) -> One:
    def resolve_one(tx: Transaction, one: str, by: str, at: datetime) -> None:
        decide(tx, one, status="resolved", verdict=verdict, by=by, at=at)
        if why.strip():
            acts.comment(tx, one, why, by=by, at=at)

    return resolve_one


def _do(those: Sequence[Incident], one: One, said: str) -> None:
    identities = [str(incident.id) for incident in those]
    if len(identities) == 1:
        act(lambda tx, by, at: one(tx, identities[0], by, at), said)
    else:
        act(lambda tx, by, at: bulk.each(tx, identities, lambda each: one(tx, each, by, at)), lambda d: told(d, said))


def told(done: bulk.Done, said: str) -> str:
    """What became of several: how many, and how many refused and why."""
    text = f"{said} {len(done.done)} {'incident' if len(done.done) == 1 else 'incidents'}."
    if not done.refused:
        return text
    reasons = {str(error.what).replace(identity, "…") for identity, error in done.refused}
    return f"{text} {len(done.refused)} not: {' '.join(sorted(reasons))}"
