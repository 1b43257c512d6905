"""permission-probing: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from detectors.declare import Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.breadths import BUCKET, Days, RouteDays, at, key_of, lines, place, widths, with_subject
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its lines."""

    routes: int = 5
    """Different routes that were forbidden, within ten minutes."""
    times: float = 2.0
    """And so many times as many as on the key's worst day before."""
    high: int = 12
    """So many are high."""
    together: int = 4
    """So many keys at once are a change of rights on the platform, and low."""
    history: timedelta = timedelta(days=3)
    """For a key that is not known for so long it is low,"""
    unknown: float = 2.0
    """but for one that was made a week ago and is refused on so many times the routes."""


@detector(
    id="permission-probing",
    severity=Severity.MEDIUM,
    kind="rule",
    frames=("breadth", "route_days", "key_hours", "keys", "key_refs"),
    by_key=("route_days", "key_hours"),
    named_by=("breadth",),
    settings=Settings,
    quiet=timedelta(hours=6),
    bucket=BUCKET,
    attack=("T1526", "T1580"),
    owasp=("API5:2023", "API1:2023"),
    controls=("CC6.1", "CC6.3", "CC7.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """A key tries many routes that it has no right to.

    Answers of 403 on at least 5 different routes within ten minutes (Elastic's "AKS API Enumeration" has 4 kinds of
    resources), twice as many as the key had on its worst day of the last 30. High from 12 routes on. Low for a key
    that is not known for three days and may be being set up (unless it was made a week ago and has 10 routes); for
    four keys or more at once, which is a change of rights on the platform; and by address where there is no key of
    the inventory.

    Why it matters: who has found a key tries what it opens.

    False alarms: a new scope that is missing; a test of permissions.

    What to do: see from where the calls came, and whether any privileged route answered. If the address is not the
    owner's, rotate the key; if it is, the owner's job needs other rights, or fewer calls.
    """
    rows = with_subject(frames["breadth"], frames)
    rows = rows[rows["forbidden_routes"] > 0]
    sums = widths(rows, "forbidden_routes", "forbidden")
    sums = sums[sums["wide"] >= settings.routes]
    together = sums[sums["subject"].str.startswith("key:")].groupby("minute")["subject"].nunique()
    days = RouteDays(frames, {key for subject in set(sums["subject"]) if (key := key_of(subject))})
    found = []
    for line in lines(sums):
        key_ref = key_of(str(line.subject))
        known = days.of(key_ref, line.minute) if key_ref else None
        if known is None or line.wide >= settings.times * known.forbidden:
            severity = _severity(line, known, int(together.get(line.minute, 0)), settings)
            found.append(_row(line, at(rows, str(line.subject), line.minute), severity, settings))
    return to_frame(found)


def _severity(line: Any, known: Days | None, together: int, settings: Settings) -> Severity | None:  # noqa: ANN401
    if known is None or together >= settings.together:
        return Severity.LOW
    if known.age < settings.history:
        return None if known.old and line.wide >= settings.unknown * settings.routes else Severity.LOW
    return Severity.HIGH if line.wide >= settings.high else None


def _row(line: Any, near: pd.DataFrame, severity: Severity | None, settings: Settings) -> Scored:  # noqa: ANN401
    now = near[near["minute"] == line.minute]
    key_ref, ip = key_of(line.subject), place(near)
    who = "with key {key}" if key_ref else f"from {ip}"
    return Scored(
        bucket=moment(line.minute),
        subject=line.subject,
        key_ref=key_ref,
        ip=ip,
        severity=severity,
        score=line.wide / settings.routes,
        count=int(now["forbidden"].sum()),
        first_seen=moment(now["first_seen"].fillna(line.minute).min()),
        last_seen=moment(now["last_seen"].fillna(line.minute).max()),
        title=f"{{count}} forbidden calls {who} on many routes",
        summary=f"At its peak {line.wide} different routes answered 403 within ten minutes.",
        detail={"routes": int(line.wide), "forbidden": int(line.forbidden), "requests": int(line.requests)},
    )
