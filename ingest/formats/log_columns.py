"""Slots of a pasted log format to raw columns."""

from collections.abc import Mapping, Sequence
from typing import Final

from ingest.formats import clf
from ingest.formats.interface import Options
from ingest.formats.slots import Groups
from ingest.formats.sql import any_moment, present
from ingest.redact import quoted

TIMES: Final = ("msec", "time_iso8601", "time_local", "timestamp", "time", "datetime", "date_gmt", "date_local")
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "ip": (
        "remote_addr",
        "remote_host",
        "peer_addr",
        "realip_remote_addr",
        "proxy_protocol_addr",
        "the_real_ip",
        "http_x_real_ip",
        "http_cf_connecting_ip",
        "http_true_client_ip",
        "client_ip",
        "remote_ip",
    ),
    "forwarded": ("http_x_forwarded_for", "proxy_add_x_forwarded_for", "http_forwarded"),
    "method": ("request_method",),
    "request": ("request",),
    "host": ("host", "http_host", "server_name", "ssl_server_name", "http_x_forwarded_host", "vhost"),
    "status": ("status", "status_first", "upstream_status"),
    "bytes_out": ("body_bytes_sent", "bytes_sent"),
    "bytes_in": ("request_length", "content_length", "http_content_length"),
    "user_agent": ("http_user_agent",),
    "referer": ("http_referer",),
    "request_id": (
        "request_id",
        "req_id",
        "http_x_request_id",
        "http_x_correlation_id",
        "sent_http_x_request_id",
        "env_unique_id",
        "log_id",
    ),
    "country": (
        "geoip_country_code",
        "geoip2_country_code",
        "geoip2_data_country_code",
        "geoip2_data_country_iso_code",
        "env_geoip_country_code",
        "http_cf_ipcountry",
        "http_cloudfront_viewer_country",
    ),
}
"""Raw column to variables, the first that the format holds."""
DURATIONS: Final[Mapping[str, float]] = {
    "request_time": 1000,
    "duration_us": 0.001,
    "duration_ms": 1,
    "duration_s": 1000,
    "upstream_response_time": 1000,
    "session_time": 1000,
}
"""Variable to milliseconds a unit; the finest first."""


def columns(groups: Groups, options: Options) -> dict[str, str]:
    """Raw column to expression, in which `{group}` stands for a named group; no `ts` when the format writes no time."""
    made: dict[str, str] = {}
    moment = _moment(groups, options)
    if moment is not None:
        made["ts"] = moment
    for column, known in COLUMNS.items():
        chosen = _chosen(options.fields.get(column), known, groups)
        if chosen is not None:
            made[column] = _last(chosen) if chosen == "upstream_status" else present(f"{{{chosen}}}")
    target = _target(groups, options)
    if target is not None:
        made["target"] = target
    took = _chosen(options.fields.get("duration_ms"), tuple(DURATIONS), groups)
    if took is not None:
        unit = DURATIONS.get(took, 1)
        made["duration_ms"] = f"{total(f'{{{took}}}')} {f'* {unit}' if unit >= 1 else f'/ {round(1 / unit)}'}"
    return made


def total(expression: str) -> str:
    """The number of a text, or the sum of a list's (`0.100, 0.200 : 0.300`, one a try of an upstream)."""
    numbers = f"TRY_CAST(regexp_extract_all({expression}, '[0-9]+(?:\\.[0-9]+)?') AS DECIMAL(18, 6)[])"
    return f"coalesce(TRY_CAST({expression} AS DOUBLE), CAST(list_sum({numbers}) AS DOUBLE))"


def _chosen(named: str | None, known: Sequence[str], groups: Groups) -> str | None:
    names = (named.strip("${}"),) if named else known
    return next((name for name in names if name in groups), None)


def _last(group: str) -> str:
    return f"nullif(regexp_extract({{{group}}}, '([0-9]{{3}}) *$', 1), '')"


def _target(groups: Groups, options: Options) -> str | None:
    whole = _chosen(options.fields.get("target"), ("request_uri",), groups)
    if whole is not None:
        return present(f"{{{whole}}}")
    # The path alone may be rewritten or decoded: the request line is as the client sent it.
    path = None if "request" in groups else _chosen(None, ("uri", "document_uri"), groups)
    if path is None:
        return None
    query = _chosen(None, ("args", "query_string", "query"), groups)
    if query is None:
        return present(f"{{{path}}}")
    asked = present(f"ltrim({{{query}}}, '?')")
    return f"{present(f'{{{path}}}')} || coalesce('?' || {asked}, '')"


def _moment(groups: Groups, options: Options) -> str | None:
    parts = {group: slot.time for group, slot in groups.items() if slot.time is not None}
    named = _chosen(options.fields.get("ts"), TIMES, groups)
    if named is not None and (named not in parts or parts[named] == "clf"):
        return clf.moment(named) if named in parts else any_moment(f"{{{named}}}")
    return _of_parts(parts) if parts else None


def _of_parts(parts: Mapping[str, str]) -> str:
    epoch = next((group for group, form in parts.items() if form in {"sec", "msec", "usec"}), None)
    if epoch is not None:
        fraction = next((group for group, form in parts.items() if form in {"%g", "%f"}), None)
        behind = f" || '.' || {{{fraction}}}" if fraction is not None and parts[epoch] == "sec" else ""
        return any_moment(f"({{{epoch}}}{behind})")
    texts, forms = [], list[str]()
    for group, form in parts.items():
        # A second time in the line (begin: and end:) says the same again.
        if form not in forms:
            texts.append(f"{{{group}}}")
            forms.append(form)
    joined = " || ' ' || ".join(texts)
    return f"CAST(try_strptime({joined}, {quoted(' '.join(forms))}) AS TIMESTAMP)"
