"""Variables of a pasted log format that its server does not have: slips of who typed it.

nginx takes names of the user's own (`map`, `set`, `auth_request_set`), so a name that it does not know is a slip only
where it is nearly one that it knows, and that one is missing. Apache and its kin refuse directives that they have not.
"""

from difflib import get_close_matches
from typing import Final

from ingest.formats import apache_log_format, nginx_log_format
from ingest.formats.envoy_commands import COMMAND
from ingest.formats.slots import Slot
from model.errors import FormatError


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NEAR: Final = 0.8
_FAMILIES: Final = (
    *("arg_", "http_", "sent_http_", "sent_trailer_", "cookie_", "upstream_http_", "upstream_trailer_"),
    *("upstream_cookie_", "jwt_claim_", "jwt_header_", "geoip_", "geoip2_", "env_", "ssl_client_", "ssl_preread_"),
    *("proxy_protocol_tlv_", "secure_link", "otel_", "opentelemetry_", "opentracing_", "session_log_"),
)
_NGINX: Final = _words(
    """
    ancient_browser args binary_remote_addr body_bytes_sent bytes_received bytes_sent connection
    connection_requests connection_time connections_active connections_reading connections_waiting
    connections_writing content_length content_type date_gmt date_local document_root document_uri
    fastcgi_path_info fastcgi_script_name gzip_ratio host hostname http2 http3 https invalid_referer is_args
    is_request_port limit_conn_status limit_rate limit_req_status memcached_key modern_browser msec msie
    nginx_version pid pipe proxy_add_x_forwarded_for proxy_host proxy_internal_body_length proxy_port
    proxy_protocol_addr proxy_protocol_port proxy_protocol_server_addr proxy_protocol_server_port query_string
    quic realip_remote_addr realip_remote_port realpath_root remote_addr remote_port remote_user request
    request_body request_body_file request_completion request_filename request_id request_length request_method
    request_port request_time request_uri scheme server_addr server_name server_port server_protocol
    session_time slice_range spdy spdy_request_priority ssl_alpn_protocol ssl_cipher ssl_ciphers ssl_client_cert
    ssl_client_verify ssl_curve ssl_curves ssl_early_data ssl_protocol ssl_server_name ssl_session_id
    ssl_session_reused ssl_sigalg status tcpinfo_rcv_space tcpinfo_rtt tcpinfo_rttvar tcpinfo_snd_cwnd
    time_iso8601 time_local uid_got uid_reset uid_set upstream_addr upstream_bytes_received upstream_bytes_sent
    upstream_cache_status upstream_cache_age upstream_cache_key upstream_connect_time upstream_first_byte_time
    upstream_header_time upstream_last_addr upstream_last_server_name upstream_queue_time
    upstream_response_length upstream_response_time upstream_session_time upstream_status upstream_tries uri
    userid best_http_host ingress_name location_path namespace pass_access_scheme
    proxy_alternative_upstream_name proxy_upstream_name req_id service_name service_port the_real_ip
    """
)
"""Of nginx' core and modules, and of ingress-nginx."""
_APACHE: Final = frozenset("aAbBCDefFhHiIklLmnoOpPqrRsStTuUvVxX%")
"""Of Apache's mod_log_config and mod_logio, of lighttpd and Tomcat."""
_ENVOY: Final = _words(
    """
    START_TIME START_TIME_LOCAL EMIT_TIME EMIT_TIME_LOCAL REQ RESP TRAILER PROTOCOL RESPONSE_CODE
    RESPONSE_CODE_DETAILS RESPONSE_FLAGS RESPONSE_FLAGS_LONG BYTES_SENT BYTES_RECEIVED DURATION REQUEST_DURATION
    RESPONSE_DURATION RESPONSE_TX_DURATION UPSTREAM_HOST UPSTREAM_CLUSTER UPSTREAM_LOCAL_ADDRESS
    DOWNSTREAM_REMOTE_ADDRESS DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT DOWNSTREAM_DIRECT_REMOTE_ADDRESS
    DOWNSTREAM_LOCAL_ADDRESS DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT REQUESTED_SERVER_NAME ROUTE_NAME
    STREAM_ID PATH HOSTNAME CONNECTION_ID CONNECTION_TERMINATION_DETAILS UPSTREAM_TRANSPORT_FAILURE_REASON
    """
)
"""Those that an event is made of, and their neighbours."""


def check(pasted: str) -> None:
    """Raise FormatError for a variable that the server of a pasted format does not have."""
    if COMMAND.search(pasted) is not None:
        _near("an operator", [match[1] for match in COMMAND.finditer(pasted)], _ENVOY, "%{}%")
    elif nginx_log_format.VARIABLE.search(pasted):
        names = [piece.name for piece in nginx_log_format.read(pasted) if isinstance(piece, Slot)]
        _near("a variable", [name for name in names if not name.startswith(_FAMILIES)], _NGINX, "${}")
    else:
        for match in apache_log_format.DIRECTIVE.finditer(pasted):
            if len(match[2]) == 1 and match[2] not in _APACHE:
                msg = f"The log_format has {match[0]}, which is no directive of a LogFormat."
                raise FormatError(msg, hint="Paste the directive as it stands in the server's own config.")


def _is_own(name: str, known: frozenset[str]) -> bool:
    """Whether a name is known, or made of one that is: `remote_addr_anon`, `masked_request_uri`."""
    return name in known or any(name.startswith(one + "_") or name.endswith("_" + one) for one in known)


def _near(what: str, names: list[str], known: frozenset[str], shown: str) -> None:
    missing = known.difference(names)
    for name in names:
        near = [] if _is_own(name, known) else get_close_matches(name, missing, n=1, cutoff=_NEAR)
        if near:
            msg = f"The log_format has {shown.format(name)}, {what} that its server does not have."
            raise FormatError(msg, hint=f"Did you mean {shown.format(near[0])}?")
