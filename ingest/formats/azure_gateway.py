"""Azure Application Gateway's access log: resource log records of either SKU, or rows of AGWAccessLogs."""

from typing import Final

from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, Read, fields
from ingest.formats.json_lines import format_of
from ingest.formats.sql import any_moment, first, present

_TIMES: Final = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p")
"""Month first, as Azure's older exports write; a time without a zone is in UTC."""
_TAKEN: Final = ("properties.timeTaken", "TimeTaken", "timeTaken_d")
_SECONDS: Final = ("properties.serverRouted", "properties.sslProtocol", "properties.transactionId", "TransactionId")
"""Fields of the second SKU, which writes `timeTaken` in seconds; the first wrote milliseconds."""


def _moment(text: str) -> str:
    # Two lists: of one with %z in some of its formats, DuckDB keeps a line's zone for the lines behind it.
    plain, zoned = (", ".join(f"'{time}{zone}'" for time in _TIMES) for zone in ("", " %z"))
    both = f"try_strptime({text}, [{plain}]), CAST(try_strptime({text}, [{zoned}]) AS TIMESTAMP)"
    return f"coalesce({any_moment(text)}, {both})"


def _columns(read: Read) -> dict[str, str]:
    taken = first(map(read, _TAKEN))
    seconds = f"contains({taken}, '.') OR {first(map(read, _SECONDS))} IS NOT NULL"
    return {"duration_ms": f"TRY_CAST({taken} AS DOUBLE) * CASE WHEN {seconds} THEN 1000 ELSE 1 END"}


def _skips(read: Read) -> tuple[tuple[str, str], ...]:
    category = first([read("category"), read("Category")])
    asked = ", ".join(present(read(f"properties.{name}")) for name in ("httpMethod", "clientIP"))
    return (
        (f"ends_with({category}, 'FirewallLog')", "firewall"),
        (f"ends_with({category}, 'PerformanceLog')", "performance"),
        (f"NOT starts_with({category}, 'ApplicationGateway') AND coalesce({asked}) IS NULL", "activity"),
    )


FORMAT: Final[Format] = format_of(
    Layout(
        name="azure-application-gateway",
        title="Azure Application Gateway",
        marks=(
            fields("properties.clientIP properties.httpMethod properties.requestUri"),
            fields("ClientIp HttpMethod RequestUri HttpStatus"),
        ),
        words=('"ApplicationGatewayAccess', '"ApplicationGatewayFirewall', '"ApplicationGatewayPerformance'),
        fields={
            "ts": ("time", "timeStamp", "timestamp", "TimeGenerated"),
            "ip": ("properties.clientIP", "ClientIp"),
            "method": ("properties.httpMethod", "HttpMethod"),
            "target": (
                "properties.originalRequestUriWithArgs",
                "OriginalRequestUriWithArgs",
                "properties.requestUri",
                "RequestUri",
            ),
            "host": ("properties.originalHost", "OriginalHost", "properties.host", "Host"),
            "status": ("properties.httpStatus", "HttpStatus"),
            "bytes_out": ("properties.sentBytes", "SentBytes"),
            "bytes_in": ("properties.receivedBytes", "ReceivedBytes"),
            "user_agent": ("properties.userAgent", "UserAgent"),
            "request_id": ("properties.transactionId", "TransactionId"),
        },
        query=("properties.requestQuery", "RequestQuery"),
        moment=_moment,
        columns=_columns,
        skips=_skips,
        only_requests=False,
    ),
)
