"""Which time the pages show: presets, kept in the URL, and where they end when the logs do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import streamlit as st

from dashboard import words
from model.window import Window
from store.queries.spans import ceiling

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)

PRESETS: Final[dict[str, tuple[timedelta, timedelta]]] = {
    "1h": (_HOUR, _MINUTE),
    "6h": (6 * _HOUR, 5 * _MINUTE),
    "24h": (_DAY, 15 * _MINUTE),
    "7d": (7 * _DAY, _HOUR),
    "14d": (14 * _DAY, 2 * _HOUR),
    "30d": (30 * _DAY, 6 * _HOUR),
    "90d": (90 * _DAY, _DAY),
}
"""Name to (length, bucket): 60 to 170 buckets each, about one every six pixels."""

DEFAULT: Final = "7d"
PARAMETER: Final = "window"
"""The name in the URL."""

ENDED_AFTER: Final = _HOUR
"""When the newest event is older than this, windows end at it: a page of nothing would tell nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What the pages show."""

    name: str
    """Of PRESETS."""
    window: Window
    """Its end is rounded up to a minute, so that pages share their caches."""
    bucket: timedelta
    now: datetime
    ended: datetime | None
    """The newest event, when the window ends there rather than now."""
    oldest: datetime
    """The first event of all."""

    @property
    def before(self) -> Window:
        """The window of the same length before it."""
        return self.window.previous()

    @property
    def compares(self) -> bool:
        """Whether the logs reach back over the window before; else a change would only say that they do not."""
        return self.oldest <= self.before.since


def period(name: str, span: Window, now: datetime) -> Period:
    """The period of a preset over a store whose events span `span`."""
    length, bucket = PRESETS[name]
    ended = span.until if now - span.until > ENDED_AFTER else None
    until = ceiling(ended or now, _MINUTE)
    return Period(
        name=name,
        window=Window(since=until - length, until=until),
        bucket=bucket,
        now=now,
        ended=ended,
        oldest=span.since,
    )


def told(chosen: Period) -> str:
    """The window in words, for under the title."""
    window = chosen.window
    compared = f"Changes are against the {chosen.name} before."
    if not chosen.compares:
        compared = (
            f"No changes are shown: the logs begin on {chosen.oldest:%Y-%m-%d}, too late for the {chosen.name} before."
        )
    return f"{words.utc(window.since)} to {words.utc(window.until)}. {compared}"


def control() -> str:
    """Draw the presets; returns the chosen one. The URL holds it under `window`."""
    chosen = st.segmented_control(
        "Time window",
        list(PRESETS),
        default=DEFAULT,
        required=True,
        key=PARAMETER,
        bind="query-params",
        label_visibility="collapsed",
    )
    return chosen if chosen in PRESETS else DEFAULT
