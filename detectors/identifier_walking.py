"""identifier-walking: see the docstring of `score`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pandas as pd

from detectors.declare import HOUR, Frames, detector
from detectors.scores import Scored, moment, one_a_bucket, to_frame
from detectors.shared.breadths import BUCKET, Days, RouteDays, at, key_of, lines, place, ten_minutes, with_subject
from detectors.shared.stretches import SPAN, Stretch, Walked
from model.finding import Severity
from model.window import Window

_FEW: Final = 40  # a busiest day of fewer calls is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its lines."""

    identifiers: int = 30
    """Different identifiers of one route within ten minutes; or, one after the other, within six hours."""
    times: float = 1.5
    """And so many times as many as the key's calls to that route on its busiest day, or to all routes in the busiest
    hour of yesterday: whichever is less."""
    dense: float = 0.5
    """The share of the numbers between the lowest and the highest that were asked for, which is systematic."""
    rising: int = 950
    """The correlation of number and time, in thousandths, that is systematic too."""
    missing: float = 0.05
    """The share of failures from which on the identifiers are guessed, and not known."""
    days: float = 3.0
    """So many times the busiest day's calls are medium too."""
    forbidden: float = 0.1
    """The share of 403 that makes it high."""
    history: timedelta = timedelta(days=3)
    """For a key that is not known for so long it is low, unless it was made a week ago and guesses."""


