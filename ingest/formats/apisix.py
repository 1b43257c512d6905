"""APISIX loggers' default record: request, response, consumer; headers and query as they came."""

from typing import Final

from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, fields
from ingest.formats.json_lines import format_of

FORMAT: Final[Format] = format_of(
    Layout(
        name="apisix",
        title="Apache APISIX",
        marks=(
            fields("request.method request.uri start_time apisix_latency"),
            fields("request.method request.uri start_time server.version"),
        ),
        fields={
            "ts": ("start_time",),
            "ip": ("client_ip",),
            "forwarded": ("request.headers.x-forwarded-for",),
            "method": ("request.method",),
            "target": ("request.uri", "request.url"),
            "host": ("request.headers.host",),
            "status": ("response.status",),
            "bytes_out": ("response.size",),
            "bytes_in": ("request.size",),
            "user_agent": ("request.headers.user-agent",),
            "referer": ("request.headers.referer",),
            "request_id": ("request.headers.x-request-id",),
        },
        durations={"latency": 1.0},
        keys=(
            ("request.headers.apikey", "secret"),
            ("request.headers.x-api-key", "secret"),
            ("request.querystring.apikey", "secret"),
            ("request.headers.authorization", "secret"),
            ("consumer.username", "id"),
        ),
        headers="request.headers.{}",
    ),
)
