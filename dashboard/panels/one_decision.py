"""One key of a review, decided in fields that have names: for a screen reader the cells of the table have none."""

import zlib
from collections.abc import Callable
from typing import Final

import pandas as pd
import streamlit as st

from dashboard import words
from dashboard.doing import fresh
from dashboard.elements import tables
from dashboard.panels.decisions import DECISIONS, WRITTEN, day, texts
from dashboard.services import Change

_LISTED: Final = 50
"""Keys that can be chosen of those that the table has; more would be slow, and the table can be searched."""


def control(shown: pd.DataFrame, save: Callable[[Change], None], *, waits: bool) -> None:
    """The form, of rows of a worksheet; it waits for what was written into the table and is not saved."""
    with st.expander("Decide one key", icon=":material/rule:", key="one_decision", on_change="rerun") as expander:
        if not expander.open:
            return
        if waits:
            st.caption("First save what you wrote into the table.")
            return
        _form(shown.head(_LISTED), save)
        if len(shown) > _LISTED:
            st.caption(f"The first {_LISTED} of {len(shown):,} keys: search above for others.")


def _form(rows: pd.DataFrame, save: Callable[[Change], None]) -> None:
    first, second = st.columns([2, 3], gap="medium"), st.columns([4, 2, 1], gap="medium")
    with first[0]:
        place = _key(rows)
    key, row = str(rows["key_id"].iloc[place]), {name: str(rows[name].iloc[place]) for name in WRITTEN}
    mark = f"{zlib.crc32(key.encode()):08x}"
    known = DECISIONS.index(row["decision"]) if row["decision"] in DECISIONS else None
    written: dict[str, object] = {}
    with first[1]:
        written["decision"] = st.radio(
            "Decision", DECISIONS, index=known, horizontal=True, key=fresh(f"one_decision_{mark}")
        )
    with second[0]:
        written["rationale"] = st.text_input(
            "Rationale", row["rationale"], max_chars=1000, key=fresh(f"one_why_{mark}")
        )
    with second[1]:
        written["new_owner"] = st.text_input(
            "New owner", row["new_owner"], max_chars=200, key=fresh(f"one_owner_{mark}")
        )
    with second[2]:
        written["due"] = st.date_input("Due", day(row["due"]), format="YYYY-MM-DD", key=fresh(f"one_due_{mark}"))
    # The same button as before: who saves with the keyboard stays on it.
    if st.button("Save the decision", key="one_go", type="primary", icon=":material/save:"):
        save(Change(key_id=key, before=row, after=texts(written)))


def _key(rows: pd.DataFrame) -> int:
    """The place of the chosen key, which is the first undecided one until another is chosen."""
    named = zip(rows["name"], rows["key_id"], strict=True)
    labels = [words.text(f"{name} · {key}" if name else key) for name, key in named]
    return st.selectbox(
        "Key",
        range(len(rows)),
        index=[*rows["decision"].eq(""), True].index(True) % len(rows),
        format_func=labels.__getitem__,
        key=fresh(f"one_of_{tables.digest(rows.rename(columns={'key_id': 'id'}))}"),
    )
