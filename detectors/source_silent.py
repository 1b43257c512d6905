"""source-silent: see the docstring of `score`."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from detectors.declare import HOUR, Frames, detector
from detectors.scores import Scored, to_frame
from detectors.shared.arrivals import told
from detectors.shared.logged import Gap, Logged, logged
from model.finding import Severity
from model.window import Window

_WEEK: Final = timedelta(days=7)
_DENSE: Final = 48  # hours from its line on in which each hour of a silence is told,
_TOLD: Final = 12  # and after which each twelfth is


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How long a silence is one."""

    after: timedelta = timedelta(hours=2)
    """So long at least,"""
    times: float = 2.0
    """and so many times the longest pause that came twice in the last three weeks."""
    hours: int = 24
    """In so many hours of the last three weeks events must have happened, or nothing is known of its pauses."""
    blind: timedelta = timedelta(hours=3)
    """When all sources are silent for so long it is high."""
    night: timedelta = timedelta(hours=6)
    """Of a source that has rested so long, but is known for less than 8 days, a weekend was never seen,"""
    weekend: timedelta = timedelta(days=4)
    """and so long a silence is usual."""
    archive: timedelta = timedelta(days=7)
    """So long after its last event a source that was only ever read as an archive is not expected to go on,"""
    longest: timedelta = timedelta(days=45)
    """and so long after it none is."""


@detector(
    id="source-silent",
    severity=Severity.MEDIUM,
    kind="rule",
    frames=("event_hours", "source_hours"),
    settings=Settings,
    quiet=2 * HOUR,
    bucket=HOUR,
    attack=("T1562",),
    owasp=("API9:2023",),
    controls=("CC7.1", "CC7.2", "A1.1"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A source has gone silent.

    By the time of its events there were none for 2 hours that are twice the longest pause of the last three weeks too
    (one that came twice, once three weeks are known: an outage makes nobody deaf to the next), of a source with events
    in 24 different hours at least. Nights and weekends are in the pauses; of a source with nights that is known for
    less than 8 days, 4 days are usual. How late its lines usually come, and how rarely it is read, is allowed for. A
    hole in a history that is read later is told as it would have been then. High when every source is silent for 3
    hours: then nothing is watched.

    Why it matters: a silent monitor is the worst failure. Whoever attacks now is not seen, and whoever covers their
    tracks stops the log.

    False alarms: a service that was switched off on purpose; a rotation that moved the file.

    What to do: look at the source's file or bucket: is it written, and can keywatch read it (`keywatch doctor`)? If
    the service is gone, remove the source.
    """
    sources = list(logged(frames))
    return to_frame(row for each in sources for row in _rows(each, sources, window, settings))


def _rows(source: Logged, sources: list[Logged], window: Window, settings: Settings) -> Iterator[Scored]:
    for gap in source.gaps(window):
        if source.hours_before(gap.since) < settings.hours:
            continue
        line = _line(source, gap, settings)
        for bucket in _buckets(gap, window, line):
            end = min(bucket + HOUR, gap.until)
            silence = end - gap.since - (source.lag(bucket) if gap.open_at(bucket) else timedelta(0))
            if silence >= line and not _over(source, gap, bucket, settings):
                blind = silence >= settings.blind and all(
                    each.silent(gap.since, end, settings.blind) for each in sources
                )
                yield _row(source, gap, bucket, silence=silence, line=line, blind=blind)


def _line(source: Logged, gap: Gap, settings: Settings) -> timedelta:
    """How long a silence is unusual."""
    pause = source.usual_pause(gap.since)
    young = source.age(gap.since) < _WEEK
    weekend = settings.weekend if young and pause >= settings.night else HOUR
    return max(settings.after, settings.times * pause, weekend, settings.times * source.reading(gap.since))


def _over(source: Logged, gap: Gap, bucket: datetime, settings: Settings) -> bool:
    """Whether the end of an archive is long past: nobody expects it to go on."""
    silence = bucket - gap.since
    archived = gap.open_at(bucket) and silence > settings.archive and not source.followed(bucket)
    return silence > settings.longest or archived


def _buckets(gap: Gap, window: Window, line: timedelta) -> Iterator[datetime]:
    """The hours of a silence from its line on, later one in twelve, and that of its end; those of the window."""
    first = gap.since.replace(minute=0, second=0, microsecond=0)
    begin = max(0, int((window.since.replace(minute=0, second=0, microsecond=0) - HOUR - first) / HOUR))
    for n in range(begin, math.ceil((gap.until - first) / HOUR)):
        bucket, later = first + n * HOUR, n - int(line / HOUR)
        ends = gap.end is not None and bucket <= gap.end < bucket + HOUR
        if (later <= _DENSE or later % _TOLD == 0 or ends) and bucket + HOUR <= window.until:
            yield bucket


def _row(source: Logged, gap: Gap, bucket: datetime, *, silence: timedelta, line: timedelta, blind: bool) -> Scored:
    until = min(bucket + HOUR, gap.until)
    return Scored(
        bucket=bucket,
        subject=f"source:{source.source}",
        severity=Severity.HIGH if blind else None,
        score=round(silence / line, 2),
        count=1,
        first_seen=gap.since,
        last_seen=until,
        title=f"The source {source.source} {'is' if gap.open_at(bucket) else 'was'} silent for {told(silence)}"
        + (", as all sources were" if blind else ""),
        summary=f"No event from {gap.since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC; "
        f"from {told(line)} on that is unusual for it.",
        detail={"last_event": gap.since.isoformat(), "all_silent": blind},
    )
