r"""IIS log by Windows events, exported as XML: one `<Event>` a line, its `<Data Name="cs-method">` a W3C field.

Times are in UTC; `time-taken` is in milliseconds, `+` stands for a space.
"""

from collections.abc import Sequence
from typing import Final

from ingest.formats import held
from ingest.formats.interface import Format, Options, Plan
from ingest.formats.sql import present

_PROVIDER: Final = "Microsoft-Windows-IIS-Logging"
_NAMES: Final = (
    *("date", "time", "c-ip", "cs-method", "cs-uri-stem", "cs-uri-query", "sc-status", "sc-bytes", "cs-bytes"),
    *("time-taken", "csUser-Agent", "csReferer", "cs-host", "csCookie"),
)
_ENTITIES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "''"), ("&amp;", "&"))


def _data(name: str) -> str:
    """A field's text, or null; entities are decoded, the ampersand last."""
    value = f"regexp_extract(text, '<Data Name=[\"'']{name}[\"'']>([^<]*)<', 1)"
    for written, meant in _ENTITIES:
        value = f"replace({value}, '{written}', '{meant}')"
    return present(value)


_FIELDS: Final = {name: f"d{at}" for at, name in enumerate(_NAMES)}
_QUERY: Final = _FIELDS["cs-uri-query"]
_COLUMNS: Final = {
    "ts": f"TRY_CAST({_FIELDS['date']} || ' ' || {_FIELDS['time']} AS TIMESTAMP)",
    "ip": _FIELDS["c-ip"],
    "method": _FIELDS["cs-method"],
    "target": f"CASE WHEN {_QUERY} IS NULL THEN {_FIELDS['cs-uri-stem']}"
    f" ELSE {_FIELDS['cs-uri-stem']} || '?' || {_QUERY} END",
    "host": _FIELDS["cs-host"],
    "status": _FIELDS["sc-status"],
    "bytes_out": _FIELDS["sc-bytes"],
    "bytes_in": _FIELDS["cs-bytes"],
    "duration_ms": f"TRY_CAST({_FIELDS['time-taken']} AS DOUBLE)",
    "user_agent": f"replace({_FIELDS['csUser-Agent']}, '+', ' ')",
    "referer": _FIELDS["csReferer"],
}


def _confidence(sample: Sequence[str], _options: Options) -> float:
    return sum(1 for line in sample if "<Event" in line and _PROVIDER in line) / len(sample) if sample else 0.0


def _plan(_sample: Sequence[str], options: Options) -> Plan:
    cookies = f"replace({_FIELDS['csCookie']}, ';+', '; ')"
    return Plan(
        format="iis-events",
        prepare=(", ".join(f"{_data(name)} AS {column}" for name, column in _FIELDS.items()),),
        columns=_COLUMNS,
        credentials=held.credentials(options, read=_FIELDS.get, cookies=cookies),
        skips=((f"contains(text, '<Event') AND NOT contains(text, '{_PROVIDER}')", "other event"),),
        unread="NOT contains(text, '<Event')",
        unread_reason="no whole event of IIS in one line",
    )


FORMAT: Final = Format(name="iis-events", title="IIS events as XML", confidence=_confidence, plan=_plan)
