"""What stands above a page when all is not well: late sources, logs that end, an empty store, an error."""

import streamlit as st

from dashboard import words, zones
from dashboard.sight import Sight
from model.errors import KeywatchError
from model.plain import plain

_LATE = "A late source looks like a quiet day. Check that its logs still arrive and that keywatch still runs."


def standing(sight: Sight) -> None:
    """Say which sources are late, and that the window ends before now when it does."""
    period = sight.period
    if period.ended is None and not bool(sight.sources["late"].any()):
        return
    with st.container(key="stale"), st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge("Stale data", icon=":material/schedule:", color="orange")
        if period.ended is not None:
            newest = f"{zones.chosen().told(period.ended)} ({words.ago(period.ended, period.now)})"
            st.text(f"The newest event is of {newest}, so this page ends there and not now.")
        for row in sight.sources[sight.sources["late"]].to_dict("records"):
            last = words.ago(row["last_event_at"], period.now, missing="never")
            st.text(f"Source {plain(str(row['name']))} is late: last event {last}.", help=_LATE)


def empty() -> None:
    """The page of a store without events: what to do, in the order of doing it."""
    with st.container(border=True, key="empty"):
        st.header("No events yet", anchor=False)
        st.write("keywatch draws its pages from access logs. Read one, name the keys, and look for findings:")
        st.code(
            "keywatch ingest /var/log/nginx/access.log*\nkeywatch keys import keys.csv --hash-keys\nkeywatch detect",
            language=None,
        )
        st.caption("This page fills as soon as the first lines are stored; reload it then.")


def error(problem: KeywatchError) -> None:
    """An error as a sentence and what to do; never a traceback, and never read as markup."""
    with st.container(border=True, key="error"):
        st.badge("Cannot show this page", icon=":material/error:", color="red")
        st.text(plain(problem.what))
        if problem.hint:
            st.text(plain(problem.hint))


def broken() -> None:
    """A page that failed in a way nobody foresaw."""
    with st.container(border=True, key="error"):
        st.badge("Cannot show this page", icon=":material/error:", color="red")
        st.text("This page could not be made. The log of the dashboard's process says why; nothing was changed.")
