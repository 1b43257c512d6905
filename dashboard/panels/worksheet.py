"""The worksheet of a review as a table: what is known of each key, and what the reviewer decides about it."""

from datetime import datetime
from typing import Any, Final

import pandas as pd
import streamlit as st
from streamlit.column_config import DateColumn, SelectboxColumn, TextColumn

from dashboard import words
from dashboard.doing import finish, fresh, refuse
from dashboard.elements import tables
from dashboard.login import access
from dashboard.login.roles import Role
from dashboard.panels import one_decision
from dashboard.panels.decisions import DECISIONS, WRITTEN, day, texts
from dashboard.services import Change, Services
from model.errors import KeywatchError

_ALL: Final = "All"
_KNOWN: Final = ("name", "owner", "environment", "state", "last_use", "idle_days", "flags", "findings")


def show(report: str, services: Services, now: datetime) -> None:
    """The table, with a button that saves; a viewer reads it."""
    try:
        sheet = services.reviews.worksheet(report)
    except KeywatchError as error:
        refuse(error)
        return
    _progress(sheet)
    shown = _filtered(sheet)
    if shown.empty:
        st.info("No key matches. Loosen the search or the filter above.", icon=":material/filter_alt_off:")
        return
    writes = access.may(Role.ANALYST)
    above = st.container()
    edited = _editor(shown, writes=writes, report=report)
    with above:
        if writes:
            _bar(report, shown, changed(shown, edited), now)
        else:
            st.caption("Deciding needs the role analyst.")


def _bar(report: str, shown: pd.DataFrame, changes: list[Change], now: datetime) -> None:
    """Above the table, where it is seen however long that is."""
    many = "1 key" if len(changes) == 1 else f"{len(changes)} keys"
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        go = st.button(
            f"Save {many}" if changes else "Nothing to save", key=fresh("save"), type="primary",
            icon=":material/save:", disabled=not changes,
        )  # fmt: skip
        st.caption("Write into the columns with a pencil. You become the reviewer of the rows that you change.")
    one_decision.control(shown, lambda change: _save(report, [change], now), waits=bool(changes))
    if go:
        _save(report, changes, now)


def changed(before: pd.DataFrame, after: pd.DataFrame) -> list[Change]:
    """What differs between the table as it was read and as it was edited."""
    found = []
    for old, new in zip(before.to_dict("records"), after.to_dict("records"), strict=True):
        was = {name: str(old[name]) for name in WRITTEN}
        now = texts(new)
        if was != now:
            found.append(Change(key_id=str(old["key_id"]), before=was, after=now))
    return found


def _save(report: str, changes: list[Change], now: datetime) -> None:
    try:
        by, reviews = access.need(Role.ANALYST).name, access.services(Role.ANALYST).reviews
        reviews.decide(report, changes, by=by, now=now)
    except KeywatchError as error:
        refuse(error)
        return
    finish("Saved: 1 decision." if len(changes) == 1 else f"Saved: {len(changes)} decisions.")


def _progress(sheet: pd.DataFrame) -> None:
    decided = sheet[(sheet["decision"] != "") & (sheet["problem"] == "")]
    st.header("Decide", anchor=False)
    share = len(decided) / len(sheet) if len(sheet) else 1.0
    st.progress(share, text=f"{len(decided):,} of {len(sheet):,} keys are decided.")


def _filtered(sheet: pd.DataFrame) -> pd.DataFrame:
    empty = (sheet[list(WRITTEN)] == "").all(axis="columns")
    masks = {
        _ALL: pd.Series(data=True, index=sheet.index),
        "Undecided": empty,
        "Decided": ~empty & (sheet["problem"] == ""),
        "With a problem": sheet["problem"] != "",
        "Flagged": sheet["flags"] != "",
    }
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        chosen = st.segmented_control(
            "Which keys", list(masks), default=_ALL, required=True, key="rows", bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        sought = st.text_input(
            "Search", key="q", bind="query-params", placeholder="Name, id, owner or flag", icon=":material/search:",
            label_visibility="collapsed", width=280,
        )  # fmt: skip
    shown = sheet[masks[chosen if chosen in masks else _ALL]]
    st.caption(", ".join(f"{name.lower()} {int(mask.sum()):,}" for name, mask in masks.items() if name != _ALL) + ".")
    if sought:
        text = shown[["key_id", "name", "owner", "flags"]].agg(" ".join, axis="columns").str.lower()
        shown = shown[text.str.contains(sought.strip().lower(), regex=False)]
    return shown.reset_index(drop=True)


def _editor(shown: pd.DataFrame, *, writes: bool, report: str) -> pd.DataFrame:
    frame = shown.copy()
    for name in (*_KNOWN, "reviewer", "problem"):
        frame[name] = shown[name].map(lambda value: words.text(value, ""))
    frame["name"] = frame["name"].where(frame["name"] != "", shown["key_id"].map(words.text))
    frame["decision"] = shown["decision"].where(shown["decision"].isin(DECISIONS), None)
    frame["due"] = shown["due"].map(day)
    frame["last_use"] = frame["last_use"].str.slice(0, 10)
    known: dict[str, Any] = {
        "name": TextColumn("Key", width=150, pinned=True, disabled=True),
        "owner": TextColumn("Owner", width=150, disabled=True),
        "state": TextColumn("State", width=80, disabled=True),
        "last_use": TextColumn("Last use", width=90, disabled=True),
        "flags": TextColumn("Flags", width=170, disabled=True),
    }
    written: dict[str, Any] = {
        "decision": SelectboxColumn("Decision", width=100, options=list(DECISIONS)),
        "rationale": TextColumn("Rationale", width=280, max_chars=1000),
        "due": DateColumn("Due", width=100, format="YYYY-MM-DD"),
        "new_owner": TextColumn("New owner", width=140, max_chars=200),
        "reviewer": TextColumn("Reviewer", width=150, disabled=True),
        "problem": TextColumn("Problem", width="large", disabled=True),
    }
    columns = {**known, **written}
    return st.data_editor(
        frame,
        column_order=list(columns),
        column_config=columns,
        hide_index=True,
        disabled=True if not writes else [name for name in frame.columns if name not in WRITTEN],
        # Another list of keys is another table: edits belong to places in it.
        key=fresh(f"sheet_{tables.digest(shown.rename(columns={'key_id': 'id'}))}_{report[:8]}"),
        height=tables.height(len(frame), 16),
        row_height=tables.ROW,
        placeholder="",
        alt="Keys with owner, state, last use and flags, and for each the decision, why, and by when.",
    )
