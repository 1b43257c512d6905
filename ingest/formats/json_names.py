"""Field names of JSON loggers beyond those of variables.py, how header names stand in them, and what carries a key."""

import re
from typing import Final, Literal

from ingest.formats import variables

Kind = Literal["secret", "id"]

_MORE: Final[dict[str, tuple[str, ...]]] = {
    "ts": (
        "time_unix_nano",
        "request_time_utc",
        "logged_at",
        "created_at",
        "when",
        "EventTime",
        "TimeGenerated",
        "time_micros",
        "t",
    ),
    "ip": (
        "httpRequest.remoteIp",
        "client.ip",
        "source.ip",
        "client.address",
        "source.address",
        "network.client.ip",
        "net.peer.ip",
        "req.remoteAddress",
        "remoteAddress",
        "remoteIp",
        "remote_address",
        "clientIp",
        "clientIP",
        "client_addr",
        "client_address",
        "ipSource",
        "remote",
        "visitor_ip",
        "c_ip",
        "src_ip",
        "srcip",
    ),
    "forwarded": (
        "http_x_forwarded_for",
        "x_forwarded_for",
        "x-forwarded-for",
        "xForwardedFor",
        "forwarded_for",
        "forwardedFor",
        "request.headers.x-forwarded-for",
        "req.headers.x-forwarded-for",
        "headers.x-forwarded-for",
    ),
    "method": (
        "httpRequest.requestMethod",
        "http.request.method",
        "http.method",
        "req.method",
        "requestMethod",
        "requestInfo.method",
        "cs_method",
    ),
    "target": (
        "url.original",
        "http.target",
        "http.url",
        "url.full",
        "url.path",
        "req.url",
        "httpRequest.requestUrl",
        "requestUrl",
        "requestUri",
        "requestURI",
        "requestPath",
        "original_url",
        "originalUrl",
        "uri_path",
        "cs_uri_stem",
        "cs_uri",
        "http_path",
        "req_path",
        "original_path",
        "http_url",
        "http.path",
    ),
    "request": ("request_line", "http_request_first_line", "request_first_line"),
    "host": ("authority", ":authority", "url.domain", "server.address", "http.host", "req.headers.host", "cs_host"),
    "status": (
        "httpRequest.status",
        "http.response.status_code",
        "http.status_code",
        "res.statusCode",
        "responseCode",
        "response_status",
        "responseStatus",
        "httpStatus",
        "httpStatusCode",
        "http_status_code",
        "rsp_code",
        "sc_status",
        "http_status",
    ),
    "bytes_out": (
        "httpRequest.responseSize",
        "http.response.body.bytes",
        "http.response.bytes",
        "network.bytes_written",
        "responseSize",
        "rsp_size",
        "content_length",
        "length",
        "res.headers.content-length",
        "sc_bytes",
    ),
    "bytes_in": (
        "httpRequest.requestSize",
        "http.request.body.bytes",
        "http.request.bytes",
        "network.bytes_read",
        "requestSize",
        "req_size",
        "bytes_received",
        "cs_bytes",
    ),
    "user_agent": (
        "httpRequest.userAgent",
        "user_agent.original",
        "http.useragent",
        "http.user_agent",
        "req.headers.user-agent",
        "headers.user-agent",
        "requestHeaders.user-agent",
        "user-agent",
        "cs_user_agent",
    ),
    "referer": (
        "httpRequest.referer",
        "http.request.referrer",
        "http.referer",
        "req.headers.referer",
        "headers.referer",
        "cs_referer",
    ),
    "request_id": ("http.request.id", "req.id", "x-request-id", "requestID", "s_request_id"),
    "country": ("geo.country_iso_code", "client.geo.country_iso_code", "source.geo.country_iso_code", "country_code"),
    "asn": ("client.as.number", "source.as.number", "asn"),
}
FIELDS: Final = {
    column: (*variables.FIELDS.get(column, ()), *_MORE.get(column, ())) for column in {**variables.FIELDS, **_MORE}
}
"""Raw column to the names that any logger gives it, in order."""

QUERIES: Final = ("query_string", "querystring", "queryString", "args", "url.query", "cs_uri_query")
"""Fields that hold the query alone."""

UNITS: Final = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3}
"""Milliseconds a unit."""
DURATIONS: Final = {
    **variables.DURATIONS,
    "httpRequest.latency": 1e3,
    "time_taken_micros": 1e-3,
    "event.duration": 1e-6,
    "responseTime": 1.0,
    "response-time": 1.0,
    "processingTimeMillis": 1.0,
    "latency": 1e3,
    "elapsed": 1e3,
    "took": 1.0,
}
"""Duration fields to milliseconds a unit; see `duration_of` for those that name their unit."""

_NAMED_DURATION = re.compile(
    r"(?i)(?:duration|latency|elapsed|took|(?:request|response|processing|generation|total)_?time)"
    r"_?(?:in_?)?(?:(?P<ns>ns|nanos\w*)|(?P<us>us|micros\w*)|(?P<ms>ms|milli\w*|msecs?)|(?P<s>s|secs?|seconds))$",
)

_CARRIERS: Final = frozenset(
    (
        *("x-api-key", "x-api-token", "x-apikey", "api-key", "api-token", "apikey", "x-auth-token", "auth-token"),
        *("x-access-token", "access-token", "authorization", "ocp-apim-subscription-key", "subscription-key"),
        *("x-gravitee-api-key", "x-goog-api-key", "x-functions-key", "x-rapidapi-key", "private-token"),
    )
)
"""Request headers that carry a credential."""
_BEFORE_HEADER = re.compile(r"(?i)^(?:http|arg|(?:req|request)?[_-]?headers?|req|request)[_-]")
_SENT: Final = re.compile(r"cs\(([^()]+)\)")
"""As W3C's extended log calls a header from client to server."""
_OF_ANSWER = re.compile(r"(?i)(?:^|\.)(?:resp|res|response|downstream|origin|upstream|backend)(?:[._-]|headers?\.)")
_OF_BACKEND = re.compile(r"(?i)(?:^|\.)(?:upstream|origin|backend)")


def duration_of(name: str) -> float | None:
    """Milliseconds a unit of a duration field, by its name; None for a name that is none of a duration."""
    if name in DURATIONS:
        return DURATIONS[name]
    found = None if _OF_BACKEND.search(name) else _NAMED_DURATION.search(name)
    return None if found is None else UNITS[next(unit for unit, text in found.groupdict().items() if text)]


def kind_of(name: str) -> Kind | None:
    """What a field of that name holds of the caller's credential: the secret, the provider's id of it, or nothing."""
    if name in variables.KEYS:
        return variables.KEYS[name]
    return "secret" if _header(name) in _CARRIERS and not _OF_ANSWER.search(name) else None


def same_header(name: str, header: str) -> bool:
    """Whether a field of that name holds the request header `header`."""
    return _header(name) == header.lower().replace("_", "-") and not _OF_ANSWER.search(name)


def _header(name: str) -> str:
    """The header that a field of that name could hold: `http_x_api_key` and `cs(X-Api-Key)` hold `x-api-key`."""
    if (sent := _SENT.fullmatch(name)) is not None:
        return sent[1].lower().replace("_", "-")
    return _BEFORE_HEADER.sub("", name.rpartition(".")[2]).lower().replace("_", "-")
