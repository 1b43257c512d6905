"""How the targets fare: figures of all of them, those that gave messages up, and each in a row."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import pandas as pd
import streamlit as st

from alerts import acts
from dashboard import words
from dashboard.doing import act, fresh
from dashboard.elements import tables, tiles
from dashboard.login import access
from dashboard.palette import TARGETS
from dashboard.panels import messages
from dashboard.panels.messages import SHOWN
from dashboard.reads.told import Targets
from model.incident import DeliveryStatus
from store.state.health import Health

Counts = Mapping[str, int]
"""Status to deliveries."""

_MEND: Final = "Mend the target first, and try it with `keywatch alerts test`. Each message keeps its key."
_MEANT: Final = {
    "Sent": "Messages that a target took.",
    "Waiting": "Messages that will be sent, or tried again.",
    "Given up": "Messages that no target took; they can be tried again below.",
    "Kept back": "By a silence or a snooze; each says by which.",
    "In digests": "Summed up, or waiting to be.",
}


def show(targets: Targets, configured: Iterable[str], now: datetime) -> None:
    """Draw them; those that the config has are listed though nothing was sent to them."""
    if targets.counts:
        _tiles(targets, now)
        _dead(targets)
    _table({**{name: {} for name in configured}, **targets.counts}, targets, now)


def _tiles(targets: Targets, now: datetime) -> None:
    oldest = targets.backlog["oldest"].min() if len(targets.backlog) else None
    columns = st.columns(len(_MEANT) + 1, gap="small")
    for column, (label, meaning) in zip(columns, _MEANT.items(), strict=False):
        number = sum(_number(counts, label) for counts in targets.counts.values())
        with column:
            tiles.figure(label, words.count(number), help_=f"{meaning} Since the store began.")
    with columns[-1]:
        waits = words.ago(oldest, now, missing="none").removesuffix(" ago")
        tiles.figure("Oldest waiting", waits, help_="How long the oldest overdue message waits.")


def _dead(targets: Targets) -> None:
    """What was given up, with a button to try all of it again."""
    for name, counts in targets.counts.items():
        number = _number(counts, "Given up")
        if not number:
            continue
        fares = targets.health.get(name)
        given_up = "1 message was" if number == 1 else f"{number:,} messages were"
        with (
            st.container(border=True, key=f"dead_{_key(name)}"),
            st.container(horizontal=True, vertical_alignment="center", gap="medium"),
        ):
            st.badge("Given up", icon=":material/error:", color="red")
            with st.container(gap=None, width="stretch"):
                st.text(f"{given_up} given up at {words.text(name)}.")
                if fares is not None and fares.last_error:
                    st.text(f"Its last error: {words.text(fares.last_error)}")
            if not access.offers("Trying again"):
                continue
            label = "Try again" if number == 1 else "Try all again"
            if st.button(label, key=fresh(f"replay_{_key(name)}"), icon=":material/replay:", help=_MEND):
                _replay(name)


def _replay(name: str) -> None:
    act(lambda tx, by, at: acts.replay(tx, [], target=name, by=by, at=at), messages.told_again)


def _table(every: Mapping[str, Counts], targets: Targets, now: datetime) -> None:
    st.header("Targets", anchor=False)
    waits = dict(zip(targets.backlog["target"], targets.backlog["oldest"], strict=True))
    rows = []
    for name, counts in every.items():
        fares = targets.health.get(name)
        state = _fares(fares, counts, now)
        rows.append(
            {
                "name": words.text(name),
                "state": [TARGETS[state][0]],
                "sent": _number(counts, "Sent"),
                "waiting": _number(counts, "Waiting"),
                "oldest": words.ago(waits.get(name), now, missing="").removesuffix(" ago"),
                "dead": _number(counts, "Given up"),
                "kept": _number(counts, "Kept back"),
                "digest": _number(counts, "In digests"),
                "last": words.ago(fares.sent_at if fares else None, now),
                "error": words.text(fares.last_error if fares and state != "fine" else None, ""),
            }
        )
    columns: dict[str, Any] = {
        "name": tables.text("Target", 120),
        "state": tables.target(),
        "sent": tables.number("Sent", 65),
        "waiting": tables.number("Waiting", 70),
        "oldest": tables.text("Oldest waits", 95),
        "dead": tables.number("Given up", 75),
        "kept": tables.number("Kept back", 80),
        "digest": tables.number("In digests", 80),
        "last": tables.text("Last taken", 90),
        "error": tables.text("Last error", "large"),
    }
    tables.show(
        pd.DataFrame(rows), columns, alternative="Targets with their state and what became of messages.", rows=8
    )


def _fares(fares: Health | None, counts: Counts, now: datetime) -> str:
    if fares is None:
        return "fine" if _number(counts, "Sent") else "untried"
    if fares.failed_at is None or (fares.sent_at is not None and fares.sent_at >= fares.failed_at):
        return "fine"
    if fares.open_until is not None and fares.open_until > now:
        return "resting"
    return "failing" if fares.failures or not counts.get(str(DeliveryStatus.DEAD)) else "refusing"


def _number(counts: Counts, label: str) -> int:
    return sum(counts.get(str(status), 0) for status in SHOWN[label])


def _key(name: str) -> str:
    return "".join(sign if sign.isalnum() else "_" for sign in name)
