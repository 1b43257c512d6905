"""Fastly's JSON log, by the names of the template in its documentation; syslog endpoints put words before it."""

from typing import Final

from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, Read, fields
from ingest.formats.json_lines import format_of
from ingest.formats.sql import first


def _columns(read: Read) -> dict[str, str]:
    # The template's geo_country is a name; only a code is a country.
    code = first([read("geo_country_code"), read("geo_country")])
    return {"country": f"CASE WHEN length({code}) = 2 THEN upper({code}) END"}


FORMAT: Final[Format] = format_of(
    Layout(
        name="fastly",
        title="Fastly JSON",
        marks=(
            fields("client_ip request_method response_status fastly_server"),
            fields("client_ip url response_status fastly_is_edge"),
            fields("client_ip request_method response_state"),
        ),
        fields={
            "ts": ("timestamp", "time_start", "time"),
            "ip": ("client_ip",),
            "forwarded": ("request_x_forwarded_for", "x_forwarded_for"),
            "method": ("request_method", "method"),
            "target": ("url", "request_url"),
            "host": ("host", "request_host"),
            "status": ("response_status", "status"),
            "bytes_out": ("response_body_size", "response_size", "resp_body_bytes_written"),
            "bytes_in": ("request_body_size", "request_size"),
            "user_agent": ("request_user_agent",),
            "referer": ("request_referer",),
            "asn": ("client_as_number", "geo_asn"),
        },
        durations={"time_elapsed": 1e-3, "time_elapsed_usec": 1e-3, "time_elapsed_msec": 1.0},
        columns=_columns,
        prefixed=True,
    ),
)
