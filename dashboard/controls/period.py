"""Which time the pages show: presets or a window of one's own, kept in the URL, and where they end when the logs do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from dashboard.zones import Zone
from model.errors import UsageError
from model.window import Window, parse_moment
from store.queries.spans import ceiling, floor

_SECOND: Final = timedelta(seconds=1)
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

BUCKETS: Final = (
    _SECOND, 5 * _SECOND, 15 * _SECOND, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 2 * _HOUR, 6 * _HOUR, _DAY, 7 * _DAY,
)  # fmt: skip
"""What a window of one's own is counted by: the finest of which at most MOST fill it."""
MOST: Final = 170
SHORTEST: Final = _MINUTE
"""Of a window of one's own."""
LONGEST: Final = 3 * 365 * _DAY
"""Likewise: 157 buckets of a week."""
ENDED_AFTER: Final = _HOUR
"""When the newest event is older than this, windows end at it: a page of nothing would tell nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What the pages show."""

    name: str
    """Its length in a word: `7d`, `3h20m`."""
    window: Window
    """The end of a preset is rounded up to a minute, so that pages share their caches; where hours are counted, its
    beginning down to an hour, since an hour that is cut has to be counted from single events."""
    before: Window
    """What it is compared with: as much time, on the same hours, right before it."""
    bucket: timedelta
    now: datetime
    ended: datetime | None
    """The newest event, when the window ends there rather than now."""
    oldest: datetime
    """The first event of all."""
    moves: bool = True
    """Whether it goes on with the clock, as presets do."""

    @property
    def compares(self) -> bool:
        """Whether the logs reach back over the window before; else a change would only say that they do not."""
        return self.oldest <= self.before.since


def period(name: str, span: Window, now: datetime) -> Period:
    """The period of a preset over a store whose events span `span`."""
    length, bucket = PRESETS[name]
    ended = span.until if now - span.until > ENDED_AFTER else None
    until, grain = ceiling(ended or now, _MINUTE), _HOUR if bucket >= _HOUR else _MINUTE
    since = floor(until - length, grain)
    return Period(
        name=name,
        window=Window(since=since, until=until),
        before=Window(since=since - round((until - since) / grain) * grain, until=since),
        bucket=bucket,
        now=now,
        ended=ended,
        oldest=span.since,
    )


def own(window: Window, span: Window, now: datetime) -> Period:
    """The period of a window that somebody chose."""
    return Period(
        name=_length(window.length),
        window=window,
        before=window.previous(),
        bucket=bucket_of(window),
        now=now,
        ended=None,
        oldest=span.since,
        moves=False,
    )


def bucket_of(window: Window) -> timedelta:
    """What a window is counted by."""
    return next((each for each in BUCKETS if window.length / each <= MOST), BUCKETS[-1])


def read(since: str, until: str, zone: Zone, now: datetime) -> Window:
    """The window between two moments as people write them: `2026-11-23 05:24`, `2026-11-23T05:24Z`, `2d`, `now`.

    A moment that names no zone is one of `zone`. Raises UsageError for anything else, and for a window that is shorter
    than SHORTEST or longer than LONGEST.
    """
    begin, end = _moment(since, zone, now), _moment(until, zone, now)
    if end < begin:
        msg = "The window ends before it begins."
        raise UsageError(msg, hint="Swap its beginning and its end.")
    window = Window(since=begin, until=end)
    if not SHORTEST <= window.length <= LONGEST:
        msg = f"A window of {_length(window.length)} cannot be drawn."
        raise UsageError(msg, hint="Choose one from a minute to three years.")
    return window


def written(moment: datetime, zone: Zone) -> str:
    """A moment for the URL: by the clocks of the zone and with its distance from UTC, so that it means one moment."""
    local = zone.local(moment)
    form = "minutes" if local.second == 0 else "seconds"
    return local.isoformat(timespec=form).replace("+00:00", "Z")


def snapped(since: datetime, until: datetime, bucket: timedelta) -> Window:
    """The whole buckets that two moments touch, at least SHORTEST long."""
    begin, end = floor(since, bucket), ceiling(until, bucket)
    return Window(since=begin, until=max(end, begin + bucket, begin + SHORTEST))


def told(chosen: Period, zone: Zone, *, changes: bool) -> str:
    """The window in words, for under the title; and what it is compared with, where `changes` are shown."""
    window = f"{zone.told(chosen.window.since)} to {zone.told(chosen.window.until)}"
    if not changes:
        return window
    compared = f"Changes are against the {chosen.name} before."
    if not chosen.compares:
        begun = f"{zone.local(chosen.oldest):%Y-%m-%d}"
        compared = f"No changes are shown: the logs begin on {begun}, too late for the {chosen.name} before."
    return f"{window}. {compared}"


def _moment(text: str, zone: Zone, now: datetime) -> datetime:
    if not text.strip():
        msg = "A window has a beginning and an end."
        raise UsageError(msg, hint="Write both, such as 2026-11-23 05:24, or 2d for two days ago.")
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return parse_moment(text, now=now)
    aware = moment.replace(tzinfo=zone.info) if moment.tzinfo is None else moment
    return parse_moment(aware.isoformat(), now=now)


def _length(length: timedelta) -> str:
    days, rest = divmod(length, _DAY)
    hours, rest = divmod(rest, _HOUR)
    minutes, rest = divmod(rest, _MINUTE)
    parts = ((days, "d"), (hours, "h"), (minutes, "m"), (rest // _SECOND, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number)[:12] or "0s"
