"""Akamai DataStream 2 in JSON; values are percent-encoded, and a path begins without its slash."""

from typing import Final

from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, Read, fields
from ingest.formats.json_lines import format_of
from ingest.formats.sql import first

_PARTS: Final = ("transferTimeMSec", "turnAroundTimeMSec", "reqEndTimeMSec")
"""From the request's last byte in to the answer's last byte out, and how long the request itself took."""


def _columns(read: Read) -> dict[str, str]:
    agent = first([read("UA")])
    decoded = f"CASE WHEN contains({agent}, '%') THEN TRY(url_decode({agent})) END"
    parts = [f"TRY_CAST({read(name)} AS DOUBLE)" for name in _PARTS]
    lasted = " + ".join(f"coalesce({part}, 0)" for part in parts)
    return {
        "target": "CASE WHEN starts_with(bare_target, '/') THEN bare_target ELSE '/' || bare_target END",
        "user_agent": f"coalesce({decoded}, {agent})",
        "duration_ms": f"CASE WHEN coalesce({', '.join(parts)}) IS NOT NULL THEN {lasted} END",
    }


FORMAT: Final[Format] = format_of(
    Layout(
        name="akamai",
        title="Akamai DataStream",
        marks=(fields("cliIP reqMethod reqPath statusCode"), fields("cliIP reqTimeSec statusCode reqHost")),
        fields={
            "ts": ("reqTimeSec",),
            "ip": ("cliIP",),
            "forwarded": ("xForwardedFor",),
            "method": ("reqMethod",),
            "target": ("reqPath",),
            "host": ("reqHost",),
            "status": ("statusCode",),
            "bytes_out": ("totalBytes", "bytes", "rspContentLen"),
            "user_agent": ("UA",),
            "referer": ("referer",),
            "request_id": ("reqId",),
            "country": ("country",),
            "asn": ("asn", "asnum"),
        },
        query=("queryStr",),
        columns=_columns,
    ),
)
