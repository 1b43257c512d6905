"""Whose calls matter to the detectors of failed authentication: few of all, and chosen where they lie.

A failed call is strange unless its key had settled at that network: it succeeded there on a day before the span, within
the time that makes a place usual. Whoever fails strangely is looked at with all his calls of those hours; a key that
fails at home, with all its calls of those minutes. What decides is near in time, so a week read at once holds the same
rows as its hours one by one.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.sql.expression import CTE, ColumnElement

from model.event import UNKNOWN_PREFIX, Outcome
from model.window import Window
from store.dialect import Bucket, Instant, Part
from store.events.tables import events, facets
from store.queries.spans import DAY, floor, within

FEWEST_FAILURES: Final = 3
"""Of a subject with fewer strange failures within a block and its neighbours, or of a key with fewer at home within
three quarters of an hour, only the rows with failures are read, not its successes."""
SETTLED: Final = timedelta(days=29)
"""How long a success makes a place usual."""
FAILED: Final = (Outcome.UNAUTHENTICATED, Outcome.FORBIDDEN)
PLACE: Final = ("key_ref", "ip", "network")

_BLOCK: Final = timedelta(hours=8)
"""An attack spans four hours, and a success is looked for three hours after: both lie in neighbouring blocks."""
_QUARTER: Final = timedelta(minutes=15)
_MINUTE: Final = timedelta(minutes=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MONTH: Final = timedelta(days=31)
_PAIR: Final = (facets.c.key_ref, facets.c.value.label("network"))
_TEXTS = {outcome.value for outcome in FAILED}


class Attacks:
    """The selects about one span, shared by those who read it."""

    def __init__(self, span: Window, past: CTE | None = None) -> None:
        """`past` as `past` gives it, for who reads it anyway: facets are read once then."""
        self.span = span
        self._homes = self._all_homes(past)
        place = ("block", "quarter", "ref", "ip", "network")
        single = sa.select(
            Bucket(events.c.ts, _MINUTE).label("minute"),
            _number(events.c.ts, _BLOCK).label("block"),
            _number(events.c.ts, _QUARTER).label("quarter"),
            # Not `key_ref`: ClickHouse would read its own result where the column is meant.
            self._named().label("ref"),
            events.c.ip,
            events.c.network,
        )
        each = single.where(within(events.c.ts, span), events.c.outcome.in_(sorted(_TEXTS))).subquery()
        columns = [each.c.minute, *(each.c[name].label("key_ref" if name == "ref" else name) for name in place)]
        counted = sa.select(*columns, sa.func.count().label("n"))
        self.failed: CTE = counted.group_by(each.c.minute, *(each.c[name] for name in place)).cte("failed")
        failing = sa.select(self.failed.c.key_ref).where(self.failed.c.key_ref.is_not(None))
        self.settled: CTE = sa.select(self._homes).where(self._homes.c.key_ref.in_(failing)).cte("settled")
        strange = sa.select(self.failed).join(self.settled, self._at_home(self.failed.c), isouter=True)
        self.strange: CTE = strange.where(self.settled.c.key_ref.is_(None)).cte("strange")

    @property
    def days(self) -> Window:
        """The days before the span whose successes settle a key."""
        since = floor(self.span.until - SETTLED, DAY)
        return Window(since=min(since, floor(self.span.since, DAY)), until=floor(self.span.since, DAY))

    def matter(self) -> ColumnElement[bool]:
        """Whether an event of the span has to be read."""
        groups = sa.select(self.failed.c.minute, *(_text(self.failed.c[name]) for name in PLACE))
        mine = [Bucket(events.c.ts, _MINUTE), *(_text(events.c[name]) for name in PLACE)]
        block = _number(events.c.ts, _BLOCK)
        abroad = sa.select(self.settled.c.key_ref, self.settled.c.network)
        return sa.or_(
            events.c.outcome.in_(sorted(_TEXTS)),
            sa.tuple_(*mine).in_(groups),
            sa.tuple_(_text(events.c.ip), block).in_(_near(self.strange, "ip", "block")),
            sa.tuple_(_text(events.c.network), block).in_(_near(self.strange, "network", "block")),
            sa.and_(
                sa.tuple_(_text(events.c.key_ref), block).in_(_near(self.strange, "key_ref", "block")),
                sa.tuple_(_text(events.c.key_ref), _text(events.c.network)).not_in(abroad),
            ),
            sa.tuple_(_text(events.c.key_ref), _number(events.c.ts, _QUARTER)).in_(
                _near(self.failed, "key_ref", "quarter")
            ),
        )

    def suspects(self, *names: str) -> sa.Select[Any]:
        """The keys that fail strangely as often as is looked at; with their networks by `names` where asked."""
        often = sa.select(self.strange.c.key_ref).where(self.strange.c.key_ref.is_not(None))
        often = often.group_by(self.strange.c.key_ref).having(sa.func.sum(self.strange.c.n) >= FEWEST_FAILURES)
        if not names:
            return often
        return sa.select(*(events.c[name] for name in names)).where(
            within(events.c.ts, self.span), events.c.key_ref.in_(often), events.c.network.is_not(None)
        )

    def _all_homes(self, past: CTE | None) -> CTE:
        """Where each key succeeded on the days before: key_ref, network."""
        if past is not None:
            homes = sa.select(past.c.key_ref, past.c.network).where(past.c.at >= Instant(self.days.since))
            return homes.cte("homes")
        return _successes(self.days).with_only_columns(*_PAIR).distinct().cte("homes")

    def _named(self) -> ColumnElement[str | None]:
        """The key_ref of a failed call where it may matter which one it is, else one word for all of them.

        It does not of a credential that failed fewer than FEWEST_FAILURES times in the span, did nothing else in it,
        and never succeeded before: of a guess. So a million guesses take the memory of the places they come from.
        """
        failed = sa.func.sum(sa.case((events.c.outcome.in_(sorted(_TEXTS)), 1), else_=0))
        twice = sa.select(events.c.key_ref).where(within(events.c.ts, self.span), events.c.key_ref.is_not(None))
        twice = twice.group_by(events.c.key_ref).having(
            sa.or_(failed >= FEWEST_FAILURES, sa.and_(failed > 0, failed < sa.func.count()))
        )
        at_all = sa.select(self._homes.c.key_ref)
        told = sa.or_(events.c.key_ref.is_(None), events.c.key_ref.in_(twice), events.c.key_ref.in_(at_all))
        return sa.case((told, events.c.key_ref), else_=sa.literal(UNKNOWN_PREFIX))

    def _at_home(self, columns: Any) -> ColumnElement[bool]:  # noqa: ANN401 (a collection of columns)
        return sa.and_(
            columns.key_ref == self.settled.c.key_ref,
            columns.network == self.settled.c.network,
        )


def past(span: Window) -> CTE:
    """The last day before a span's on which each key_ref succeeded at a network, of a month: key_ref, network, at."""
    until = floor(span.since, DAY)
    days = _successes(Window(since=floor(span.since - _MONTH, DAY), until=until))
    last = sa.func.max(facets.c.day).label("at")
    return days.with_only_columns(*_PAIR, last).group_by(facets.c.key_ref, facets.c.value).cte("past")


