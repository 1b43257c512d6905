"""W3C extended fields (`cs-method`, `sc-status`, `cs(User-Agent)`, …) to raw columns, whoever writes them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ingest.formats import held
from ingest.formats.header_fields import Columns
from ingest.formats.interface import Credential, Options
from ingest.formats.sql import any_moment, present

_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "ip": ("c-ip", "cs-ip", "c-dns"),
    "forwarded": ("x-forwarded-for", "cs(x-forwarded-for)", "cs-x-forwarded-for", "s-xff", "originalip", "original-ip"),
    "method": ("cs-method",),
    "host": ("x-host-header", "cs-host", "cs(host)"),
    "status": ("sc-status", "c-status"),
    "bytes_out": ("sc-bytes", "bytes"),
    "bytes_in": ("cs-bytes",),
    "user_agent": ("cs(user-agent)", "cs-user-agent"),
    "referer": ("cs(referer)", "cs(referrer)", "cs-referer"),
    "request_id": ("x-edge-request-id", "x-request-id", "cs(x-request-id)"),
    "country": ("c-country", "cs-countrycode"),
    "asn": ("asn", "c-asn"),
}
_DECODED: Final = ("forwarded", "user_agent")
_COOKIES: Final = ("cs(cookie)", "cs-cookie")
_MOMENTS: Final = (("date", "time"), ("date-local", "time-local"), ("date", "gmttime"))
_DATED: Final = ("timestamp", "x-timestamp", "timestamp(ms)", "time")
_HOST_FIRST: Final = r"'^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d+)?/'"
_KEYS: Final = (
    *("x-api-key", "x-api-token", "api-key", "apikey", "x-auth-token", "authorization"),
    *("x_api_key", "x_api_token", "api_key"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one writer fills the fields."""

    decode: Callable[[str], str] = str
    """What turns a text, such as the user agent, into what was sent."""
    unescape: Callable[[str], str] = str
    """The same for credentials and cookies: IIS leaves their pluses as they are, and they hold no spaces."""
    seconds: bool = True
    """Whether `time-taken` is in seconds; else in milliseconds."""
    date: str = "NULL"
    """The date of lines that have a time only."""


def raw_columns(columns: Columns, options: Options, dialect: Dialect) -> dict[str, str]:
    """Raw columns from the fields, `ts` among them where there is a time."""
    found: dict[str, str | None] = {
        column: columns.first(_chosen(options, column, names), dialect.decode if column in _DECODED else str)
        for column, names in _NAMES.items()
    }
    found |= {
        "ts": _moment(columns, options, dialect),
        "target": _target(columns, options),
        "duration_ms": _duration(columns, options, dialect),
    }
    return {column: expression for column, expression in found.items() if expression is not None}


def credentials(columns: Columns, options: Options, dialect: Dialect) -> tuple[Credential, ...]:
    """The config's places, or the fields whose names are well known, and the query."""

    def header(name: str) -> str | None:
        low = name.lower()
        value = columns.first((f"cs({low})", f"cs-{low}", low), dialect.unescape)
        return None if value is None else _scheme(value)

    def read(name: str) -> str | None:
        value = columns.raw(name.lower())
        return header(name) if value is None else _scheme(value)

    cookies = columns.first(_COOKIES, dialect.unescape)
    jar = None if cookies is None else f"replace({cookies}, ';+', '; ')"
    found = held.credentials(options, read=read, header=header, cookies=jar)
    if options.keys:
        return found
    known = [expression for name in _KEYS if (expression := header(name)) is not None]
    return (*(Credential(expression=expression) for expression in known), *found)


def _chosen(options: Options, column: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return (options.fields[column].lower(),) if column in options.fields else names


def _scheme(value: str) -> str:
    """A value with a plus for the space after `Bearer`, as IIS writes it, with the space."""
    return rf"regexp_replace({value}, '^((?i:bearer|basic|token|apikey))\+', '\1 ')"


def _moment(columns: Columns, options: Options, dialect: Dialect) -> str | None:
    if "ts" in options.fields:
        value = columns.raw(options.fields["ts"].lower())
        return None if value is None else any_moment(value)
    pairs = [(columns.raw(date), columns.raw(time)) for date, time in _MOMENTS]
    found = [f"TRY_CAST({date} || ' ' || {time} AS TIMESTAMP)" for date, time in pairs if date and time]
    if not found:
        time = columns.raw("time")
        found = [f"TRY_CAST({dialect.date} || ' ' || {time} AS TIMESTAMP)"] if time else []
        found += [any_moment(value) for name in _DATED if (value := columns.raw(name)) is not None]
    return f"coalesce({', '.join(found)})" if len(found) > 1 else next(iter(found), None)


def _target(columns: Columns, options: Options) -> str | None:
    if "target" in options.fields:
        return columns.first((options.fields["target"].lower(),))
    whole, stem = columns.first(("cs-uri",)), columns.first(("cs-uri-stem", "cs-uri-path"))
    if whole is not None:
        # Incapsula begins it with the host.
        whole = f"CASE WHEN regexp_matches({whole}, {_HOST_FIRST}) THEN 'http://' || {whole} ELSE {whole} END"
    path = f"coalesce({stem}, {whole})" if stem and whole else stem or whole
    query = columns.first(("cs-uri-query",))
    if path is None or query is None:
        return path
    whole = f"{path} || '?' || ltrim({query}, '?')"
    return f"CASE WHEN {query} IS NULL OR contains({path}, '?') THEN {path} ELSE {whole} END"


def _duration(columns: Columns, options: Options, dialect: Dialect) -> str | None:
    if "duration_ms" in options.fields:
        value = columns.raw(options.fields["duration_ms"].lower())
        return None if value is None else f"TRY_CAST({value} AS DOUBLE)"
    taken = columns.raw("time-taken")
    if taken is None:
        value, seconds = columns.first(("timetakenms", "time-taken-ms")), columns.first(("x-duration",))
        if value is None and seconds is not None:
            return f"TRY_CAST({seconds} AS DOUBLE) * 1000"
        return None if value is None else f"TRY_CAST({value} AS DOUBLE)"
    # A fraction is one of a second, whoever writes it.
    factor = "1000" if dialect.seconds else f"CASE WHEN contains({taken}, '.') THEN 1000 ELSE 1 END"
    return f"round(TRY_CAST({present(taken)} AS DOUBLE) * {factor}, 3)"


def host_of_uri(columns: Columns) -> dict[str, str]:
    """The host where only a whole `cs-uri` tells it."""
    whole = columns.first(("cs-uri",))
    if whole is None or columns.every & set(_NAMES["host"]):
        return {}
    found = rf"regexp_extract({whole}, '^(?:[a-z]+://)?([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)(?::\d+)?/', 1)"
    return {"host": present(found)}
