"""scraping: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from detectors.declare import Frames, detector
from detectors.scores import Scored, moment, one_a_bucket, to_frame
from detectors.shared.breadths import BUCKET, RouteDays, at, key_of, lines, place, ten_minutes, with_subject
from detectors.shared.routes import READING, method_of
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its lines."""

    pages: int = 100
    """Successful calls to one list within ten minutes."""
    times: float = 1.5
    """And so many times as many as the key's calls to that list on its busiest day, or to all routes in the busiest
    hour of yesterday: whichever is less."""
    days: float = 3.0
    """So many times the busiest day's calls are medium."""
    medium: int = 300
    """And at least so many."""
    paths: int = 3
    """More different paths than this are no list, but things of one kind: identifier-walking looks at them."""
    history: timedelta = timedelta(days=3)
    """Of a younger key nobody knows what it reads day by day: it is told by its hours of yesterday and today."""
    hours: int = 3
    """It must have been used in so many of them,"""
    hourly: float = 3.0
    """and make so many times the calls of the busiest;"""
    far: float = 10.0
    """so many times are medium."""


@detector(
    id="scraping",
    severity=Severity.LOW,
    kind="rule",
    frames=("walks", "route_days", "key_hours", "keys", "key_refs"),
    by_key=("route_days", "key_hours"),
    named_by=("walks",),
    settings=Settings,
    quiet=timedelta(hours=12),
    bucket=BUCKET,
    attack=("T1119", "T1530"),
    owasp=("API6:2023", "API4:2023"),
    controls=("CC6.1", "CC7.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """A key reads a list page by page.

    At least 100 successful reads of one list (a route without identifiers, whose pages differ in the query only)
    within ten minutes (Azure Sentinel's rule for scraping has more than 100 in 5 minutes), half as many again as the
    key's calls to it on its busiest day of the last 30 or to anything in the busiest hour of yesterday. Low, for a
    backfill by the owner looks the same; medium if it is three times the busiest day and 300 pages within the ten
    minutes. A key that is not known for three days is judged by its hours of yesterday and today, three at least: three
    times the calls of the busiest are low, ten times medium.

    Why it matters: it is how somebody copies all that a key can see, at a rate that no limit notices.

    False alarms: a first import, a backfill, an export that the owner wanted.

    What to do: ask the owner whether they read everything. If not, rotate the key, and count what was read.
    """
    rows = with_subject(frames["walks"], frames)
    rows = rows[(rows["paths"] <= settings.paths) & rows["key_ref"].notna() & rows["subject"].str.startswith("key:")]
    rows = rows[rows["route"].map(lambda route: method_of(str(route)) in {None, *READING}).astype(bool)]
    rows = rows.assign(subject=rows["subject"] + "\n" + rows["route"])
    sums = ten_minutes(rows, ["ok", "requests"])
    sums = sums[sums["ok"] >= settings.pages]
    days = RouteDays(frames, {str(key_of(subject.partition("\n")[0])) for subject in set(sums["subject"])})
    found = []
    for line in lines(sums):
        subject, _, route = str(line.subject).partition("\n")
        key_ref = str(key_of(subject))
        day, hour = days.busiest(key_ref, route, line.minute)
        if line.ok >= settings.times * min(day, hour):
            if days.of(key_ref, line.minute).age < settings.history:
                used, most = days.lately(key_ref, line.minute)
                if used < settings.hours or line.ok < settings.hourly * most:
                    continue
                much = line.ok >= max(settings.medium, settings.far * most)
            else:
                much = line.ok >= max(settings.medium, settings.days * day)
            severity = Severity.MEDIUM if much else Severity.LOW
            found.append(_row(line, at(rows, str(line.subject), line.minute), severity, settings))
    return to_frame(one_a_bucket(found))


def _row(line: Any, near: pd.DataFrame, severity: Severity, settings: Settings) -> Scored:  # noqa: ANN401
    subject, _, route = line.subject.partition("\n")
    now = near[near["minute"] == line.minute]
    return Scored(
        bucket=moment(line.minute),
        subject=subject,
        key_ref=key_of(subject),
        ip=place(near) if near["addresses"].max() == 1 else None,
        severity=severity,
        score=line.ok / settings.pages,
        count=int(now["ok"].sum()),
        first_seen=moment(now["first_seen"].fillna(line.minute).min()),
        last_seen=moment(now["last_seen"].fillna(line.minute).max()),
        title=f"Key {{key}} reads {{count}} pages of {route}",
        summary=f"At its peak {line.ok} successful calls to this list within ten minutes.",
        detail={"route": route, "pages": int(line.ok), "requests": int(line.requests)},
    )
