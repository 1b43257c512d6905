r"""Apache's `ssl_request_log`: `[time] ip TLSv1.3 TLS_AES_256_GCM_SHA384 "GET / HTTP/1.1" 512`; it tells no status."""

from collections.abc import Sequence
from typing import Final

from ingest.formats import clf, common, text
from ingest.formats.interface import Format, Options, Plan

PATTERN: Final = (
    r"^\[(?P<time>[^\]]+)\] +(?P<ip>\S+) +(?:TLSv[\d.]+|SSLv\S+|-) +[\w-]+ +"
    rf"{common.QUOTED.format('request')} +(?P<bytes>\d+|-)[ \r\n]*$"
)
_COLUMNS: Final = {
    "ts": clf.moment("time"),
    "ip": text.field("ip"),
    "request": text.field("request"),
    "bytes_out": text.field("bytes"),
}


def _confidence(sample: Sequence[str], _options: Options) -> float:
    return clf.share(sample, PATTERN)


def _plan(_sample: Sequence[str], options: Options) -> Plan:
    return text.plan(
        "apache-ssl-request",
        PATTERN,
        _COLUMNS,
        credentials=clf.credentials(options, text.GROUP.findall(PATTERN), name="apache-ssl-request"),
    )


FORMAT: Final = Format(name="apache-ssl-request", title="Apache's ssl_request_log", confidence=_confidence, plan=_plan)
