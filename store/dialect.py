"""The few constructs that DuckDB and ClickHouse spell, or mean, differently; each gives the same answer on both.

Constants such as widths and zones are written into the statement, not bound: two placeholders for the same value would
make an expression in SELECT differ from the same one in GROUP BY. For everything else see the two rules of
`docs/why.md`: join_use_nulls and aggregate_functions_null_for_empty are on in every ClickHouse session.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import BindParameter, ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

CLICKHOUSE: Final = "clickhousedb"
DUCKDB: Final = "duckdb"
_MICROSECOND: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class _ExactMoment(TypeDecorator[datetime]):
    """ClickHouse's driver cuts a bound datetime to seconds; as text it keeps its microseconds."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        """The moment as the driver has to be given it."""
        if value is None or dialect.name != CLICKHOUSE:
            return value
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"


class Instant(FunctionElement[datetime]):
    """A constant moment (aware), exact to the microsecond; row groups are pruned by comparing a column with it."""

    type = sa.DateTime(timezone=True)
    inherit_cache = True
    name = "instant"

    def __init__(self, moment: datetime) -> None:
        super().__init__(sa.literal(moment, _ExactMoment()))


class Bucket(FunctionElement[datetime]):
    """The beginning of the bucket of `width` that holds a moment; buckets are counted from 1970-01-01T00:00Z.

    So hours and days are those of UTC, and weeks begin on Thursdays.
    """

    type = sa.DateTime(timezone=True)
    inherit_cache = True
    name = "bucket"

    def __init__(self, moment: ColumnElement[Any], width: timedelta) -> None:
        super().__init__(moment, _constant(width // _MICROSECOND))


class Part(FunctionElement[int]):
    """Which of `parts` equal parts of the span of `length` from `since` holds a moment, counted from 0."""

    type = sa.BigInteger()
    inherit_cache = True
    name = "part"

    def __init__(self, moment: ColumnElement[Any], since: datetime, length: timedelta, parts: int) -> None:
        begin, wide = (since - _EPOCH) // _MICROSECOND, length // _MICROSECOND
        super().__init__(moment, _constant(begin), _constant(parts), _constant(wide))


class LocalHour(FunctionElement[int]):
    """The hour of the day, 0 to 23, that clocks in an IANA zone show at a moment."""

    type = sa.Integer()
    inherit_cache = True
    name = "local_hour"

    def __init__(self, moment: ColumnElement[Any], zone: str) -> None:
        super().__init__(moment, _constant(zone))


class LocalWeekday(FunctionElement[int]):
    """The day of the week, 0 for Monday to 6 for Sunday, that calendars in an IANA zone show at a moment."""

    type = sa.Integer()
    inherit_cache = True
    name = "local_weekday"

    def __init__(self, moment: ColumnElement[Any], zone: str) -> None:
        super().__init__(moment, _constant(zone))


class Quantile(FunctionElement[float]):
    """The exact quantile of a column, interpolated linearly between neighbours; null when no value is there."""

    type = sa.Double()
    inherit_cache = True
    name = "quantile"

    def __init__(self, values: ColumnElement[Any], at: float) -> None:
        super().__init__(values, _constant(at))


class Ratio(FunctionElement[float]):
    """The quotient as a float; null, never an error or infinity, when the divisor is zero.

    SQLAlchemy's own division casts to NUMERIC, which ClickHouse reads as whole numbers.
    """

    type = sa.Double()
    inherit_cache = True
    name = "ratio"

    def __init__(self, part: ColumnElement[Any], whole: ColumnElement[Any]) -> None:
        super().__init__(part, whole)


class Holds(FunctionElement[bool]):
    """Whether a text has another in it, in capital letters or small ones; null for no text.

    No LIKE: a text of somebody's has no wildcards, and ClickHouse's has no ESCAPE.
    """

    type = sa.Boolean()
    inherit_cache = True
    name = "holds"

    def __init__(self, text: ColumnElement[Any], part: str) -> None:
        super().__init__(text, sa.literal(part))


class PathNumber(FunctionElement[int]):
    """The number in the last segment of a path that has one: 1001 of /v1/invoices/inv_1001/lines; null without any."""

    type = sa.BigInteger()
    inherit_cache = True
    name = "path_number"

    def __init__(self, path: ColumnElement[Any]) -> None:
        super().__init__(path, _constant("/(?:[A-Za-z_-]{0,16}[_-])?([0-9]{1,15})(?:/[A-Za-z_.-]*)*$"))


class Correlation(FunctionElement[float]):
    """Pearson's correlation of two columns over the rows that have both; null when either does not vary."""

    type = sa.Double()
    inherit_cache = True
    name = "correlation"

    def __init__(self, one: ColumnElement[Any], other: ColumnElement[Any]) -> None:
        super().__init__(one, other)


_SPELLINGS: Final[dict[type[FunctionElement[Any]], tuple[str, str]]] = {
    Instant: ("{}", "toDateTime64({}, 6, 'UTC')"),
    Bucket: (
        "make_timestamptz((epoch_us({0}) // {1}) * {1})",
        "fromUnixTimestamp64Micro(intDiv(toUnixTimestamp64Micro({0}), {1}) * {1}, 'UTC')",
    ),
    Part: ("((epoch_us({0}) - {1}) * {2}) // {3}", "intDiv((toUnixTimestamp64Micro({0}) - {1}) * {2}, {3})"),
    LocalHour: ("extract(hour FROM timezone({1}, {0}))", "toHour(toTimeZone({0}, {1}))"),
    LocalWeekday: ("extract(isodow FROM timezone({1}, {0})) - 1", "toDayOfWeek(toTimeZone({0}, {1})) - 1"),
    Quantile: ("quantile_cont({0}, {1})", "quantileExactInclusive({1})({0})"),
    Holds: ("contains(lower({0}), lower({1}))", "position(lowerUTF8({0}), lowerUTF8({1})) > 0"),
    PathNumber: ("TRY_CAST(regexp_extract({0}, {1}, 1) AS BIGINT)", "toInt64OrNull(extract({0}, {1}))"),
    Correlation: (
        "CASE WHEN stddev_pop({0}) > 0 AND stddev_pop({1}) > 0 THEN corr({0}, {1}) END",
        "CASE WHEN stddevPopStable({0}) > 0 AND stddevPopStable({1}) > 0 THEN corrStable({0}, {1}) END",
    ),
    Ratio: ("CAST({0} AS DOUBLE) / nullif({1}, 0)", "toFloat64({0}) / nullIf({1}, 0)"),
}
"""Construct to its spelling on DuckDB and on ClickHouse; the numbers are its operands."""


def _constant(value: float | str) -> BindParameter[Any]:
    return sa.bindparam(None, value, literal_execute=True)


def _spell(construct: type[FunctionElement[Any]], dialect: str, spelling: str) -> None:
    @compiles(construct, dialect)
    def compiled(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
        operands = (compiler.process(clause, **options) for clause in element.clauses)
        return f"({spelling.format(*operands)})"


for _construct, (_duckdb, _clickhouse) in _SPELLINGS.items():
    _spell(_construct, DUCKDB, _duckdb)
    _spell(_construct, CLICKHOUSE, _clickhouse)
