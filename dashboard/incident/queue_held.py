"""The queue as it lies before its reader: rows keep their places under the hand, and what came since is counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from dashboard import live
from dashboard.controls.period import Period
from dashboard.doing import forget, fresh
from dashboard.incident.queue_filters import Wanted, sift
from dashboard.reads import data
from dashboard.sight import Sight
from model.incident import Incident

_HELD: Final = "held_queue"


@dataclass(frozen=True, slots=True)
class _Held:
    """What was listed, and for what question; `since` is another one once something was done, or another page seen."""

    asked: Wanted
    window: str
    since: str
    ids: tuple[str, ...]


def held(wanted: Sequence[Incident], every: Sequence[Incident], asked: Wanted, period: Period) -> list[Incident]:
    """The incidents in the places that they had when this was first asked, each as it is now.

    `wanted` are those that the filters leave now, `every` all that may be listed.
    """
    window = period.name if period.moves else f"{period.window.since} {period.window.until}"
    ids = tuple(str(incident.id) for incident in wanted)
    now = _Held(asked, window, fresh(_HELD), ids)
    before: _Held = st.session_state.get(_HELD, now)
    if (before.asked, before.window, before.since) != (now.asked, now.window, now.since):
        before = now
    st.session_state[_HELD] = before
    known = {str(incident.id): incident for incident in every}
    return [known[identity] for identity in before.ids if identity in known]


def news(listed: Sequence[Incident], asked: Wanted, sight: Sight) -> None:
    """Say how many came since, looking again by itself, with a button that lists them."""
    ids = {str(incident.id) for incident in listed}
    live.refreshing(lambda now: _tell(ids, asked, now), sight)


def _tell(ids: set[str], asked: Wanted, sight: Sight) -> None:
    found, _ = sift(data.all_incidents(sight.period.window), asked)
    number = sum(str(incident.id) not in ids for incident in found)
    if not number:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="queue_news"):
        many = "1 incident" if number == 1 else f"{number:,} incidents"
        st.badge(f"{many} since this list was made", icon=":material/fiber_new:", color="orange")
        if st.button("List them", icon=":material/refresh:", type="tertiary", key="show_news"):
            forget()
            st.rerun()
