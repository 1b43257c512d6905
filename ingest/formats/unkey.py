"""Unkey's verifications, as its analytics store holds them: no path, an outcome instead of a status."""

from typing import Final

from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, Read, fields
from ingest.formats.json_lines import format_of
from ingest.formats.sql import first

_OUTCOMES: Final = {
    "ok": ("VALID",),
    "unauthenticated": ("NOT_FOUND", "EXPIRED", "DISABLED", "UNAUTHORIZED", "INVALID"),
    "forbidden": ("FORBIDDEN", "INSUFFICIENT_PERMISSIONS", "INSUFFICIENT_PERMISSION"),
    "throttled": ("RATE_LIMITED", "RATELIMITED", "USAGE_EXCEEDED", "INSUFFICIENT_CREDITS"),
}


def _columns(read: Read) -> dict[str, str]:
    told = f"upper({first([read('outcome'), read('code')])})"
    cases = "".join(
        f" WHEN {told} IN ({', '.join(repr(code) for code in codes)}) THEN '{outcome}'"
        for outcome, codes in _OUTCOMES.items()
    )
    return {"outcome": f"CASE{cases} ELSE 'unknown' END"}


FORMAT: Final[Format] = format_of(
    Layout(
        name="unkey",
        title="Unkey verifications",
        marks=(
            fields("key_id key_space_id outcome time"),
            fields("key_id workspace_id outcome time"),
            fields("keyId keySpaceId outcome time"),
            fields("keyId workspaceId code time"),
        ),
        fields={
            "ts": ("time",),
            "ip": ("ip", "ip_address", "ipAddress"),
            "user_agent": ("user_agent", "userAgent"),
            "request_id": ("request_id", "requestId"),
        },
        durations={"latency": 1.0},
        keys=(("key_id", "id"), ("keyId", "id")),
        columns=_columns,
        only_requests=False,
    ),
)
