"""Azure API Management's GatewayLogs: resource log records, or rows of ApiManagementGatewayLogs."""

from typing import Final

from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, Read, canonical, fields
from ingest.formats.json_lines import format_of
from ingest.formats.sql import first

_REASONS: Final = ("properties.lastError.reason", "LastErrorReason", "properties.LastErrorReason")


def _columns(read: Read) -> dict[str, str]:
    # A used-up quota answers 403, which is no lack of rights.
    reason = first(map(read, _REASONS))
    outcome = (
        f"CASE WHEN {reason} IN ('QuotaExceeded', 'RateLimitExceeded') THEN 'throttled'"
        f" WHEN {reason} IN ('SubscriptionKeyNotFound', 'SubscriptionKeyInvalid') THEN 'unauthenticated' END"
    )
    return {"outcome": outcome}


FORMAT: Final[Format] = format_of(
    Layout(
        name="azure-apim",
        title="Azure API Management",
        marks=(
            fields("properties.method properties.url properties.responseCode"),
            fields("Method Url ResponseCode"),
            fields("ApimSubscriptionId ResponseCode"),
            fields("properties.Method properties.Url properties.ResponseCode"),
        ),
        fields={
            "ts": ("time", "TimeGenerated", "timeGenerated"),
            "ip": ("callerIpAddress", "CallerIpAddress", "properties.CallerIpAddress"),
            "method": ("properties.method", "Method"),
            "target": ("properties.url", "Url"),
            "status": ("properties.responseCode", "ResponseCode"),
            "bytes_out": ("properties.responseSize", "ResponseSize"),
            "bytes_in": ("properties.requestSize", "RequestSize"),
            "user_agent": ("properties.requestHeaders.User-Agent", "RequestHeaders.User-Agent"),
            "request_id": ("correlationId", "CorrelationId"),
        },
        durations={"durationMs": 1.0, "TotalTime": 1.0, "properties.totalTime": 1.0},
        keys=(
            ("properties.apimSubscriptionId", "id"),
            ("ApimSubscriptionId", "id"),
            ("properties.subscriptionId", "id"),
        ),
        headers="properties.requestHeaders.{}",
        spelled=canonical,
        columns=_columns,
    ),
)
