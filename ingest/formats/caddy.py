"""Caddy's JSON access log; headers are lists, and all but cookies and authorisation stand there as they came."""

from typing import Final

from ingest.formats.addresses import without_port
from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, Read, canonical, fields
from ingest.formats.json_lines import format_of
from ingest.formats.sql import first


def _columns(read: Read) -> dict[str, str]:
    # client_ip is remote_ip, or what a trusted proxy said; before version 2.5 there was remote_addr with its port.
    address = first([read("request.client_ip"), read("request.remote_ip")])
    return {"ip": f"coalesce({address}, {without_port(read('request.remote_addr'))})"}


FORMAT: Final[Format] = format_of(
    Layout(
        name="caddy",
        title="Caddy JSON",
        marks=(
            fields("request.method request.uri request.host ts status"),
            fields("request.method request.uri request.remote_ip"),
            fields("request.method request.uri request.remote_addr request.proto"),
        ),
        kin=fields("level ts msg"),
        fields={
            "ts": ("ts", "time"),
            "forwarded": ("request.headers.X-Forwarded-For",),
            "method": ("request.method",),
            "target": ("request.uri",),
            "host": ("request.host",),
            "status": ("status",),
            "bytes_out": ("size",),
            "bytes_in": ("bytes_read",),
            "user_agent": ("request.headers.User-Agent",),
            "referer": ("request.headers.Referer",),
            "request_id": ("uuid", "request.headers.X-Request-Id"),
        },
        durations={"duration": 1e3},
        keys=(
            ("request.headers.X-Api-Key", "secret"),
            ("request.headers.X-Api-Token", "secret"),
            ("request.headers.Authorization", "secret"),
        ),
        headers="request.headers.{}",
        spelled=canonical,
        lists=("request.headers.",),
        columns=_columns,
        prefixed=True,
    ),
)
