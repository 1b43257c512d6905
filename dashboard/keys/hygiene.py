"""What good housekeeping asks of keys: six questions, which keys fail them, and the cards that count them.

The lines are those that the config sets for the detectors of the same fault, so a card and a finding agree.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.navigation import HYGIENE
from dashboard.services import Lines
from dashboard.words import count
from detectors.frames import conform
from detectors.shared.hygiene import blank
from detectors.shared.last_use import last_uses

IDLE: Final = timedelta(days=90)
"""OpenRouter's card and Panther's AWS.AccessKey.Unused; unused-key tells of half of it already."""
UNTRIED: Final = timedelta(days=30)
LITTLE: Final = 100
"""Calls of a whole life. A job of once a year makes more in a night, so a key above this is asked about first."""


@dataclass(frozen=True, slots=True)
class Question:
    """One card."""

    title: str
    rule: str
    """Of which keys it is true, in a sentence."""


def questions(lines: Lines) -> dict[str, Question]:
    """Flag to its question, in the order of the cards."""
    new, old = lines.never_used.days, lines.over_age.days
    return {
        "never": Question(
            "Never used", f"Active, {new} days old or more, and watched since it was created without a single use."
        ),
        "idle": Question(
            f"Idle {IDLE.days}+ days",
            f"Active, and its last successful use, or the beginning of telemetry, is {IDLE.days} days ago or more.",
        ),
        "age": Question(f"Over {old} days old", f"Active, and created or last rotated {old} days ago or more."),
        "endless": Question("Never expires", "Active, and the inventory has no date that ends it."),
        "ownerless": Question("No owner", "Active, and the inventory names neither an owner nor a team."),
        "removable": Question(
            "Safe to remove",
            f"Active, unused for {IDLE.days} days or for as long as it lives, fewer than {LITTLE} calls in all its"
            f" life, not even tried in the last {UNTRIED.days} days, and nothing but its upkeep was found about it."
            " Ask its owner all the same.",
        ),
    }


def faults(
    keys: pd.DataFrame,
    refs: pd.DataFrame,
    sources: pd.DataFrame,
    telemetry: pd.DataFrame,
    *,
    lines: Lines,
    now: datetime,
) -> dict[str, set[str]]:
    """Flag to the ids of the keys that it is true of, but for `removable`, which `removable` adds.

    The frames are those of detectors, as the store hands them over.
    """
    given = {"keys": keys, "key_refs": refs, "sources": sources, "telemetry": telemetry, "network_days": None}
    frames = {name: conform(name, frame) for name, frame in given.items()}
    alive = last_uses(frames, now)
    moment = pd.Timestamp(now)
    idle = alive["judged"] - alive["last_use"].where(alive["basis"] == "used", alive["began"])
    fresh = alive[["created_at", "rotated_at"]].max(axis=1)
    never = (alive["basis"] == "never") & (moment - alive["created_at"] >= lines.never_used)
    held = {
        "never": never,
        "idle": alive["basis"].isin(["used", "telemetry"]) & (idle >= IDLE),
        "age": moment - fresh >= lines.over_age,
        "endless": alive["expires_at"].isna(),
        "ownerless": blank(alive["owner"]) & blank(alive["team"]),
        "unused": never | (alive["basis"].isin(["used", "telemetry"]) & (idle >= IDLE)),
        "untried": ~(alive["last_seen"] > moment - UNTRIED),
    }
    return {flag: set(alive["key_id"][holds.fillna(value=False)]) for flag, holds in held.items()}


def removable(found: Mapping[str, Collection[str]], calls: Mapping[str, int], accused: Collection[str]) -> set[str]:
    """The keys that are safe to remove.

    `calls` are those of a whole life by key_id, `accused` are the keys with open findings of misuse.
    """
    unused = set(found["unused"]) & set(found["untried"])
    return {key for key in unused if calls.get(key, 0) < LITTLE and key not in accused}


def cards(asked: Mapping[str, Question], found: Mapping[str, Collection[str]], chosen: str | None) -> str | None:
    """Draw a card for each question; a click shows its keys, another click shows all again. Returns what is chosen."""
    with st.container(key="hygiene"):
        for column, (flag, question) in zip(st.columns(len(asked), gap="small"), asked.items(), strict=True):
            with column:
                if st.button(
                    f"**{count(len(found[flag]))}** {question.title}",
                    key=f"card_{flag}",
                    help=question.rule,
                    type="primary" if flag == chosen else "secondary",
                    icon=":material/check:" if flag == chosen else None,
                    width="stretch",
                ):
                    _choose(None if flag == chosen else flag)
    return chosen


def _choose(flag: str | None) -> None:
    if flag is None:
        st.query_params.pop(HYGIENE, None)
    else:
        st.query_params[HYGIENE] = flag
    st.rerun()
