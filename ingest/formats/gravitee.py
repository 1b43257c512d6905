"""Gravitee's log reporter (version 4): entry-point request and response; headers are lists, the API key is raw."""

from typing import Final

from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, canonical, fields
from ingest.formats.json_lines import format_of

FORMAT: Final[Format] = format_of(
    Layout(
        name="gravitee",
        title="Gravitee gateway",
        marks=(fields("requestId entrypointRequest.method entrypointRequest.uri"),),
        fields={
            "ts": ("timestamp", "@timestamp"),
            "ip": ("remoteAddress", "clientIp"),
            "forwarded": ("entrypointRequest.headers.X-Forwarded-For",),
            "method": ("entrypointRequest.method",),
            "target": ("entrypointRequest.uri",),
            "host": ("entrypointRequest.headers.Host",),
            "status": ("entrypointResponse.status",),
            "bytes_out": ("entrypointResponse.headers.Content-Length",),
            "bytes_in": ("entrypointRequest.headers.Content-Length",),
            "user_agent": ("entrypointRequest.headers.User-Agent",),
            "referer": ("entrypointRequest.headers.Referer",),
            "request_id": ("requestId",),
        },
        keys=(
            ("entrypointRequest.headers.X-Gravitee-Api-Key", "secret"),
            ("entrypointRequest.headers.Authorization", "secret"),
        ),
        headers="entrypointRequest.headers.{}",
        spelled=canonical,
        lists=("entrypointRequest.headers.", "entrypointResponse.headers."),
    ),
)
