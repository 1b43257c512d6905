"""enumeration: see the docstring of `score`."""

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
    """Its line."""

    routes: int = 25
    """Different routes that are not there, within ten minutes."""
    share: float = 0.5
    """Such calls as a share of all that the subject made."""
    times: float = 2.0
    """And so many times as many routes as the key missed on its worst day before."""
    history: timedelta = timedelta(days=3)
    """For a key that is not known for so long it is low,"""
    unknown: float = 2.0
    """but for one that was made a week ago and misses so many times the routes."""


@detector(
    id="enumeration",
    severity=Severity.MEDIUM,
    kind="rule",
    frames=("breadth", "route_days", "key_hours", "keys", "key_refs"),
    by_key=("route_days", "key_hours"),
    named_by=("breadth",),
    settings=Settings,
    quiet=timedelta(hours=6),
    bucket=BUCKET,
    attack=("T1595.003", "T1526"),
    owasp=("API9:2023", "API8:2023"),
    controls=("CC6.6", "CC7.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """Somebody asks for many routes that are not there.

    Client errors (404 and the like; not 401, 403, 429) on at least 25 different routes within ten minutes, at least
    half of the calls (CrowdSec's http-probing has 10 paths, Azure Sentinel's rule for Kiterunner more than 500 in 5
    minutes), and twice as many routes as the key missed on its worst day of the last 30. Low for a key that is not
    known for three days, unless the inventory says that it was made a week ago and it misses 50. By key; where
    there is none in the inventory, by address, and then low: such scans come to every public address each day.
    Missing things of one route (a synchronisation that asks for what was deleted) are one route.

    Why it matters: who holds a key and does not know the API goes through a list of names to find what it opens.

    False alarms: a client built for another version of the API; a broken link list.

    What to do: with a key, see from where it came and whether that is its owner: if not, rotate it. Without one, block
    the address at the edge if it comes back.
    """
    rows = with_subject(frames["breadth"], frames)
    rows = rows[rows["missing_routes"] > 0]
    sums = widths(rows, "missing_routes", "client_error")
    sums = sums[(sums["wide"] >= settings.routes) & (sums["client_error"] >= settings.share * sums["requests"])]
    days = RouteDays(frames, {key for subject in set(sums["subject"]) if (key := key_of(subject))})
    found = []
    for line in lines(sums):
        key_ref = key_of(str(line.subject))
        known = days.of(key_ref, line.minute) if key_ref else None
        if known is None or line.wide >= settings.times * known.missing:
            low = known is None or (known.age < settings.history and not _sure(line.wide, known, settings))
            found.append(_row(line, at(rows, str(line.subject), line.minute), settings, low=low))
    return to_frame(found)


def _sure(wide: int, known: Days, settings: Settings) -> bool:
    """Whether what an unknown key does is odd for any key that is not being set up."""
    return known.old and wide >= settings.unknown * settings.routes


def _row(line: Any, near: pd.DataFrame, settings: Settings, *, low: bool) -> Scored:  # noqa: ANN401 (a named tuple)
    now = near[near["minute"] == line.minute]
    key_ref, ip = key_of(line.subject), place(near)
    who = "with key {key}" if key_ref else f"from {ip}"
    return Scored(
        bucket=moment(line.minute),
        subject=line.subject,
        key_ref=key_ref,
        ip=ip,
        severity=Severity.LOW if low else None,
        score=line.wide / settings.routes,
        count=int(now["client_error"].sum()),
        first_seen=moment(now["first_seen"].fillna(line.minute).min()),
        last_seen=moment(now["last_seen"].fillna(line.minute).max()),
        title=f"{{count}} calls {who} for routes that are not there",
        summary=f"At its peak {line.wide} different routes within ten minutes; "
        f"{line.client_error} of {line.requests} calls failed.",
        detail={"routes": int(line.wide), "failed": int(line.client_error), "requests": int(line.requests)},
    )
