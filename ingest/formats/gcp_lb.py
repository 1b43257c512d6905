"""Google Cloud's request logs (HTTP load balancers, Cloud Run): entries of Cloud Logging with an `httpRequest`."""

from typing import Final

from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, fields
from ingest.formats.json_lines import format_of

FORMAT: Final[Format] = format_of(
    Layout(
        name="gcp-lb",
        title="Google Cloud load balancer or Cloud Run",
        marks=(
            fields("httpRequest.requestMethod httpRequest.requestUrl timestamp"),
            fields("httpRequest.requestUrl httpRequest.status"),
        ),
        fields={
            "ts": ("timestamp", "receiveTimestamp"),
            "ip": ("httpRequest.remoteIp", "jsonPayload.remoteIp"),
            "method": ("httpRequest.requestMethod",),
            "target": ("httpRequest.requestUrl",),
            "status": ("httpRequest.status",),
            "bytes_out": ("httpRequest.responseSize",),
            "bytes_in": ("httpRequest.requestSize",),
            "user_agent": ("httpRequest.userAgent",),
            "referer": ("httpRequest.referer",),
            "request_id": ("insertId",),
        },
        durations={"httpRequest.latency": 1e3, "httpRequest.latency.seconds": 1e3},
    ),
)
