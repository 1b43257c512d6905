"""Incidents: the queue, and the one that is looked at."""

from collections.abc import Sequence

import streamlit as st

from dashboard import words
from dashboard.doing import forget, fresh
from dashboard.elements import tables, waiting
from dashboard.incident import page, queue_filters, queue_held, queue_rows, triage
from dashboard.navigation import INCIDENT, SPAN
from dashboard.reads import data, told
from dashboard.sight import Sight
from model.incident import Incident


def show(sight: Sight) -> None:
    """Draw the queue, or, when the URL names an incident, that one with the queue folded above it."""
    with waiting.reading("the incidents"):
        all_ = data.all_incidents(sight.period.window)
    identity = st.query_params.get(INCIDENT)
    if not all_ and identity is None:
        _nothing()
        return
    with (
        st.container() if identity is None else st.expander("The queue and its filters", icon=":material/filter_list:")
    ):
        wanted = _queue(all_, sight, alone=identity is None)
    if identity is None:
        return
    incident = data.incident(identity)
    _ways(wanted, identity)
    if incident is None:
        st.text(f"There is no incident {words.text(identity)}.")
        return
    page.show(incident, sight)


def _queue(all_: Sequence[Incident], sight: Sight, *, alone: bool) -> list[Incident]:
    """The filters, what can be done to several, and the table; returns what it lists, in order.

    `alone` with nothing else on the page it says what came since.
    """
    asked = queue_filters.controls(all_)
    left, counts = queue_filters.sift(all_, asked)
    wanted = queue_held.held(queue_rows.graver_first(left), all_, asked, sight.period)
    st.caption(queue_filters.told(counts, sight.period))
    if alone:
        queue_held.news(wanted, asked, sight)
    acts = st.container()
    if not wanted:
        st.info("No incident matches. Loosen the filters above.", icon=":material/filter_alt_off:")
        return []
    now = sight.period.now
    frame = queue_rows.table(wanted, now, told.mutes(wanted, now))
    place, ticked = tables.choose_or_tick(
        frame,
        queue_rows.full(),
        key=fresh("incidents"),
        rows=18,
        alternative="Incidents, the gravest first: severity, status, risk, what happened, key, address, assigned to,"
        " since, last seen.",
    )
    with acts:
        triage.several([wanted[row] for row in ticked])
    if place is not None:
        _look_at(str(wanted[place].id))
    return wanted


def _ways(wanted: Sequence[Incident], identity: str) -> None:
    """Back to the queue, and on to the next of it."""
    with st.container(horizontal=True, gap="small"):
        if st.button("All incidents", icon=":material/arrow_back:", key="back"):
            _look_at(None)
        order = [str(incident.id) for incident in wanted]
        later = order[order.index(identity) + 1 :] if identity in order else order
        if later and st.button("Next", icon=":material/arrow_forward:", key="next", help="The next one of the queue."):
            _look_at(later[0])


def _look_at(identity: str | None) -> None:
    """Put it into the URL and draw the page anew; what was ticked or typed in is forgotten."""
    if identity is None:
        st.query_params.pop(INCIDENT, None)
    else:
        st.query_params[INCIDENT] = identity
    st.query_params.pop(SPAN, None)
    forget()
    st.rerun()


def _nothing() -> None:
    with st.container(border=True):
        st.header("No incidents", anchor=False)
        st.write("Nothing was found yet. Detectors judge what came in whenever one of these runs:")
        st.code("keywatch detect\nkeywatch run", language=None)
