"""Traefik's JSON access log; request headers stand in it as `request_X-Api-Key` when the config keeps them."""

from typing import Final

from ingest.formats.addresses import last_of_list, without_port
from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, Read, canonical, fields
from ingest.formats.json_lines import format_of
from ingest.formats.sql import first


def _columns(read: Read) -> dict[str, str]:
    # ClientHost is X-Forwarded-For itself when a trusted proxy sent one.
    host = read("ClientHost")
    forwarded = f"CASE WHEN contains({host}, ',') THEN {host} END"
    return {
        "ip": f"coalesce({last_of_list(host)}, {without_port(read('ClientAddr'))})",
        "forwarded": f"coalesce({first([read('request_X-Forwarded-For')])}, {forwarded})",
    }


def _skips(_read: Read) -> tuple[tuple[str, str], ...]:
    # Traefik and its plugins write what they have to say of themselves into the same stream.
    levels = "DEBUG|INFO|WARN|WARNING|ERROR|TRACE|FATAL|PANIC|DBG|INF|WRN|ERR"
    return ((f"r IS NULL AND regexp_matches(text, '^(?:time=\\S+ +level=|\\S* ?(?:{levels})[: ])')", "log"),)


FORMAT: Final[Format] = format_of(
    Layout(
        name="traefik-json",
        title="Traefik JSON",
        marks=(
            fields("ClientHost RequestMethod RequestPath DownstreamStatus"),
            fields("ClientAddr StartUTC RequestPath"),
        ),
        kin=fields("level time"),
        fields={
            "ts": ("StartUTC", "StartLocal", "time"),
            "method": ("RequestMethod",),
            "target": ("RequestPath",),
            "host": ("RequestHost", "RequestAddr"),
            "status": ("DownstreamStatus", "OriginStatus"),
            "bytes_out": ("DownstreamContentSize", "OriginContentSize"),
            "bytes_in": ("RequestContentSize",),
            "user_agent": ("request_User-Agent",),
            "referer": ("request_Referer",),
            "request_id": ("request_X-Request-Id",),
        },
        durations={"Duration": 1e-6},
        keys=(
            ("request_X-Api-Key", "secret"),
            ("request_X-Api-Token", "secret"),
            ("request_Authorization", "secret"),
        ),
        headers="request_{}",
        spelled=canonical,
        columns=_columns,
        skips=_skips,
    ),
)
