"""expiring-soon: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pandas as pd

from detectors.columns import among
from detectors.declare import DAY, HOUR, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.hygiene import each, fault, folded
from detectors.shared.last_use import last_uses
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How long before its end a key is told of; never earlier than in the second half of its life."""

    low_before: timedelta = timedelta(days=30)
    """Low, or info if its successor is at work."""
    medium_before: timedelta = timedelta(days=7)
    """Medium if it is needed: it was used in the last week, or nobody can tell."""
    high_before: timedelta = timedelta(days=1)
    """High if it was used in the last week."""
    shortest: timedelta = timedelta(days=7)
    """Keys that live no longer than this are renewed by machines and never told of."""


_RECENT: Final = timedelta(days=7)
_PART: Final = 0.5
_LONG: Final = timedelta(days=60)
"""Of a key that lives no longer the steps are the same parts of its life."""


@detector(
    id="expiring-soon",
    severity=Severity.LOW,
    kind="standing",
    frames=("keys", "key_refs", "network_days", "sources", "telemetry"),
    settings=Settings,
    quiet=HOUR,
    owasp=("API2:2023",),
    controls=("CC6.1", "A1.2"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A key ends soon.

    An active key ends within 30 days: low. The same finding gets graver, and is told again, at seven days (medium, if
    the key was used in the last week or nobody can tell) and at one (high, if it was used); in between it is quiet.
    With a successor at work it is info. Of a key that lives less than two months the steps are the same parts of its
    life: half, seven sixtieths, one sixtieth.

    Why it matters: on that day the callers stop working, and in the haste somebody makes a key without an end.

    False alarms: a key that is meant to end.

    What to do: ask the owner whether it is still needed; if so, issue the successor now and let both overlap for a
    week.
    """
    at = pd.Timestamp(window.until)
    keys = last_uses(frames, window.until)
    recent = keys["last_use"] >= at - _RECENT
    working = set(keys.loc[recent, "key_id"])
    keys = keys.assign(
        used=recent,
        needed=recent | (keys["basis"] == "unknown"),
        replaced=among(keys["successor"], working),
        life=(keys["expires_at"] - keys["created_at"]).fillna(pd.Timedelta(days=365)),
    )
    ends = keys["expires_at"].notna() & (keys["expires_at"] > at) & (keys["life"] > settings.shortest)
    left = keys["expires_at"] - at
    near = keys[ends & (left <= keys["life"] * _PART) & (left <= settings.low_before)]
    rows = [_row(key, window, settings) for key in each(near)]
    todo = "They seem to have been made together: plan their renewal together."
    severities = [row.severity for row in rows if row.severity is not None]
    worst = max([Severity.LOW, *severities], key=lambda severity: severity.rank)
    return to_frame(folded(rows, len(keys), window.until, what="end soon", todo=todo, severity=worst))


def _severity(key: Any, left: pd.Timedelta, settings: Settings) -> Severity:  # noqa: ANN401 (a row of a frame)
    part = min(key.life / _LONG, 1.0)
    if key.replaced:
        return Severity.INFO
    if key.used and left <= settings.high_before * part:
        return Severity.HIGH
    return Severity.MEDIUM if key.needed and left <= settings.medium_before * part else Severity.LOW


def _row(key: Any, window: Window, settings: Settings) -> Scored:  # noqa: ANN401 (a row of a frame)
    left = key.expires_at - pd.Timestamp(window.until)
    days = left.days
    when = f"in {days} days" if days > 1 else "within two days" if days else "within a day"
    use = "Its successor is at work." if key.replaced else "It is in use." if key.needed else "It is not in use."
    return fault(
        key.key_id,
        moment(max(key.expires_at - settings.low_before, key.expires_at - key.life * _PART)),
        window.until,
        severity=_severity(key, left, settings),
        score=round(1 + max(0.0, settings.low_before / DAY - left / DAY) / 30, 2),
        title=f"Key {{key}} expires {when}",
        summary=f"It ends on {key.expires_at:%Y-%m-%d %H:%M} UTC. {use}",
        detail={"expires_at": moment(key.expires_at).isoformat(), "days_left": days},
    )
