"""Google Cloud Endpoints: what the Extensible Service Proxy logs of each call, with the API key as it came."""

from typing import Final

from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, Read, fields
from ingest.formats.json_lines import format_of
from ingest.formats.sql import first


def _columns(read: Read) -> dict[str, str]:
    # A wrong or expired key gets 400, and the reason as text.
    told = first([read("jsonPayload.error_cause"), read("jsonPayload.log_message")])
    failed = f"TRY_CAST({read('jsonPayload.http_response_code')} AS SMALLINT) IN (400, 401, 403)"
    wrong = "(?i)api key (?:not valid|expired|not found|invalid)|api_key_invalid|unregistered callers|jwt"
    return {"outcome": f"CASE WHEN {failed} AND regexp_matches({told}, '{wrong}') THEN 'unauthenticated' END"}


FORMAT: Final[Format] = format_of(
    Layout(
        name="gcp-endpoints",
        title="Google Cloud Endpoints (ESP)",
        marks=(fields("jsonPayload.http_method jsonPayload.http_response_code jsonPayload.url"),),
        fields={
            "ts": ("timestamp", "jsonPayload.timestamp"),
            "ip": ("jsonPayload.client_ip",),
            "method": ("jsonPayload.http_method",),
            "target": ("jsonPayload.url",),
            "host": ("jsonPayload.host", "resource.labels.service"),
            "status": ("jsonPayload.http_response_code",),
            "bytes_out": ("jsonPayload.response_size_in_bytes",),
            "bytes_in": ("jsonPayload.request_size_in_bytes",),
            "user_agent": ("jsonPayload.user_agent",),
            "referer": ("jsonPayload.referer",),
            "request_id": ("insertId",),
        },
        durations={"jsonPayload.request_latency_in_ms": 1.0},
        keys=(("jsonPayload.api_key", "secret"), ("jsonPayload.api_key_uid", "id")),
        columns=_columns,
    ),
)
