"""A key's life: its rotations in four steps, and what changed in the inventory."""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import words, zones
from dashboard.elements import tables
from dashboard.known.portrait import Portrait
from dashboard.reads.one_key import Life
from model.rotation import Rotation, Step

_MARKS: Final = {"done": ("✓", "done"), "open": ("○", "open"), "unknown": ("?", "unknown")}
_STATES: Final = {
    "created": ("The new key was issued and has not worked yet.", "blue", ":material/hourglass_top:"),
    "both active": ("Both keys work.", "blue", ":material/sync:"),
    "old still used": ("The old key is still used.", "orange", ":material/warning:"),
    "completed": ("Completed.", "green", ":material/check:"),
}
_FIELDS: Final = {"key": "the key", "secret": "its secret", "removed_at": "its place in the inventory"}


def show(life: Life, known: Mapping[str, Portrait]) -> None:
    """Draw it."""
    st.header("Lifecycle", anchor=False)
    if not life.rotations:
        st.caption("No rotation is known: no other key names it as its successor, and its secret has not changed.")
    for rotation in life.rotations:
        _rotation(rotation, known)
    if life.history:
        _history(life.history)


def _rotation(rotation: Rotation, known: Mapping[str, Portrait]) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            sentence, colour, icon = _STATES[rotation.state]
            st.badge(rotation.state.capitalize(), icon=icon, color=colour)  # type: ignore[arg-type]  # one of Streamlit's
            st.text(f"{_told(rotation, known)} {sentence}")
        for place, (column, step) in enumerate(zip(st.columns(4, gap="medium"), rotation.steps, strict=True), start=1):
            with column:
                _step(place, step)


def _told(rotation: Rotation, known: Mapping[str, Portrait]) -> str:
    if rotation.old == rotation.new:
        return "Another secret under the same id."
    old, new = (words.text(known[each].name if each in known else each) for each in (rotation.old, rotation.new))
    how = "" if rotation.linked_by == "explicit" else f" (linked by {words.text(rotation.linked_by)})"
    return f"{old} is replaced by {new}{how}."


def _step(place: int, step: Step) -> None:
    mark, word = _MARKS[step.state]
    with st.container(gap=None):
        st.text(f"{mark} {place}. {step.step.capitalize()}, {word}")
        st.caption(zones.chosen().told(step.at, "no date"))
        st.text(words.text(step.says))


def _history(history: list[dict[str, Any]]) -> None:
    zone = zones.chosen()
    frame = pd.DataFrame(
        {
            "at": [zone.minute(change["at"]) for change in history],
            "field": [_FIELDS.get(change["field"], change["field"].replace("_", " ")) for change in history],
            "before": [words.text(change["before"]) for change in history],
            "after": [words.text(change["after"]) for change in history],
        }
    )
    columns = {
        "at": tables.text(zone.headed("Seen"), 145),
        "field": tables.text("What changed", 190),
        "before": tables.text("Before", 330),
        "after": tables.text("After", 330),
    }
    st.caption("Changes that were seen in the inventory, the newest first")
    tables.show(frame, columns, alternative="Changes of this key in the inventory, newest first.", rows=5)
