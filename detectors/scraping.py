"""scraping: see the docstring of `score`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pandas as pd

from detectors.declare import HOUR, Frames, detector
from detectors.scores import Scored, moment, one_a_bucket, to_frame
from detectors.shared.breadths import BUCKET, RouteDays, at, key_of, lines, place, ten_minutes, with_subject
from detectors.shared.routes import READING, method_of
from model.finding import Severity
from model.window import Window

_FEW: Final = 20  # a busiest hour of fewer calls is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its lines."""

    pages: int = 100
    """Successful calls to one list within ten minutes;"""
    slow: int = 60
    """or within two hours."""
    times: float = 1.5
    """And so many times as many as the key's calls to that list on its busiest day, or to all routes in the busiest
    hour of yesterday: whichever is less."""
    days: float = 3.0
    """So many times the busiest day's calls are medium; within two hours they are asked for."""
    others: float = 3.0
    """And its other calls must not be so many times those of yesterday's busiest hour, each hour."""
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
    frames=("walks", "list_hours", "route_days", "key_hours", "keys", "key_refs"),
    by_key=("route_days", "key_hours"),
    named_by=("walks", "list_hours"),
    settings=Settings,
    quiet=timedelta(hours=12),
    bucket=BUCKET,
    attack=("T1119", "T1530"),
    owasp=("API6:2023", "API4:2023"),
    controls=("CC6.1", "CC7.2"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A key reads a list page by page.

    At least 100 successful reads of one list (a route without identifiers, whose pages differ in the query only)
    within ten minutes (Azure Sentinel's rule for scraping has more than 100 in 5 minutes), half as many again as the
    key's calls to it on its busiest day of the last 30 or to anything in the busiest hour of yesterday. Low, for a
    backfill by the owner looks the same; medium if it is three times the busiest day and 300 pages within the ten
    minutes. A key that is not known for three days is judged by its hours of yesterday and today, three at least: three
    times the calls of the busiest are low, ten times medium.

    At a reader's pace: 60 within two hours, three times the key's calls to that list on its busiest day of the last 30
    (lines of ours), by a key that is known for three days and whose other calls are not up as well, which is
    volume-spike's to tell. That is low.

    Why it matters: it is how somebody copies all that a key can see, at a rate that no limit notices.

    False alarms: a first import, a backfill, an export that the owner wanted; a client that begins to poll.

    What to do: ask the owner whether they read everything. If not, rotate the key, and count what was read.
    """
    rows = _reads(frames, "walks")
    rows = rows[rows["paths"] <= settings.paths]
    sums = ten_minutes(rows, ["ok", "requests"])
    sums = sums[sums["ok"] >= settings.pages]
    slow = _two_hours(_reads(frames, "list_hours"), settings)
    subjects = {*sums["subject"], *slow["subject"]}
    days = RouteDays(frames, {str(key_of(subject.partition("\n")[0])) for subject in subjects})
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
    return to_frame(one_a_bucket([*found, *_slow(slow, days, window, settings)]))


def _reads(frames: Frames, name: str) -> pd.DataFrame:
    """The rows of keys that read, with `subject`, which has the route in it."""
    rows = with_subject(frames[name], frames)
    rows = rows[rows["key_ref"].notna() & rows["subject"].str.startswith("key:")]
    rows = rows[rows["route"].map(lambda route: method_of(str(route)) in {None, *READING}).astype(bool)]
    return rows.assign(subject=rows["subject"] + "\n" + rows["route"])


def _two_hours(rows: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """list_hours with `pages`, those of the hour before among them, and `since`; as many as are asked for."""
    rows = rows.groupby(["subject", "hour"], as_index=False).agg(
        slow=("slow", "sum"),
        ip=("ip", "min"),
        addresses=("addresses", "max"),
        first_seen=("first_seen", "min"),
        last_seen=("last_seen", "max"),
    )
    before = rows[["subject", "hour", "slow", "first_seen"]].assign(hour=rows["hour"] + HOUR)
    rows = rows.merge(before, on=["subject", "hour"], how="left", suffixes=("", "_before"))
    pages = rows["slow"] + rows["slow_before"].fillna(0).astype("int64")
    since = rows["hour"].where(rows["slow_before"].isna(), rows["hour"] - HOUR)
    return rows.assign(pages=pages, since=since)[pages >= settings.slow]


def _slow(sums: pd.DataFrame, days: RouteDays, window: Window, settings: Settings) -> Iterator[Scored]:
    """Of the hours that end in the window; what the hour before told of is counted there."""
    over = sums[[_beyond(line, days, settings) for line in lines(sums)]]
    told = {(line.subject, line.hour) for line in lines(over)}
    for line in lines(over):
        if window.since < line.hour + HOUR <= window.until and line.slow:
            yield _slow_row(line, settings, before=(line.subject, line.hour - HOUR) not in told)


def _beyond(line: Any, days: RouteDays, settings: Settings) -> bool:  # noqa: ANN401 (a named tuple)
    subject, _, route = str(line.subject).partition("\n")
    key_ref = str(key_of(subject))
    day, hour = days.busiest(key_ref, route, line.since)
    if line.pages < settings.days * day or days.of(key_ref, line.hour).age < settings.history:
        return False
    others = days.calls(key_ref, line.since, line.hour + HOUR) - line.pages
    hours = (line.hour - line.since) // HOUR + 1
    return bool(others < settings.others * hours * max(hour, _FEW))


def _slow_row(line: Any, settings: Settings, *, before: bool) -> Scored:  # noqa: ANN401
    subject, _, route = line.subject.partition("\n")
    first = line.first_seen if not before or pd.isna(line.first_seen_before) else line.first_seen_before
    return Scored(
        bucket=moment(line.hour + HOUR - BUCKET),
        subject=subject,
        key_ref=key_of(subject),
        ip=line.ip if line.addresses == 1 else None,
        severity=Severity.LOW,
        score=line.pages / settings.slow,
        count=int(line.pages if before else line.slow),
        first_seen=moment(line.hour if pd.isna(first) else first),
        last_seen=moment(line.hour if pd.isna(line.last_seen) else line.last_seen),
        title=f"Key {{key}} reads {{count}} pages of {route}",
        summary=f"At a reader's pace: {line.pages} successful calls to this list within two hours.",
        detail={"route": route, "pages": int(line.pages)},
    )


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
