"""The search for a key, and what it finds: a table whose rows lead to keys."""

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import pandas as pd
import streamlit as st

from dashboard import words
from dashboard.elements import tables
from dashboard.known import key_search
from dashboard.known.portrait import Portrait
from dashboard.navigation import open_key
from dashboard.palette import status_word
from dashboard.reads import portraits

_FOUND: Final = 8
"""Keys that are listed of those that a text means."""


@st.fragment
def control(shown: str | None, now: datetime) -> None:
    """Draw it; by itself, so that a letter more draws nothing else anew. `shown` is the identity of the page's key.

    What it is called with stays in memory as long as the session does, so the keys are asked for inside.
    """
    text = st.text_input(
        "Find a key",
        # Another key's page begins with an empty field.
        key=f"find_{zlib.crc32((shown or '').encode()):08x}",
        placeholder="Another key: name, id, owner or hint" if shown else "Name, id, owner or hint",
        icon=":material/search:",
        label_visibility="collapsed",
        live=True,
    )
    if not text.strip():
        return
    those, number = key_search.found(portraits.known(now), text, _FOUND)
    if not those:
        st.text(f"No key has {words.text(text.strip())} in its name, id, owner or hint.")
        return
    _table(those)
    if number > len(those):
        st.caption(f"The first {len(those)} of {number:,}: write more to see others.")


def _table(those: Sequence[Portrait]) -> None:
    frame = pd.DataFrame(
        {
            "id": [portrait.identity for portrait in those],
            "name": [portrait.name for portrait in those],
            "shown": [words.text(portrait.identity) for portrait in those],
            "status": [[status_word(portrait.status)] for portrait in those],
            "owner": [words.text(portrait.owner) for portrait in those],
            "environment": [words.text(portrait.environment) for portrait in those],
        }
    )
    columns = {
        "name": tables.text("Key", 220),
        "shown": tables.text("Key id", 180),
        "status": tables.status(),
        "owner": tables.text("Owner", 220),
        "environment": tables.text("Environment", 120),
    }
    place = tables.choose(frame, columns, key="found", alternative="Keys that are found; a click opens one.")
    if place is not None:
        open_key(those[place].identity)
