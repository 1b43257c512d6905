"""Which stretches of time are still to be asked for, and how far that has come."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.sources.records import Page, Position, RecordSource, nanoseconds
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far one pull has come."""

    since: datetime
    until: datetime
    """All from `since` to here has been read."""
    span: Window | None = None
    """The stretch that is being read."""
    inner: Position
    """Where to go on inside it."""

    @property
    def read(self) -> Window:
        """What has been read whole."""
        return Window(since=self.since, until=self.until)

    def position(self) -> dict[str, Any]:
        """As JSON."""
        span = [self.span.since.isoformat(), self.span.until.isoformat()] if self.span else None
        return {"since": self.since.isoformat(), "until": self.until.isoformat(), "span": span, "in": dict(self.inner)}


def reach_of(position: Position) -> Reach | None:
    """What `Reach.position` wrote; None for a pull that has not begun."""
    if "since" not in position:
        return None
    span = [datetime.fromisoformat(one) for one in position["span"] or ()]
    return Reach(
        since=datetime.fromisoformat(position["since"]),
        until=datetime.fromisoformat(position["until"]),
        span=Window(since=span[0], until=span[1]) if span else None,
        inner=position["in"],
    )


def left(window: Window, read: Iterable[Window]) -> list[Window]:
    """The window without the stretches that were read, in order."""
    parts = [window] if window.length else []
    for one in read:
        parts = [piece for part in parts for piece in _without(part, one)]
    return parts


def _without(part: Window, read: Window) -> Iterator[Window]:
    if read.until <= part.since or read.since >= part.until:
        yield part
        return
    if part.since < read.since:
        yield Window(since=part.since, until=read.since)
    if read.until < part.until:
        yield Window(since=read.until, until=part.until)


def pages(
    source: RecordSource,
    window: Window,
    *,
    reach: Reach | None,
    others: Sequence[Window],
    step: timedelta,
    overlap: timedelta,
) -> Iterator[Page]:
    """All pages of a window, stretch by stretch, without what `others` have read.

    `window` begins where this pull goes on (before `reach.until` by the overlap); a stretch that was being read goes on
    where it stood. Each page's position is that of a `Reach`.
    """
    reach = reach or Reach(since=window.since, until=window.since, inner={})
    spans = list(_spans(window, reach.span, others, step))
    total, done = sum((span.length for span in spans), timedelta()), timedelta()
    for span in spans:
        inner = reach.inner if span == reach.span else {}
        keep_from = nanoseconds(span.since - overlap)
        for page in source.pages(span, inner):
            reach = replace(reach, span=span, inner=page.position)
            within = _within(page, span)
            yield replace(within, position=reach.position(), keep_from=keep_from, done=done / total)
        done += span.length
        reach = replace(reach, until=max(reach.until, span.until), span=None, inner={})
        yield Page(records=(), position=reach.position(), keep_from=keep_from, done=done / total)
    end = max(reach.until, window.until)
    if end != reach.until:  # what was left out at the end has been read by another pull
        yield Page(records=(), position=replace(reach, until=end).position(), done=1.0)


def _spans(window: Window, begun: Window | None, others: Sequence[Window], step: timedelta) -> Iterator[Window]:
    since = window.since
    if begun is not None:
        yield begun
        since = max(since, begun.until)
    for part in left(Window(since=since, until=max(since, window.until)), others):
        at = part.since
        while at < part.until:
            until = min(at + step, part.until)
            yield Window(since=at, until=until)
            at = until


def _within(page: Page, span: Window) -> Page:
    """Without records that the server handed out beyond what it was asked for: they belong to another stretch."""
    low, high = nanoseconds(span.since), nanoseconds(span.until)
    if all(low <= record.at < high for record in page.records):
        return page
    return replace(page, records=[record for record in page.records if low <= record.at < high])


def whole_second(moment: datetime) -> datetime:
    """The second that a moment lies in: not every server takes finer ones."""
    return moment.astimezone(UTC).replace(microsecond=0)
