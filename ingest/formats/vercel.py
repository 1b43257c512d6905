"""Vercel log drains: records with a `proxy` are requests, the others what functions and builds wrote."""

from typing import Final

from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, fields
from ingest.formats.json_lines import format_of

FORMAT: Final[Format] = format_of(
    Layout(
        name="vercel",
        title="Vercel log drain",
        marks=(fields("deploymentId proxy.path proxy.method"), fields("proxy.path proxy.clientIp proxy.statusCode")),
        kin=fields("deploymentId source timestamp"),
        fields={
            "ts": ("proxy.timestamp", "timestamp"),
            "ip": ("proxy.clientIp",),
            "method": ("proxy.method",),
            "target": ("proxy.path",),
            "host": ("proxy.host",),
            "status": ("proxy.statusCode", "statusCode"),
            "bytes_out": ("proxy.responseByteSize",),
            "user_agent": ("proxy.userAgent",),
            "referer": ("proxy.referer",),
            "request_id": ("requestId", "id"),
        },
        durations={"proxy.lambdaDurationMs": 1.0},
    ),
)
