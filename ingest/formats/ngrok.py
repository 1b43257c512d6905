"""ngrok's event stream, completed HTTP requests."""

from typing import Final

from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, Read, fields
from ingest.formats.json_lines import format_of


def _skips(read: Read) -> tuple[tuple[str, str], ...]:
    return (
        (f"starts_with({read('event_type')}, 'tcp_')", "tcp"),
        (f"starts_with({read('event_type')}, 'tls_')", "tls"),
    )


FORMAT: Final[Format] = format_of(
    Layout(
        name="ngrok",
        title="ngrok events",
        marks=(fields("event_type event_timestamp object.http.request.method"),),
        kin=fields("event_id event_type event_timestamp"),
        fields={
            "ts": ("event_timestamp",),
            "ip": ("object.conn.client_ip",),
            "method": ("object.http.request.method",),
            "target": ("object.http.request.url.raw", "object.http.request.url.path"),
            "host": ("object.http.request.url.host", "object.conn.server_name"),
            "status": ("object.http.response.status_code",),
            "bytes_out": ("object.http.response.body_length",),
            "bytes_in": ("object.http.request.body_length",),
            "user_agent": ("object.http.request.user_agent", "object.http.request.headers.User-Agent"),
            "request_id": ("event_id",),
        },
        query=("object.http.request.url.query",),
        headers="object.http.request.headers.{}",
        skips=_skips,
    ),
)
