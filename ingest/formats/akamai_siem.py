"""Akamai SIEM events in JSON: requests that a rule of the firewall noticed; headers are one percent-encoded text."""

from typing import Final

from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, Read, fields
from ingest.formats.json_lines import format_of
from ingest.formats.sql import first, present


def _columns(read: Read) -> dict[str, str]:
    headers = f"TRY(url_decode({first([read('httpMessage.requestHeaders')])}))"
    agent, referer = (
        present(rf"trim(regexp_extract({headers}, '(?i)(?:^|\n){name}: *([^\r\n]*)', 1))")
        for name in ("user-agent", "referer")
    )
    return {"user_agent": agent, "referer": referer}


FORMAT: Final[Format] = format_of(
    Layout(
        name="akamai-siem",
        title="Akamai SIEM",
        marks=(fields("attackData.clientIP httpMessage.method httpMessage.path httpMessage.status"),),
        fields={
            "ts": ("httpMessage.start",),
            "ip": ("attackData.clientIP",),
            "method": ("httpMessage.method",),
            "target": ("httpMessage.path",),
            "host": ("httpMessage.host",),
            "status": ("httpMessage.status",),
            "bytes_out": ("httpMessage.bytes",),
            "request_id": ("httpMessage.requestId",),
            "country": ("geo.country",),
            "asn": ("geo.asn",),
        },
        query=("httpMessage.query",),
        columns=_columns,
    ),
)
