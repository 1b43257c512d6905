"""Tyk in JSON: the access log with `TYK_LOGFORMAT=json`, and the analytics records that its pump writes."""

from typing import Final

from ingest.formats import tyk
from ingest.formats.interface import Credential, Format
from ingest.formats.json_layout import Layout, Read, fields
from ingest.formats.json_lines import format_of


def _credentials(read: Read) -> tuple[Credential, ...]:
    return (tyk.credential(read("api_key")),)


FORMAT: Final[Format] = format_of(
    Layout(
        name="tyk-json",
        title="Tyk JSON",
        marks=(
            fields("api_key latency_total status path"),
            fields("api_key api_id response_code timestamp"),
        ),
        kin=fields("level msg time"),
        fields={
            "ts": ("timestamp", "time"),
            "ip": ("client_ip", "ip_address"),
            "method": ("method",),
            "target": ("raw_path", "path"),
            "host": ("host",),
            "status": ("status", "response_code"),
            "bytes_out": ("network.bytes_out",),
            "bytes_in": ("network.bytes_in",),
            "user_agent": ("user_agent",),
            "country": ("geo.country.iso_code",),
        },
        durations={"latency_total": 1.0, "latency.total": 1.0, "request_time": 1.0},
        credentials=_credentials,
        moment=tyk.moment,
    ),
)
