r"""Zeek's http.log: `#fields` names the columns between tabs; the time is an epoch in seconds.

Other logs of Zeek hold no requests. The password of basic auth, which Zeek can log, is read by no column.
"""

import codecs
from collections.abc import Sequence
from typing import Final

from ingest.formats import held
from ingest.formats.header_fields import Columns, columns_of
from ingest.formats.interface import Format, Options, Plan
from ingest.formats.sql import any_moment
from ingest.redact import quoted
from model.errors import FormatError

_DIRECTIVE: Final = "#fields"
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "ip": ("id.orig_h",),
    "method": ("method",),
    "target": ("uri",),
    "host": ("host",),
    "status": ("status_code",),
    "bytes_in": ("request_body_len",),
    "bytes_out": ("response_body_len",),
    "user_agent": ("user_agent",),
    "referer": ("referrer",),
    "request_id": ("uid",),
}
_FORWARDED: Final = r"X-FORWARDED-FOR -> ([^,\t]+(?:, ?[0-9a-fA-F.:]+)*)"
_SEPARATOR: Final = "#separator "


def _known(sample: Sequence[str]) -> Columns | None:
    columns = columns_of(sample, _DIRECTIVE)
    return columns if columns is not None and columns.every >= {"ts", "uri", "status_code"} else None


def _separator(sample: Sequence[str]) -> str:
    written = next((line[len(_SEPARATOR) :].strip() for line in sample if line.startswith(_SEPARATOR)), "")
    return codecs.decode(written, "unicode_escape") if written.startswith("\\x") else "\t"


def _confidence(sample: Sequence[str], _options: Options) -> float:
    if _known(sample) is None:
        return 0.0
    separator = _separator(sample)
    lines = [line for line in sample if not line.startswith("#")]
    return sum(1 for line in lines if line.count(separator) > len(_NAMES)) / len(lines) if lines else 1.0


def _plan(sample: Sequence[str], options: Options) -> Plan:
    columns = _known(sample)
    if columns is None:
        msg = "No #fields line of this Zeek log names ts, uri and status_code."
        raise FormatError(msg, hint="Only http.log holds requests; give keywatch the file from its start.")
    chosen = {column: (options.fields[column],) if column in options.fields else n for column, n in _NAMES.items()}
    found = {column: columns.first(names, _filled) for column, names in chosen.items()}
    proxied = columns.raw("proxied")
    if proxied is not None:
        found["forwarded"] = f"nullif(regexp_extract({proxied}, '{_FORWARDED}', 1), '')"
    moment = columns.raw("ts") or "NULL"
    return Plan(
        format="zeek-http",
        prepare=(f"string_split(rtrim(text, E'\\r\\n'), {quoted(_separator(sample))}) AS v", *columns.steps()),
        columns={"ts": any_moment(moment)} | {column: value for column, value in found.items() if value is not None},
        credentials=held.credentials(options, read=columns.raw),
        skips=(("starts_with(text, '#')", "directive"),),
        unread=f"len(v) < {len(_NAMES)}",
        unread_reason="fewer columns than #fields names",
    )


def _filled(value: str) -> str:
    return f"nullif({value}, '(empty)')"


FORMAT: Final = Format(
    name="zeek-http", title="Zeek http.log", confidence=_confidence, plan=_plan, directive=_DIRECTIVE
)
