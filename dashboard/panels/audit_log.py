"""The audit log: filtered, checked, and taken along."""

import json
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import words, zones
from dashboard.doing import refuse
from dashboard.elements import tables
from dashboard.login import access
from dashboard.login.roles import Role
from dashboard.reads import data
from dashboard.services import Services
from model.clock import SystemClock
from model.errors import KeywatchError

_LISTED: Final = 1000
"""Rows that a list has at most; the newest."""
_SINCE: Final = {"1 day": timedelta(days=1), "7 days": timedelta(days=7), "90 days": timedelta(days=90), "Always": None}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def show(services: Services) -> None:
    """Draw it; for administrators alone."""
    _check(services)
    now = SystemClock().now()
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        name = st.segmented_control(
            "Since", list(_SINCE), default="7 days", required=True, key="since", bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        sought = st.text_input(
            "Search", key="q", bind="query-params", placeholder="Who, action, subject or detail",
            icon=":material/search:", label_visibility="collapsed", width=300,
        )  # fmt: skip
        for_ = _SINCE.get(str(name))
        every = _read(None if for_ is None else now - for_)
        actions = st.multiselect(
            "Action", sorted(every["action"].unique()), key="action", bind="query-params", placeholder="Any action",
            label_visibility="collapsed", width=360,
        )  # fmt: skip
    shown = every[every["action"].isin(actions)] if actions else every
    if sought:
        text = shown[["actor", "action", "subject", "detail"]].agg(" ".join, axis="columns").str.lower()
        shown = shown[text.str.contains(sought.strip().lower(), regex=False)]
    if shown.empty:
        st.info("No row matches. Loosen the filters above.", icon=":material/filter_alt_off:")
        return
    columns: dict[str, Any] = {
        "seq": tables.number("Row", 60),
        "when": tables.text(zones.chosen().headed("Time"), 150),
        "actor": tables.text("Who", 200),
        "action": tables.text("Action", 150),
        "subject": tables.text("About", 220),
        "detail": tables.text("Detail", "large"),
    }
    tables.show(shown, columns, alternative="The audit log, the newest first: who did what to what.", rows=18)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.download_button(
            "These rows as CSV", csv(shown.drop(columns="when")), file_name="keywatch-audit-log.csv", mime="text/csv",
            icon=":material/download:", key="log_csv",
        )  # fmt: skip
        st.caption(f"{len(shown):,} rows" + (f"; the {_LISTED:,} newest were read." if len(every) == _LISTED else "."))


def csv(frame: pd.DataFrame) -> bytes:
    """The rows for a spreadsheet; no cell is a formula."""
    safe = frame.map(lambda value: f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value)
    return bytes(safe.to_csv(index=False), "utf-8")


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


def _read(since: datetime | None) -> pd.DataFrame:
    frame = data.audit_log(_LISTED)
    if since is not None:
        frame = frame[frame["at"] >= since]
    return frame.assign(
        at=frame["at"].map(lambda at: f"{at:%Y-%m-%d %H:%M:%S}"),
        when=frame["at"].map(zones.chosen().second),
        detail=frame["detail"].map(
            lambda detail: words.text(json.dumps(detail, ensure_ascii=False) if detail else "", "")
        ),
        **{name: frame[name].map(words.text) for name in ("actor", "action", "subject")},
    )
