"""Envoy's and Istio's JSON access logs, by the names of Istio's default and of Envoy Gateway's."""

from typing import Final

from ingest.formats import envoy_flags
from ingest.formats.addresses import without_port
from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, Read, fields
from ingest.formats.json_lines import format_of
from ingest.formats.sql import present

_ADDRESSES: Final = ("downstream_remote_address", "downstream_direct_remote_address")


def _columns(read: Read) -> dict[str, str]:
    return {
        "ip": f"coalesce({', '.join(without_port(read(name)) for name in _ADDRESSES)})",
        "outcome": envoy_flags.outcome(read("response_code"), read("response_flags")),
    }


def _skips(read: Read) -> tuple[tuple[str, str], ...]:
    method = present(read("method"))
    return ((f"r IS NOT NULL AND {method} IS NULL AND {read('response_flags')} IS NOT NULL", "tcp"),)


FORMAT: Final[Format] = format_of(
    Layout(
        name="envoy-json",
        title="Envoy or Istio JSON",
        marks=(
            fields("response_flags response_code start_time"),
            fields("response_flags start_time bytes_received"),
            fields("downstream_remote_address response_code start_time"),
        ),
        fields={
            "ts": ("start_time",),
            "forwarded": ("x_forwarded_for", "x-forwarded-for"),
            "method": ("method", ":method"),
            "target": (
                "path",
                "x-envoy-original-path",
                "x_envoy_original_path",
                "x-envoy-origin-path",
                "x_envoy_origin_path",
                ":path",
            ),
            "host": ("authority", ":authority"),
            "status": ("response_code",),
            "bytes_out": ("bytes_sent",),
            "bytes_in": ("bytes_received",),
            "user_agent": ("user_agent", "user-agent"),
            "referer": ("referer",),
            "request_id": ("request_id", "x-request-id", "x_request_id"),
        },
        durations={"duration": 1.0},
        columns=_columns,
        skips=_skips,
    ),
)
