"""Cloudflare Logpush, HTTP requests: times in ns, s or RFC 3339, as the job was told."""

from typing import Final

from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, Read, fields
from ingest.formats.json_lines import format_of
from ingest.formats.sql import first


def _columns(read: Read) -> dict[str, str]:
    start, end = (f"TRY_CAST({read(f'Edge{when}Timestamp')} AS BIGINT)" for when in ("Start", "End"))
    # Whole seconds tell no duration; only nanoseconds do.
    lasted = f"CASE WHEN {start} > 100000000000000000 THEN ({end} - {start}) / 1e6 END"
    return {"country": f"upper({first([read('ClientCountry')])})", "duration_ms": lasted}


FORMAT: Final[Format] = format_of(
    Layout(
        name="cloudflare",
        title="Cloudflare Logpush",
        marks=(fields("ClientIP ClientRequestMethod"), fields("RayID EdgeResponseStatus"), fields("ClientIP RayID")),
        fields={
            "ts": ("EdgeStartTimestamp", "EdgeEndTimestamp", "Datetime"),
            "ip": ("ClientIP",),
            "method": ("ClientRequestMethod",),
            "target": ("ClientRequestURI", "ClientRequestPath"),
            "host": ("ClientRequestHost",),
            "status": ("EdgeResponseStatus",),
            "bytes_out": ("EdgeResponseBytes",),
            "bytes_in": ("ClientRequestBytes",),
            "user_agent": ("ClientRequestUserAgent",),
            "referer": ("ClientRequestReferer",),
            "request_id": ("RayID",),
            "asn": ("ClientASN",),
        },
        durations={"EdgeTimeToFirstByteMs": 1.0},
        keys=(
            ("RequestHeaders.x-api-key", "secret"),
            ("RequestHeaders.x-api-token", "secret"),
            ("RequestHeaders.authorization", "secret"),
        ),
        headers="RequestHeaders.{}",
        cookies="Cookies.{}",
        columns=_columns,
    ),
)
