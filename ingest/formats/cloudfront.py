r"""AWS CloudFront standard log: W3C columns between tabs; files without their `#Fields` line are in the standard order.

Values are percent-encoded, older files encode the user agent twice. `000` stands for a viewer that went away. Lines of
streaming (RTMP) distributions are skipped by class.
"""

from collections.abc import Sequence
from typing import Final

from ingest.formats import w3c_fields
from ingest.formats.header_fields import Columns, columns_of, of_lines
from ingest.formats.interface import Format, Options, Plan
from ingest.formats.share import share

_DIRECTIVE: Final = "#Fields:"
_STANDARD: Final = (
    f"{_DIRECTIVE} date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer)"
    " cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes"
    " time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status"
    " fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len"
    " sc-range-start sc-range-end"
)
"""By the developer guide; files of before 2019 end earlier."""
_LINE: Final = r"^\d{4}-\d\d-\d\d\t\d\d:\d\d:\d\d\t[A-Z]{3}\d*[\w-]*\t(?:\d+|-)\t[\da-fA-F.:]+\t(?:[A-Z]+|-)\t"
_OWN: Final = "x-edge-location"
_STREAM: Final = frozenset(("x-event", "x-sname"))


def _columns(sample: Sequence[str]) -> Columns:
    return columns_of(sample, _DIRECTIVE) or of_lines(_DIRECTIVE, (_STANDARD,))


def decoded(value: str) -> str:
    """What was sent, of a value that is percent-encoded once or twice."""
    once = f"coalesce(TRY(url_decode({value})), {value})"
    return f"CASE WHEN contains({value}, '%25') THEN coalesce(TRY(url_decode({once})), {once}) ELSE {once} END"


def _confidence(sample: Sequence[str], _options: Options) -> float:
    lines = [line for line in sample if not line.startswith("#")]
    columns = columns_of(sample, _DIRECTIVE)
    if columns is not None:
        return 1.0 if _OWN in columns.every and all("\t" in line for line in lines) else 0.0
    return share(lines, _LINE)


def _plan(sample: Sequence[str], options: Options) -> Plan:
    columns = _columns(sample)
    dialect = w3c_fields.Dialect(decode=decoded, unescape=decoded)
    found = w3c_fields.raw_columns(columns, options, dialect)
    # 000 is no status, and would read as one that is missing in the log.
    found |= {"status": f"nullif({found['status']}, '000')"} if "status" in found else {}
    streams = [str(at) for at, names in enumerate(columns.names, start=1) if set(names) & _STREAM]
    stream = f"layout IN ({', '.join(streams)})" if len(columns.names) > 1 else "TRUE"
    return Plan(
        format="cloudfront",
        prepare=("string_split(rtrim(text, E'\\r\\n'), E'\\t') AS v", *columns.steps()),
        columns={"ts": "CAST(NULL AS TIMESTAMP)"} | found,
        credentials=w3c_fields.credentials(columns, options, dialect),
        skips=(("starts_with(text, '#')", "directive"), *([(stream, "rtmp")] if streams else [])),
        unread="len(v) < 5",
        unread_reason="fewer columns than #Fields names",
    )


FORMAT: Final = Format(
    name="cloudfront", title="AWS CloudFront standard log", confidence=_confidence, plan=_plan, directive=_DIRECTIVE
)
