"""logfmt: `time=2026-10-01T09:30:00Z method=GET path="/v1/agents" status=200`; Heroku's router writes it too."""

import re
from collections.abc import Sequence
from typing import Final

from ingest.formats.interface import Format, Options, Plan
from ingest.formats.named_fields import COLUMNS, Named
from ingest.redact import quoted
from model.errors import FormatError

_PAIR: Final = r'(?:^|[ \t])([A-Za-z_@][^\s="]*)=("(?:[^"\\]|\\.)*"|[^\s"]*)'
_PAIR_RE = re.compile(_PAIR)
_BEGIN = re.compile(r'[A-Za-z_@][^\s="]*=')
_FEWEST: Final = 3
_OWN: Final = COLUMNS | {"forwarded": ("fwd", *COLUMNS["forwarded"])}
_DURATIONS: Final = {"service": 1.0}
_TELLING: Final = ("method", "request", "status")
"""What a line has that is a request; a path alone is a file's as often. Without any of them the path has to do."""


def _confidence(sample: Sequence[str], options: Options) -> float:
    names = _names(sample)
    if not sample or not _named(names, options).is_log():
        return 0.0
    return 0.85 * sum(1 for line in sample if _fits(line)) / len(sample)


def _plan(sample: Sequence[str], options: Options) -> Plan:
    names = _names(sample)
    fields = _named(names, options)
    if not fields.is_log():
        msg = f"No field of these lines is a time; the fields are: {', '.join(names[:20]) or 'none'}."
        raise FormatError(msg, hint='Name it in the source: fields = { ts = "…" }.')
    columns = fields.columns()
    telling: list[str] = [name for name in _TELLING if name in columns]
    told = " AND ".join(f"{columns[name]} IS NULL" for name in telling or ["target"])
    pair = quoted(_PAIR)
    return Plan(
        format="logfmt",
        prepare=(
            r"rtrim(text, E'\r\n') AS line",
            f"regexp_extract_all(line, {pair}, 1) AS k, regexp_extract_all(line, {pair}, 2) AS v",
            f"{fields.moment()} AS moment",
        ),
        columns={"ts": "moment"} | columns,
        credentials=fields.credentials(),
        skips=((f"len(k) >= {_FEWEST} AND {told}", "other"),),
        unread=f"len(k) < {_FEWEST}",
        unread_reason="is not key=value pairs",
        time_reason=f"no time in {(fields.of('ts') or ['the line'])[0]}",
    )


def _fits(line: str) -> bool:
    return bool(_BEGIN.match(line)) and len(_PAIR_RE.findall(line)) >= _FEWEST


def _names(sample: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(name for line in sample if _fits(line) for name, _ in _PAIR_RE.findall(line)))


def _named(names: Sequence[str], options: Options) -> Named:
    return Named(names=names, options=options, read=_value, own=_OWN, durations=_DURATIONS)


def _value(name: str) -> str:
    value = f"v[list_position(k, {quoted(name)})]"
    bare = rf"""replace(replace(substr({value}, 2, length({value}) - 2), '\"', '"'), '\\', '\')"""
    return f"CASE WHEN starts_with({value}, '\"') THEN {bare} ELSE {value} END"


FORMAT: Final = Format(name="logfmt", title="logfmt, key=value pairs", confidence=_confidence, plan=_plan)
