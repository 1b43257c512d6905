"""AWS API Gateway's JSON access logs (REST, HTTP and WebSocket APIs), by the names of the console's templates."""

from typing import Final

from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, Read, fields
from ingest.formats.json_lines import format_of
from ingest.formats.sql import first

_TYPES: Final = ("errorResponseType", "error.responseType", "responseType", "error_response_type")
_ERRORS: Final = (
    "authorizerError",
    "authorizer.error",
    "authorizeError",
    "authorize.error",
    "authenticateError",
    "authenticate.error",
    "errorMessage",
    "error.message",
)


def _columns(read: Read) -> dict[str, str]:
    # The gateway answers 403 to a missing, wrong or expired key, where others say 401; its response type tells.
    kind, told = first(map(read, _TYPES)), first(map(read, _ERRORS))
    missing = "INVALID_API_KEY|MISSING_AUTHENTICATION_TOKEN|EXPIRED_TOKEN|INVALID_SIGNATURE|UNAUTHORIZED"
    unsaid = "(?i)missing authentication token|invalid api key|token.{0,20}expired|unauthorized|identity source"
    refused = "(?i)not authorized|access ?denied|explicit deny|forbidden"
    failed = f"coalesce(TRY_CAST({first([read('status')])} AS SMALLINT), 400) >= 400"
    outcome = (
        f"CASE WHEN NOT ({failed}) OR ({kind} IS NULL AND {told} IS NULL) THEN NULL"
        f" WHEN regexp_matches({kind}, '^(?:{missing})$') THEN 'unauthenticated'"
        f" WHEN regexp_matches({kind}, '^(?:ACCESS_DENIED|WAF_FILTERED)$') THEN 'forbidden'"
        f" WHEN regexp_matches({kind}, '^(?:THROTTLED|QUOTA_EXCEEDED)$') THEN 'throttled'"
        f" WHEN regexp_matches({kind}, '^AUTHORIZER_(?:FAILURE|CONFIGURATION_ERROR)$') THEN 'server_error'"
        f" WHEN regexp_matches({told}, '{unsaid}') THEN 'unauthenticated'"
        f" WHEN regexp_matches({told}, '{refused}') THEN 'forbidden' END"
    )
    # `GET /pets/{{id}}` is a route of an HTTP API, `$connect` one of a WebSocket API.
    route = first([read("routeKey")])
    of_route = f"CASE WHEN contains({route}, ' ') THEN split_part({route}, ' ', 2) ELSE {route} END"
    return {"outcome": outcome, "target": f"coalesce(bare_target, {of_route})"}


FORMAT: Final[Format] = format_of(
    Layout(
        name="aws-api-gateway",
        title="AWS API Gateway JSON",
        marks=(
            fields("httpMethod status responseLength"),
            fields("requestId httpMethod status requestTime"),
            fields("requestId httpMethod status requestTimeEpoch"),
            fields("requestId routeKey status"),
            fields("apiId stage status"),
            fields("eventType connectionId requestTime"),
        ),
        fields={
            "ts": ("requestTimeEpoch", "requestTime", "request_time_epoch", "request_time", "connectedAt"),
            "ip": ("ip", "sourceIp", "identity.sourceIp", "source_ip"),
            "forwarded": ("xForwardedFor", "xff"),
            "method": ("httpMethod", "http_method"),
            "target": ("path", "requestPath", "resourcePath", "resource_path"),
            "host": ("domainName", "domain_name"),
            "status": ("status",),
            "bytes_out": ("responseLength", "response_length"),
            "user_agent": ("userAgent", "identity.userAgent", "user_agent"),
            "request_id": ("requestId", "extendedRequestId"),
        },
        durations={
            "responseLatency": 1.0,
            "response_latency": 1.0,
            "latency": 1.0,
            "responseLatencyMs": 1.0,
            "integrationLatency": 1.0,
        },
        keys=(
            ("apiKeyId", "id"),
            ("identity.apiKeyId", "id"),
            ("apiKey", "secret"),
            ("identity.apiKey", "secret"),
            ("identity.accessKey", "id"),
            ("accessKey", "id"),
        ),
        columns=_columns,
    ),
)
