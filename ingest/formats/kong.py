"""Kong's serialised requests (file-log, http-log …): the credential's id, and all headers but authorisation raw."""

from typing import Final

from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, fields
from ingest.formats.json_lines import format_of

FORMAT: Final[Format] = format_of(
    Layout(
        name="kong",
        title="Kong",
        marks=(
            fields("started_at client_ip latencies.request"),
            fields("started_at client_ip response.status"),
            fields("request.method request.uri latencies.kong"),
        ),
        fields={
            "ts": ("started_at",),
            "ip": ("client_ip",),
            "forwarded": ("request.headers.x-forwarded-for",),
            "method": ("request.method",),
            "target": ("request.uri", "request.url", "upstream_uri"),
            "host": ("request.headers.host",),
            "status": ("response.status",),
            "bytes_out": ("response.size",),
            "bytes_in": ("request.size",),
            "user_agent": ("request.headers.user-agent",),
            "referer": ("request.headers.referer",),
            "request_id": ("request.id", "request.headers.kong-request-id"),
        },
        durations={"latencies.request": 1.0},
        keys=(
            ("authenticated_entity.id", "id"),
            ("request.headers.apikey", "secret"),
            ("request.headers.x-api-key", "secret"),
            ("request.querystring.apikey", "secret"),
            ("request.headers.authorization", "secret"),
            ("consumer.id", "id"),
        ),
        headers="request.headers.{}",
    ),
)
