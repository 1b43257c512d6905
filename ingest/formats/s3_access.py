r"""AWS S3 server access log.

Owner, bucket, time in brackets, address, requester, request id, operation, object's key, then quoted request, status,
error code, bytes, size, two durations, quoted referer and user agent, and more. The key is the access key of a
presigned URL, else the requester: an ARN (a role's without the name of its session), a canonical user id, or none for
an anonymous one. What S3 did by itself (lifecycle) is skipped by class.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ingest.formats import held, text
from ingest.formats.interface import Credential, Format, Options, Plan
from ingest.formats.share import share
from ingest.formats.sql import clf_moment, present

PATTERN: Final = (
    r"^(?P<owner>\S+) +(?P<bucket>\S+) +\[(?P<time>[^\]]+)\] +(?P<ip>\S+) +(?P<requester>\S+) +(?P<id>\S+)"
    r" +(?P<operation>[A-Z0-9]+\.[\w.]+) +(?P<key>\S+) +(?:\"(?P<request>.*?)\"|-) +(?P<status>\d{3}|-)"
    r" +(?P<error>\S+) +(?P<bytes>\d+|-) +(?P<size>\d+|-) +(?P<total>\d+|-) +(?P<turnaround>\d+|-)"
    r"(?: +(?:\"(?P<referer>.*?)\"|-) +(?:\"(?P<agent>.*)\"|-)(?P<tail>[^\"]*))?"
)
_SPLITS: Final = ("string_split(text, '\"') AS q", "string_split(q[1], ' ') AS p, string_split(q[3], ' ') AS s")
_FITS: Final = "len(q) = 7 AND len(p) = 10 AND len(s) = 8 AND q[5] = ' ' AND starts_with(p[3], '[')"
_PIECES: Final = {
    "owner": "p[1]",
    "bucket": "p[2]",
    "time": "substr(p[3], 2) || ' ' || rtrim(p[4], ']')",
    "ip": "p[5]",
    "requester": "p[6]",
    "id": "p[7]",
    "operation": "p[8]",
    "key": "p[9]",
    "request": "q[2]",
    "status": "s[2]",
    "error": "s[3]",
    "bytes": "s[4]",
    "size": "s[5]",
    "total": "s[6]",
    "turnaround": "s[7]",
    "referer": "q[4]",
    "agent": "q[6]",
    "tail": "q[7]",
}

_FAMILIES: Final = {
    "unauthenticated": "InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|TokenRefreshRequired|"
    "RequestTimeTooSkewed|MissingSecurityHeader|AuthorizationHeaderMalformed|NotSignedUp|InvalidSecurity|"
    "MissingAuthenticationToken|CredentialsNotSupported|UnauthorizedAccess|Unauthorized",
    "throttled": "SlowDown|RequestLimitExceeded|BandwidthLimitExceeded|TooManyRequests",
    "forbidden": "AccessDenied|AllAccessDisabled|AccountProblem|CrossLocationLoggingProhibited|InvalidPayer",
}
"""Error codes whose status misleads (403 for an unknown key, 503 for a throttled one), of the S3 API reference."""

_REQUESTER: Final = r"regexp_replace({requester}, '^(arn:[^:]*:sts::\d*:assumed-role/[^/]+)/.*$', '\1')"
_PRESIGNED: Final = r"[?&](?:X-Amz-Credential|AWSAccessKeyId)=(\w+)"
_OF_URL: Final = f"nullif(regexp_extract({{request}}, '{_PRESIGNED}', 1), '')"
_KEYS: Final = (
    Credential(expression=f"CASE WHEN contains({{request}}, '=A') THEN {_OF_URL} END", kind="id"),
    Credential(expression=present(_REQUESTER), kind="id"),
)
_OF_KEY: Final = f"CASE WHEN {text.field('request')} IS NULL THEN '/' || {text.field('key')} END"
_VERB: Final = r"regexp_extract({operation}, '^(?:REST|WEBSITE|BATCH)\.(GET|PUT|POST|HEAD|DELETE|OPTIONS)\.', 1)"
_OF_OPERATION: Final = f"CASE WHEN {text.field('request')} IS NULL THEN nullif({_VERB}, '') END"


def _outcome() -> str:
    cases = " ".join(f"WHEN regexp_matches({{error}}, '^(?:{c})') THEN '{o}'" for o, c in _FAMILIES.items())
    return f"CASE WHEN {{error}} IN ('-', '') THEN NULL {cases} END"


_HOST: Final = "string_split({tail}, ' ')[7]"
_COLUMNS: Final = {
    "ts": clf_moment("{time}"),
    "ip": text.field("ip"),
    "request": text.field("request"),
    "method": _OF_OPERATION,
    "target": _OF_KEY,
    "host": f"CASE WHEN contains({_HOST}, '.') THEN {_HOST} END",
    "status": text.field("status"),
    "outcome": _outcome(),
    "bytes_out": text.field("bytes"),
    "duration_ms": f"TRY_CAST({text.field('total')} AS DOUBLE)",
    "user_agent": text.field("agent"),
    "referer": text.field("referer"),
    "request_id": text.field("id"),
}


def _confidence(sample: Sequence[str], _options: Options) -> float:
    return share(sample, PATTERN)


def _plan(_sample: Sequence[str], options: Options) -> Plan:
    def read(name: str) -> str | None:
        return _REQUESTER if name == "requester" else None

    plan = text.plan(
        "s3-access",
        PATTERN,
        _COLUMNS,
        # A bucket's own `?key=` or `?token=` is no credential of S3.
        credentials=held.credentials(options, read=read) if options.keys else _KEYS,
        quickly=(_SPLITS, _FITS, _PIECES),
    )
    return replace(plan, skips=(("starts_with(r.operation, 'S3.')", "lifecycle"),))


FORMAT: Final = Format(name="s3-access", title="AWS S3 server access log", confidence=_confidence, plan=_plan)
