"""Tyk in JSON: the access log with `TYK_LOGFORMAT=json`, and the analytics records that its pump writes."""

from typing import Final

from ingest.formats import tyk
from ingest.formats.interface import Credential, Format
from ingest.formats.json_layout import Layout, Read, fields
from ingest.formats.json_lines import format_of

_INSIDE: Final = "tyk-analytics-record."
"""Where the pump's standard output has the record; the time beside it is none."""


def _credentials(read: Read) -> tuple[Credential, ...]:
    return (tyk.credential(f"coalesce({read('api_key')}, {read(_INSIDE + 'api_key')})"),)


def _names(*names: str) -> tuple[str, ...]:
    return (*names, *(_INSIDE + name for name in names))


FORMAT: Final[Format] = format_of(
    Layout(
        name="tyk-json",
        title="Tyk JSON",
        marks=(
            fields("api_key latency_total status path"),
            fields("api_key api_id response_code timestamp"),
            fields(f"{_INSIDE}api_key {_INSIDE}response_code {_INSIDE}timestamp"),
        ),
        kin=fields("level msg time"),
        fields={
            "ts": ("timestamp", _INSIDE + "timestamp", "time"),
            "ip": _names("client_ip", "ip_address"),
            "method": _names("method"),
            "target": _names("raw_path", "path"),
            "host": _names("host"),
            "status": _names("status", "response_code"),
            "bytes_out": _names("network.bytes_out"),
            "bytes_in": _names("network.bytes_in"),
            "user_agent": _names("user_agent"),
            "country": _names("geo.country.iso_code"),
        },
        durations=dict.fromkeys(("latency_total", *_names("latency.total", "request_time")), 1.0),
        credentials=_credentials,
        moment=tyk.moment,
    ),
)
