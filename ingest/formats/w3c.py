r"""W3C extended log (IIS and others): `#Fields:` names the columns, and may change within a file; times are in UTC.

Columns stand between tabs or spaces, quoted where the writer quotes them. IIS writes `+` for a space, its `time-taken`
is in milliseconds (others write seconds). Lines of an FTP service, and of connections that made no request (HTTP.sys),
are skipped by class. Without a `#Fields` line the columns are those that IIS would have written: see `iis_columns`.
"""

import re
from collections.abc import Sequence
from typing import Final

from ingest.formats import w3c_fields
from ingest.formats.header_fields import Columns, columns_of
from ingest.formats.iis_columns import fields_line
from ingest.formats.interface import Format, Options, Plan
from ingest.formats.sql import present
from ingest.redact import quoted
from model.errors import FormatError

DIRECTIVE: Final = "#Fields:"
_QUOTED = re.compile(r'(?:^|[ \t])"')
_RUNS = re.compile(r"\S  +\S")
_PIECES: Final = r'"(?:[^"]|"")*"|[^ \t\r\n]+'
_PIECE = re.compile(_PIECES)
_OF_IIS: Final = frozenset(("sc-win32-status", "sc-substatus", "s-sitename", "s-computername", "s-siteid"))
_MILLISECONDS = re.compile(r"^#Software: *(?:Microsoft|IIS|SGOS)", re.IGNORECASE)
_DATE = re.compile(r"^#Date: *(\d{4}-\d\d-\d\d)")
_MOMENT = re.compile(r'^"?(?:\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d|\d{10,})')
_FTP: Final = frozenset(("x-session", "x-fullpath"))
_OF_OTHERS: Final = "x-edge-location"
"""CloudFront's own."""


def _is_web(columns: Columns) -> bool:
    requests = {"cs-method", "cs-uri", "cs-uri-stem", "sc-status"}
    return bool(columns.every & requests) and any("time" in name for name in columns.every)


def _values(sample: Sequence[str]) -> str:
    """The expression that takes a line apart, in the way of the sample's lines."""
    lines = [line for line in sample if not line.startswith("#")]
    bare = "rtrim(text, E'\\r\\n')"
    if any(_QUOTED.search(line) for line in lines):
        # A quote within a quoted value is doubled.
        pieces = f"regexp_extract_all(text, {quoted(_PIECES)})"
        return f"list_transform({pieces}, lambda x: replace(trim(x, '\"'), '\"\"', '\"'))"
    if any("\t" in line for line in lines):
        return f"string_split({bare}, E'\\t')"
    if any(_RUNS.search(line) for line in lines):
        return f"string_split(regexp_replace({bare}, ' +', ' ', 'g'), ' ')"
    return f"string_split({bare}, ' ')"


def _dialect(columns: Columns, sample: Sequence[str]) -> w3c_fields.Dialect:
    plain = not any(_QUOTED.search(line) for line in sample if not line.startswith("#"))
    written = any(_MILLISECONDS.match(line) for line in sample)
    dates = [match[1] for line in sample if (match := _DATE.match(line))]
    own = "CASE WHEN starts_with(text, '#Date:') THEN nullif(regexp_extract(text, '\\d{4}-\\d\\d-\\d\\d'), '') END"
    of_line = f"last_value({own} IGNORE NULLS) OVER (ORDER BY n)"
    return w3c_fields.Dialect(
        decode=_spaced if plain else _spaced_unless_quoted,
        seconds=not (written or columns.every & _OF_IIS),
        date=f"coalesce({of_line}, {quoted(dates[0])})" if dates else of_line,
    )


def _spaced(value: str) -> str:
    return f"replace({value}, '+', ' ')"


def _spaced_unless_quoted(value: str) -> str:
    # Some writers quote only what holds a space.
    return f"CASE WHEN contains({value}, ' ') THEN {value} ELSE {_spaced(value)} END"