@detector(
    id="identifier-walking",
    severity=Severity.LOW,
    kind="rule",
    frames=("walks", "walk_hours", "walked_hours", "route_days", "key_hours", "keys", "key_refs"),
    by_key=("walked_hours", "route_days", "key_hours"),
    named_by=("walks", "walk_hours"),
    settings=Settings,
    quiet=timedelta(hours=6),
    bucket=BUCKET,
    attack=("T1119", "T1213"),
    owasp=("API1:2023", "API6:2023"),
    controls=("CC6.1", "CC6.3", "CC7.2"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A key goes through identifiers one after another.

    At least 30 different identifiers of one route within ten minutes, half as many again as the key's calls to it
    on its busiest day of the last 30 or to anything in the busiest hour of yesterday (so a synchronisation that
    does it every day is silent), and systematic: numbers that fill half of their range, or that grow or fall with
    time (Azure Sentinel's rule for broken object authorisation has more than 5 identifiers in 5 minutes without a
    list before). Medium if 5 % of the calls fail, for who knows his identifiers has them from a list, or if it is
    three times the busiest day; high if a tenth is forbidden. Low for a key that is not known for three days,
    unless it was made a week ago and guesses: that is medium. By address, and low, where there is no key of the
    inventory.

    At a reader's pace: 30 numbers that follow each other (eight an hour at least) within up to six hours, more than the
    key's calls to the route on its busiest day, and none of the kind on the seven days before (lines of ours). Low;
    medium if 5 % fail. A key that is not known for three days is not told, unless it was made a week ago and guesses:
    that is low. Nor is an address, unless it guesses so many within an hour.

    Why it matters: numbers that follow each other are the easiest way to read what belongs to others (OWASP API1), and
    whoever is patient stays below every limit.

    False alarms: a first synchronisation; a repair job after a fault; an app that begins to read what it creates.

    What to do: compare the identifiers with what the key's owner may see. If they are others', close the route (it
    lacks a check of ownership), rotate the key, and list what was read.
    """
    rows = with_subject(frames["walks"], frames)
    rows = rows[_systematic(rows, settings)]
    rows = rows.assign(key=rows["subject"], subject=rows["subject"] + "\n" + rows["route"])
    sums = ten_minutes(rows, ["paths", "requests", "ok", "forbidden", "client_error"])
    sums = sums[sums["paths"] >= settings.identifiers]
    slow = _walked(frames)
    subjects = {*sums["subject"], *slow["subject"]}
    days = RouteDays(frames, {key for subject in subjects if (key := key_of(subject.partition("\n")[0]))})
    found = []
    for line in lines(sums):
        subject, _, route = str(line.subject).partition("\n")
        key_ref = key_of(subject)
        day, hour = days.busiest(key_ref, route, line.minute) if key_ref else (0, 0)
        if line.paths >= settings.times * min(day, hour):
            known = days.of(key_ref, line.minute) if key_ref else None
            severity = _severity(line, day, known, settings)
            found.append(_row(line, at(rows, str(line.subject), line.minute), severity, settings))
    return to_frame(one_a_bucket([*found, *_slow(Walked(slow), days, window, settings)]))


def _walked(frames: Frames) -> pd.DataFrame:
    """The runs of keys for a week, and those of addresses in the hours that are judged."""
    keyed, others = (with_subject(frames[name], frames) for name in ("walked_hours", "walk_hours"))
    keyed, others = keyed[keyed["subject"].str.startswith("key:")], others[others["subject"].str.startswith("ip:")]
    rows = pd.concat([keyed, others], ignore_index=True)
    return rows.assign(subject=rows["subject"] + "\n" + rows["route"])


def _slow(walked: Walked, days: RouteDays, window: Window, settings: Settings) -> Iterator[Scored]:
    """Of the hours that end in the window."""
    for subject, hour in walked.hours(pd.Timestamp(window.since), pd.Timestamp(window.until)):
        told = _stretch(walked, subject, hour, days, settings)
        if told is not None:
            stretch, severity = told
            earlier = (hour - n * HOUR for n in range(1, SPAN // HOUR))
            last = next((one for one in earlier if _stretch(walked, subject, one, days, settings)), None)
            yield _slow_row(stretch, last, severity, settings)


def _stretch(
    walked: Walked, subject: str, hour: pd.Timestamp, days: RouteDays, settings: Settings
) -> tuple[Stretch, Severity] | None:
    """The stretch that ends with an hour, and how grave it is; None where nothing is to be told."""
    who, _, route = subject.partition("\n")
    key_ref = key_of(who)
    # Of addresses only the hours that are judged are read.
    stretch = walked.ending(subject, hour, SPAN if key_ref else HOUR)
    if stretch is None or stretch.slow < settings.identifiers or not stretch.dense(settings.dense):
        return None
    guessed = stretch.failed(settings.missing)
    if key_ref is None:
        return (stretch, Severity.LOW) if guessed else None
    known = days.of(key_ref, hour)
    young = known.age < settings.history
    if young and not (guessed and known.old):
        return None
    day, _ = days.busiest(key_ref, route, stretch.begins)
    if stretch.slow <= day or walked.before(subject, stretch.begins.floor("D")):
        return None
    return stretch, Severity.MEDIUM if guessed and not young else Severity.LOW


def _slow_row(stretch: Stretch, last: pd.Timestamp | None, severity: Severity, settings: Settings) -> Scored:
    """`last` is the hour before that was told of: what came by then is counted there."""
    who, _, route = stretch.subject.partition("\n")
    rows = stretch.rows
    new = rows if last is None else rows[rows["hour"] > last]
    key_ref, ip = key_of(who), place(rows) if rows["addresses"].max() == 1 else None
    low, high = int(rows["lowest"].min()), int(rows["highest"].max())
    hours = (stretch.hour - stretch.begins) // HOUR + 1
    return Scored(
        bucket=moment(stretch.hour + HOUR - BUCKET),
        subject=who,
        key_ref=key_ref,
        ip=ip,
        severity=severity,
        score=stretch.slow / settings.identifiers,
        count=int(new["slow"].sum()),
        first_seen=moment(new["first_seen"].fillna(new["hour"]).min()),
        last_seen=moment(new["last_seen"].fillna(new["hour"]).max()),
        title=f"{'Key {key}' if key_ref else who.removeprefix('ip:')} goes through {{count}} identifiers of {route}",
        summary=f"At a reader's pace: {stretch.slow} numbers one after the other, from {low} to {high}, within "
        f"{hours} hour{'' if hours == 1 else 's'}; {rows['ok'].sum()} of {rows['requests'].sum()} calls succeeded.",
        detail={
            "route": route,
            "identifiers": stretch.slow,
            "lowest": low,
            "highest": high,
            "failed": int(rows["client_error"].sum()),
            "forbidden": int(rows["forbidden"].sum()),
        },
    )


def _systematic(rows: pd.DataFrame, settings: Settings) -> "pd.Series[bool]":
    width = rows["highest"] - rows["lowest"] + 1
    dense = rows["numbers"] >= settings.dense * width
    return (rows["numbers"] >= 0.8 * rows["paths"]) & (dense | (rows["rising"].abs() >= settings.rising))


def _severity(line: Any, day: int, known: Days | None, settings: Settings) -> Severity:  # noqa: ANN401 (a named tuple)
    guessed = line.client_error + line.forbidden >= settings.missing * line.requests
    if known is None:
        return Severity.LOW
    if known.age < settings.history:
        return Severity.MEDIUM if guessed and known.old else Severity.LOW
    if line.forbidden >= settings.forbidden * line.requests:
        return Severity.HIGH
    return Severity.MEDIUM if guessed or line.paths >= settings.days * max(day, _FEW) else Severity.LOW


def _row(line: Any, near: pd.DataFrame, severity: Severity, settings: Settings) -> Scored:  # noqa: ANN401
    subject, _, route = line.subject.partition("\n")
    now = near[near["minute"] == line.minute]
    key_ref, ip = key_of(subject), place(near) if near["addresses"].max() == 1 else None
    who = "Key {key}" if key_ref else f"{ip}"
    low, high = int(near["lowest"].min()), int(near["highest"].max())
    return Scored(
        bucket=moment(line.minute),
        subject=subject,
        key_ref=key_ref,
        ip=ip,
        severity=severity,
        score=line.paths / settings.identifiers,
        count=int(now["paths"].sum()),
        first_seen=moment(now["first_seen"].fillna(line.minute).min()),
        last_seen=moment(now["last_seen"].fillna(line.minute).max()),
        title=f"{who} goes through {{count}} identifiers of {route}",
        summary=f"At its peak {line.paths} identifiers within ten minutes, numbers from {low} to {high}; "
        f"{line.ok} of {line.requests} calls succeeded.",
        detail={
            "route": route,
            "identifiers": int(line.paths),
            "lowest": low,
            "highest": high,
            "failed": int(line.client_error),
            "forbidden": int(line.forbidden),
        },
    )
