"""A window as whole hours or days, which usage and facets know, and ragged ends, which only events know."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from model.errors import UsageError
from model.window import Window
from store.dialect import Instant

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def split(window: Window, unit: timedelta) -> tuple[Window | None, list[Window]]:
    """The whole UTC hours or days (`unit`) of a window, or None when it holds none, and what is left at its ends."""
    core = Window(since=ceiling(window.since, unit), until=max(ceiling(window.since, unit), floor(window.until, unit)))
    if not core.length:
        return None, [window]
    ends = [Window(since=window.since, until=core.since), Window(since=core.until, until=window.until)]
    return core, [end for end in ends if end.length]


def by_day(span: Window) -> list[Window]:
    """The span, or, where it is longer than two days, its pieces between midnights.

    What is counted by the minute has a row of its own for almost each event: a week of ten million took 400 MB at once.
    """
    if span.length <= 2 * DAY:
        return [span]
    core, ends = split(span, DAY)
    days = [core.since + n * DAY for n in range(core.length // DAY)] if core else []
    pieces = [*ends, *(Window(since=day, until=day + DAY) for day in days)]
    return sorted(pieces, key=lambda piece: piece.since)


def parts(window: Window) -> list[Window]:
    """What is left of its first UTC day, its whole days, and its begun last day; the parts that there are.

    Of a window that moves on, only the last one gets new events, and only the first one moves. A window of up to two
    days is one part: it begins with another minute each minute.
    """
    if window.length <= 2 * DAY:
        return [window]
    core, ends = split(window, DAY)
    return sorted([*ends, *([core] if core else [])], key=lambda part: part.since)


def closed(window: Window, unit: timedelta, newest: datetime | None) -> Window:
    """The window, or, where it ends after the newest event of all, the one that ends with that unit.

    It holds the same events, and no ragged end, which only single events could tell of.
    """
    if newest is None or newest >= window.until:
        return window
    return Window(since=window.since, until=ceiling(window.until, unit))


def widened(window: Window, unit: timedelta) -> Window:
    """The smallest window of whole UTC hours or days that holds this one."""
    return Window(since=floor(window.since, unit), until=ceiling(window.until, unit))


def floor(moment: datetime, unit: timedelta) -> datetime:
    """The beginning of the unit that holds the moment, counted from 1970-01-01T00:00Z."""
    return moment - (moment - _EPOCH) % unit


def ceiling(moment: datetime, unit: timedelta) -> datetime:
    """The moment itself when a unit begins there, else the beginning of the next one."""
    return moment + (_EPOCH - moment) % unit


def within(column: ColumnElement[Any], window: Window) -> ColumnElement[bool]:
    """Whether a moment lies in the window; a plain range on the column, so that row groups prune."""
    return sa.and_(column >= Instant(window.since), column < Instant(window.until))


def of_keys(column: ColumnElement[Any], key_refs: Sequence[str] | None) -> ColumnElement[bool]:
    """Whether a row is of one of the keys; None asks for all rows, the ones without a key among them."""
    return sa.true() if key_refs is None else column.in_(list(key_refs))


def positive(bucket: timedelta) -> timedelta:
    """The bucket, or UsageError when it is not longer than nothing."""
    if bucket <= timedelta(0):
        msg = f"A bucket of {bucket} holds no time."
        raise UsageError(msg, hint="Choose a bucket such as 5m, 1h or 1d.")
    return bucket