def _successes(days: Window) -> sa.Select[Any]:
    return sa.select(*_PAIR).where(
        facets.c.kind == "network",
        within(facets.c.day, days),
        facets.c.outcome == Outcome.OK.value,
        facets.c.key_ref.is_not(None),
    )


def _near(failed: CTE, subject: str, unit: str) -> sa.Select[Any]:
    """The subjects and the units in which, or next to which, they failed often enough."""
    name, times = failed.c[subject], sa.func.sum(failed.c.n)
    at_all = sa.select(name).where(name.is_not(None)).group_by(name).having(times >= FEWEST_FAILURES)
    parts = [
        sa.select(name.label("subject"), (failed.c[unit] + by).label("unit"), failed.c.n).where(name.in_(at_all))
        for by in (-1, 0, 1)
    ]
    rows = sa.union_all(*parts).subquery()
    often = sa.select(rows.c.subject, rows.c.unit)
    return often.group_by(rows.c.subject, rows.c.unit).having(sa.func.sum(rows.c.n) >= FEWEST_FAILURES)


def _number(moment: ColumnElement[Any], width: timedelta) -> ColumnElement[int]:
    """Which unit since 1970 holds a moment."""
    return Part(moment, _EPOCH, width, 1)


def _text(column: ColumnElement[Any]) -> ColumnElement[str]:
    """Null is a place like others: it is the same as itself, and in no list of others."""
    return sa.func.coalesce(column, "")


__all__: Sequence[str] = ("FAILED", "FEWEST_FAILURES", "PLACE", "SETTLED", "Attacks", "past")
