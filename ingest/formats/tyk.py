"""Tyk's access log as text (`prefix=access-log … api_key=…`); its api_key is a hash or obfuscated, so an id."""

import re
from collections.abc import Sequence
from typing import Final

from ingest.formats import carriers
from ingest.formats.addresses import without_port
from ingest.formats.durations import milliseconds
from ingest.formats.interface import Credential, Format, Options, Plan
from ingest.formats.sql import NOW, any_moment, first
from ingest.redact import quoted

_PAIR: Final = r'([A-Za-z_]+)=("(?:[^"\\]|\\.)*"|\S*)'
_LINE: Final = re.compile(r"^time=.*\bprefix=\"?access-log\b")
_KIN: Final = re.compile(r"^time=(?:\"[^\"]*\"|\S+) level=")
_NO_KEY: Final = "00000000"
"""What stands for a request without a key, or one that failed before Tyk looked for it."""
_COLUMNS: Final = {
    "method": ("method",),
    "target": ("path",),
    "host": ("host",),
    "status": ("status",),
    "user_agent": ("user_agent",),
}


def moment(text: str) -> str:
    """A time as Tyk writes it: ISO 8601, or `Jan 29 08:27:09` of the year of the wrapper's time or of today."""
    now = f"coalesce(TRY_CAST(envelope AS TIMESTAMPTZ), {NOW})"
    this, last = (
        f"try_strptime(concat({year}, ' ', {text}), '%Y %b %d %H:%M:%S')"
        for year in (f"year({now})", f"year({now}) - 1")
    )
    soon = f"CAST({now} AS TIMESTAMP) + INTERVAL 1 DAY"
    return f"coalesce({any_moment(text)}, CASE WHEN {this} <= {soon} THEN {this} ELSE {last} END)"


def credential(key: str) -> Credential:
    """The credential of an `api_key` field."""
    return Credential(expression=f"nullif({first([key])}, '{_NO_KEY}')", kind="id")


def _read(name: str) -> str:
    return f"""nullif(trim(held[list_position(names, {quoted(name)})], '"'), '')"""


def _confidence(sample: Sequence[str], _options: Options) -> float:
    if not any(_LINE.match(line) for line in sample):
        return 0.0
    return sum(1 for line in sample if _KIN.match(line)) / len(sample)


def _plan(_sample: Sequence[str], options: Options) -> Plan:
    time = options.fields.get("ts", "time")
    columns = {c: (options.fields[c],) if c in options.fields else names for c, names in _COLUMNS.items()}
    places = carriers.credentials(options, known=(), read=_read)
    return Plan(
        format="tyk",
        prepare=(f"regexp_extract_all(text, '{_PAIR}', 1) AS names, regexp_extract_all(text, '{_PAIR}', 2) AS held",),
        columns={
            "ts": moment(_read(time)),
            "ip": f"coalesce({first([_read('client_ip')])}, {without_port(_read('remote_addr'))})",
            **{column: first(map(_read, names)) for column, names in columns.items()},
            "duration_ms": milliseconds(_read("latency_total"), 1.0),
        },
        credentials=places if options.keys else (credential(_read("api_key")), *places),
        skips=(("starts_with(text, 'time=') AND NOT contains(text, 'access-log')", "log"),),
        unread="NOT starts_with(text, 'time=')",
        unread_reason="does not match tyk",
        time_reason=f"no time in {time}",
    )


FORMAT: Final = Format(name="tyk", title="Tyk access log", confidence=_confidence, plan=_plan)