def _confidence(sample: Sequence[str], _options: Options) -> float:
    columns = columns_of(sample, DIRECTIVE)
    if columns is None:
        return 0.9 * fields_line(sample)[1]
    if not _is_web(columns):
        return 0.0
    place = min((names.index(n) for names in columns.names for n in names if "time" in n or "date" in n), default=0)
    lines = [line for line in sample if not line.startswith("#")]
    fits = [len(pieces) > place and _MOMENT.match(pieces[place]) for line in lines if (pieces := _PIECE.findall(line))]
    share = sum(map(bool, fits)) / len(lines) if lines else 1.0
    return share * (0.85 if _OF_OTHERS in columns.every else 0.97)


def _plan(sample: Sequence[str], options: Options) -> Plan:
    told = columns_of(sample, DIRECTIVE)
    columns = told or columns_of((fields_line(sample)[0],), DIRECTIVE)
    if columns is None:
        msg = "No line of this W3C log begins with #Fields:, so its columns have no names."
        raise FormatError(msg, hint="Give keywatch the file from its start, or put the #Fields line first.")
    dialect = _dialect(columns, sample)
    found = w3c_fields.host_of_uri(columns) | w3c_fields.raw_columns(columns, options, dialect)
    if "ts" not in found:
        msg = f"The #Fields of this log name no time: {', '.join(sorted(columns.every))}."
        raise FormatError(msg, hint="Add date and time to what the server writes.")
    return Plan(
        format="w3c",
        prepare=(f"{_values(sample)} AS v", *columns.steps(), f"{found['ts']} AS moment"),
        columns=found | {"ts": "moment"},
        credentials=w3c_fields.credentials(columns, options, dialect),
        skips=_skips(columns, found),
        unread=_cut_short(columns) if told else _otherwise(columns),
        unread_reason="fewer columns than #Fields names" if told else "other columns than most lines, and no #Fields",
    )


def _otherwise(columns: Columns) -> str:
    """Where the columns are guessed, a line of others must not be misread."""
    method, status = (f"coalesce({columns.raw(name)}, '')" for name in ("cs-method", "sc-status"))
    return rf"NOT (regexp_full_match({method}, '[A-Z_]+') AND regexp_full_match({status}, '\d{{3}}|-'))"


def _cut_short(columns: Columns) -> str:
    """A line that was cut off is read as far as it goes; one of fewer columns all along must not be misread."""
    method = columns.raw("cs-method")
    counts = [str(len(names)) for names in columns.names]
    own = counts[0] if len(counts) == 1 else f"[{', '.join(counts)}][layout]"
    fits = "false" if method is None else rf"NOT regexp_full_match(coalesce({method}, ''), '[A-Za-z_-]+|')"
    return f"len(v) < 3 OR (len(v) < {own} AND {fits})"


def _skips(columns: Columns, found: dict[str, str]) -> tuple[tuple[str, str], ...]:
    skips = [("starts_with(text, '#')", "directive"), ("length(text) < 20 AND trim(text, E' \\t\\r\\n') = ''", "blank")]
    method, status = found.get("method"), found.get("status")
    ftp = [str(at) for at, names in enumerate(columns.names, start=1) if set(names) >= _FTP]
    if ftp:
        skips.append((f"layout IN ({', '.join(ftp)})" if len(columns.names) > 1 else "TRUE", "ftp"))
    if method is not None:
        skips.append((f"starts_with({method}, '[')", "ftp"))
    if "s-reason" in columns.every and method is not None and status is not None:
        reason = present(columns.raw("s-reason") or "NULL")
        skips.append((f"{method} IS NULL AND {status} IS NULL AND {reason} IS NOT NULL", "connection"))
    return tuple(skips)


FORMAT: Final = Format(
    name="w3c", title="W3C extended (IIS and others)", confidence=_confidence, plan=_plan, directive=DIRECTIVE
)
