"""The audit log: searched, read in pages, checked, and taken along."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import words, zones
from dashboard.doing import refuse
from dashboard.elements import export, paging, tables
from dashboard.login import access
from dashboard.login.roles import Role
from dashboard.reads import logged
from dashboard.services import Services
from model.clock import SystemClock
from model.errors import KeywatchError
from store.state.audit_search import Sought

_LISTED: Final = 200
"""Rows of a page."""
_SINCE: Final = {"1 day": timedelta(days=1), "7 days": timedelta(days=7), "90 days": timedelta(days=90), "Always": None}


def show(services: Services) -> None:
    """Draw it; for administrators alone."""
    _check(services)
    name, sought = _filters()
    number = logged.count(sought)
    if not number:
        st.info("No row matches. Loosen the filters above.", icon=":material/filter_alt_off:")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        first = paging.begin(number, of=name, size=_LISTED)
        st.caption(_told(number, first))
    shown = _readable(logged.found(sought, limit=_LISTED, offset=first))
    columns: dict[str, Any] = {
        "seq": tables.number("Row", 60),
        "when": tables.text(zones.chosen().headed("Time"), 150),
        "actor": tables.text("Who", 200),
        "action": tables.text("Action", 150),
        "subject": tables.text("About", 220),
        "detail": tables.text("Detail", "large"),
    }
    tables.show(shown, columns, alternative="The audit log, the newest first: who did what to what.", rows=18)
    rows = logged.all_found(sought)
    st.download_button(
        f"The {logged.MOST:,} newest as CSV" if number > logged.MOST else "All that match as CSV",
        data=lambda: as_csv(rows()), file_name="keywatch-audit-log.csv", mime="text/csv",
        icon=":material/download:", key="log_csv", on_click="ignore",
    )  # fmt: skip


def as_csv(frame: pd.DataFrame) -> bytes:
    """Rows of the log for a spreadsheet, each detail as JSON."""
    return export.csv(frame.assign(detail=frame["detail"].map(_detail)))


def _filters() -> tuple[str, Sought]:
    """What is asked for, and its name, in which time goes on without another name."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        span = st.segmented_control(
            "Since", list(_SINCE), default="7 days", required=True, key="since", bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        text = st.text_input(
            "Search", key="q", bind="query-params", placeholder="Who, action, subject or detail",
            icon=":material/search:", label_visibility="collapsed", width=300,
        )  # fmt: skip
        actions = st.multiselect(
            "Action", logged.actions(), key="action", bind="query-params", placeholder="Any action",
            label_visibility="collapsed", width=360,
        )  # fmt: skip
    length = _SINCE.get(str(span))
    since = None if length is None else SystemClock().now() - length
    sought = Sought(since=since, actions=actions, text=text.strip())
    return f"{span} {actions} {sought.text}", sought


def _told(number: int, first: int) -> str:
    last = min(number, first + _LISTED)
    shown = "" if number <= _LISTED else f" Shown are {first + 1:,} to {last:,}, the newest first."
    return f"1 row matches.{shown}" if number == 1 else f"{number:,} rows match.{shown}"


def _check(services: Services) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        asked = st.button(
            "Verify the chain", icon=":material/verified:", key="verify_log",
            help="Reads the whole log: each row's keyed hash, its order, its end, and the checkpoints of reports.",
        )  # fmt: skip
        if not asked:
            st.caption("Each row's hash covers the row before it; what is changed, taken out or cut off is found.")
            return
        try:
            access.need(Role.ADMIN)
            found = services.check_log()
        except KeywatchError as error:
            refuse(error)
            return
        if found.faults:
            st.badge("Not whole", icon=":material/error:", color="red")
        else:
            st.badge("Whole", icon=":material/verified:", color="green")
            st.text(found.told)
    for fault in found.faults:
        st.text(words.text(fault))


def _readable(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(
        when=frame["at"].map(zones.chosen().second),
        detail=frame["detail"].map(lambda detail: words.text(_detail(detail), "")),
        **{name: frame[name].map(words.text) for name in ("actor", "action", "subject")},
    )


def _detail(detail: Mapping[str, object]) -> str:
    return json.dumps(detail, ensure_ascii=False) if detail else ""
