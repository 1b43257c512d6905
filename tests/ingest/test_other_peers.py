"""Shapes of lines that other parsers' tests hold; the lines are our own.

What elastic's, CrowdSec's, Matomo's and netdata's own files give was compared by hand. Differences that stay: behind a
list of forwarded addresses they take the first public one for the client, we the peer; a method in small letters is no
method.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from model.errors import FormatError

Read = Callable[..., Any]
REQUEST = '[01/Oct/2026:09:30:00 +0000] "GET /v1/agents?page=2 HTTP/1.1" 200 512 "-" "curl/8.9.1"'
AT = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
IIS = "2026-10-01 09:30:00"

SHAPES = {
    "cPanel writes the month first, as a number": (
        REQUEST.replace("01/Oct/2026", "10/01/2026").join(("203.0.113.9 - - ", ' "-" "-" 2086')),
        {"ts": AT, "ip": "203.0.113.9", "status": 200},
    ),
    "Gandi writes the duration behind the time": (
        f"www.example 203.0.113.9 - ada {REQUEST.replace('] ', '] (0 s) ')}",
        {"ts": AT, "host": "www.example", "ip": "203.0.113.9", "path": "/v1/agents"},
    ),
    "a host before forwarded addresses": (
        f"www.example 203.0.113.9, 192.0.2.8, 192.0.2.9 - - {REQUEST}",
        {"host": "www.example", "ip": "192.0.2.9"},
    ),
    "a host before quoted forwarded addresses and the peer": (
        f'www.example:80 "203.0.113.9, 192.0.2.8" 192.0.2.9 - - {REQUEST}',
        {"host": "www.example", "ip": "192.0.2.9"},
    ),
    "an address as host before forwarded addresses and the peer": (
        f"198.51.100.1 2001:db8:0:0:0:0:0:8000, 192.0.2.8 192.0.2.9 - - {REQUEST}",
        {"host": "198.51.100.1", "ip": "192.0.2.9"},
    ),
    "a socket is no client": (f"unix: - - {REQUEST}", {"ip": None, "status": 200}),
    "HAProxy's HTTPS log": (
        (
            "Oct  1 09:30:00 lb haproxy[14389]: 203.0.113.9:33317 [01/Oct/2026:09:30:00.655] https-in static/srv1"
            ' 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {api.example} {} "GET /v1 HTTP/1.1" 0/0/0/0/1'
            " api.example/TLSv1.3/TLS_AES_256_GCM_SHA384"
        ),
        {"ip": "203.0.113.9", "path": "/v1", "status": 200, "duration_ms": 109.0},
    ),
    "IIS with cookie, referer and bytes": (
        (
            f"{IIS} 192.0.2.1 POST /a.aspx id=1 443 ada 203.0.113.9 curl/8.9.1 sid=1;+w=0 https://www.example/ 200 0 0"
            " 20123 36264 597 198.51.100.7"
        ),
        {"ip": "203.0.113.9", "path": "/a.aspx", "status": 200, "bytes_out": 20123, "bytes_in": 36264},
    ),
    "IIS with site, machine and host": (
        f"{IIS} W3SVC1 WEB1 192.0.2.1 GET /v1 - 80 - 203.0.113.9 HTTP/1.1 curl/8 - - api.example 403 4 5 5279 160 15",
        {"ip": "203.0.113.9", "host": "api.example", "status": 403, "duration_ms": 15.0},
    ),
    "IIS with little": (
        f"{IIS} 192.0.2.1 GET /health - 80 - 203.0.113.9 - 200 0 0 15",
        {"ip": "203.0.113.9", "status": 200, "user_agent": None, "duration_ms": 15.0},
    ),
    "a batch delete of S3": (
        (
            "36c1f05b76016b78528454e6e0c60e2b7ff7aa20c0a5e4c748276e5b0a2debd2 exports [01/Oct/2026:09:30:00 +0000]"
            " 203.0.113.9 arn:aws:iam::111122223333:user/ada 8CD7A4A71E2E5C9E BATCH.DELETE.OBJECT a.war - 204"
            " - - 344017 - - - - - IeDW5I3w= SigV4 AES128-SHA AuthHeader s3.eu-central-1.amazonaws.com TLSv1.2"
        ),
        {"ip": "203.0.113.9", "method": "DELETE", "path": "/a.war", "status": 204},
    ),
    "Apache's ssl_request_log tells no status": (
        '[01/Oct/2026:11:30:00 +0200] 203.0.113.9 TLSv1.3 TLS_AES_256_GCM_SHA384 "GET /v1 HTTP/1.1" 512',
        {"ts": AT, "ip": "203.0.113.9", "path": "/v1", "status": None, "bytes_out": 512},
    ),
    "nginx without user": (
        '203.0.113.9 [01/Oct/2026:09:30:00 +0000] "GET /v1 HTTP/1.1" 200 695 512 0.075 "x500" 56',
        {"ts": AT, "ip": "203.0.113.9", "path": "/v1", "status": 200, "bytes_out": 695, "user_agent": None},
    ),
    "APISIX's access log": (
        (
            '203.0.113.9 - - [01/Oct/2026:09:30:00 +0000] api.example:9080 "POST /v1 HTTP/1.1" 401 87 0.004 "-"'
            ' "curl/8.9.1" 192.0.2.80:80 401 0.003 "http://api.example:9080"'
        ),
        {"ip": "203.0.113.9", "host": "api.example", "status": 401, "bytes_out": 87, "user_agent": "curl/8.9.1"},
    ),
    "a host and no user before a request that was none": (
        (
            'www.example 203.0.113.9 [01/Oct/2026:09:30:00 +0000] "-" 400 0 "-" "-"\n'
            'www.example 203.0.113.9 [01/Oct/2026:09:30:00 +0000] "GET / HTTP/1.1" 200 9 "-" "curl/8.9.1"'
        ),
        {"ip": "203.0.113.9", "host": "www.example", "status": 400, "path": None, "user_agent": None},
    ),
    "CLF between tabs": (
        '203.0.113.9\t-\t-\t[01/Oct/2026:09:30:00 +0000]\t"GET /v1 HTTP/1.1"\t200\t741',
        {"ts": AT, "ip": "203.0.113.9", "path": "/v1", "status": 200, "bytes_out": 741},
    ),
    "CLF without bytes": (
        '203.0.113.9 - - [01/Oct/2026:09:30:00 +0000] "GET /v1 HTTP/1.1" 200',
        {"ip": "203.0.113.9", "status": 200, "bytes_out": None},
    ),
    "ISO 8601 without brackets": (
        '2001:db8::9 2026-10-01T09:30:00Z "GET /v1 HTTP/1.1" 200 12',
        {"ts": AT, "ip": "2001:db8::9", "status": 200, "bytes_out": 12},
    ),
    "InfluxDB": (
        f"[httpd] 203.0.113.9 - - {REQUEST} 6f61bc44-321b-11e6-8050-000000000000 2513",
        {"ip": "203.0.113.9", "status": 200, "path": "/v1/agents"},
    ),
    "Gin": (
        '[GIN] 2026/10/01 - 09:30:00 | 401 |  1.5ms |   203.0.113.9 | GET      "/v1/agents?page=2"',
        {"ts": AT, "ip": "203.0.113.9", "method": "GET", "path": "/v1/agents", "status": 401, "duration_ms": 1.5},
    ),
    "Gin on Heroku": (
        '<190>1 2026-10-01T09:30:00+00:00 host app web.1 - [GIN] 2026/10/01 - 09:30:00 | 200 |  8µs | ::1 | GET "/"',
        {"ts": AT, "ip": "::1", "status": 200, "duration_ms": 0.008},
    ),
    "HAProxy 1.2": (
        'haproxy[674]: 203.0.113.9:33320 [01/Oct/2026:09:30:00] a b 9/7/14/30 502 243 - - PH-- 2/3 "GET /v1 HTTP/1.0"',
        {"ts": AT, "ip": "203.0.113.9", "path": "/v1", "status": 502, "duration_ms": 30.0},
    ),
    "a load balancer whose target broke off": (
        (
            "h2 2026-10-01T09:30:00Z a/b/1 203.0.113.9:47882 192.0.2.80:8080 0.000021 0.010962 -1 504 504 766 17"
            ' "PUT https://api.example:443/v1 HTTP/1.1" "curl/8.9.1" ECDHE TLSv1.2 arn "Root=1-2"'
        ),
        {"status": 504, "duration_ms": 10.983},
    ),
    "a classic load balancer whose target broke off": (
        (
            "2026-10-01T09:30:00.000000Z lb 203.0.113.9:47882 192.0.2.80:8080 0.000021 0.010962 -1 504 504 766 17"
            ' "PUT https://api.example:443/v1 HTTP/1.1" "curl/8.9.1" ECDHE TLSv1.2'
        ),
        {"status": 504, "duration_ms": 10.983},
    ),
    "what a parser of CLF made of a line": (
        (
            '{"host":"203.0.113.9","user":"-","method":"GET","path":"/v1","code":"401","size":"77","agent":"curl/8.9.1",'
            '"datetime":"01/Oct/2026:09:30:00 +0000"}'
        ),
        {"ts": AT, "ip": "203.0.113.9", "host": None, "path": "/v1", "status": 401, "bytes_out": 77},
    ),
    "names in camel case": (
        '{"time":"2026-10-01T09:30:00Z","remoteAddr":"203.0.113.9","method":"POST","url":"/login","userAgent":"curl/8"}',
        {"ip": "203.0.113.9", "method": "POST", "path": "/login", "user_agent": "curl/8"},
    ),
    "a request inside a record": (
        (
            '{"timestamp":"2026-10-01T09:30:00Z","labels":{"file":"access.log"},"record":{"remote_addr":"203.0.113.9",'
            '"method":"GET","path":"/v1","status":"401","body_bytes_sent":"8","request_time":0.25,"http_x_api_key":"ac_1"}}'
        ),
        {"ts": AT, "ip": "203.0.113.9", "path": "/v1", "status": 401, "bytes_out": 8, "duration_ms": 250.0},
    ),
    "Grafana": (
        (
            'logger=context userId=0 orgId=0 uname= t=2026-10-01T09:30:00Z level=info msg="Request Completed"'
            " method=POST path=/login status=401 remote_addr=203.0.113.9 time_ms=10 size=94 referer="
        ),
        {"ts": AT, "ip": "203.0.113.9", "path": "/login", "status": 401, "bytes_out": 94},
    ),
    "Tyk's pump on standard output": (
        (
            '{"level":"info","msg":"","time":"0001-01-01T00:00:00Z","tyk-analytics-record":{"method":"GET","host":"api.example",'
            '"path":"/v1","raw_path":"/v1","response_code":401,"api_key":"00000000","timestamp":"2026-10-01T09:30:00Z",'
            '"api_id":"1","request_time":28,"ip_address":"203.0.113.9","latency":{"total":28,"upstream":11}}}'
        ),
        {"ts": AT, "ip": "203.0.113.9", "host": "api.example", "status": 401, "key_ref": None, "duration_ms": 28.0},
    ),
    "a WebSocket API of API Gateway": (
        (
            '{"requestId":"177a5660","ip":"203.0.113.9","caller":"-","user":"-",'
            '"requestTime":"01/Oct/2026:09:30:00 +0000","eventType":"-","routeKey":"-","status":"403"}'
        ),
        {"ts": AT, "ip": "203.0.113.9", "path": None, "status": 403},
    ),
}


@pytest.mark.parametrize("shape", list(SHAPES))
def test_a_shape_that_a_peer_knows_is_read(read: Read, shape: str) -> None:
    line, expected = SHAPES[shape]

    event, *_ = read(line + "\n").events

    assert expected == {name: event[name] for name in expected}


@pytest.mark.parametrize(
    "line",
    [
        '{"ts":"2026-10-01T09:30:00Z","logger":"com.example","lvl":"INFO","msg":"Starting up service"}',
        '{"name":"renovate","pid":7,"level":20,"msg":"Found files","time":"2026-10-01T09:30:00Z","err":{"code":"E1"}}',
    ],
)
def test_what_a_program_says_of_itself_is_no_log_of_requests(read: Read, line: str) -> None:
    with pytest.raises(FormatError, match="No format fits"):
        read(f"{line}\n" * 3)


def test_a_status_that_stands_elsewhere_is_not_made_up(read: Read) -> None:
    line = '[01/Oct/2026:09:30:00 +0000] GET "GET /v1 HTTP/1.1" 123 518 200 0.544\n'

    with pytest.raises(FormatError, match="No format fits"):
        read(line)


def test_a_plain_line_among_those_of_traefik_is_read_and_theirs_keep_their_durations(read: Read) -> None:
    own = f'203.0.113.9 - - {REQUEST} 27 "api@docker" "http://192.0.2.80:80" 12ms\n'
    plain = '203.0.113.9 - ada [01/Oct/2026:09:30:00 +0000] "GET /v2 HTTP/1.0" 200 2326\n'

    found = read(own * 3 + plain)

    assert "traefik_clf" == found.format
    assert [12.0, 12.0, 12.0, None] == [event["duration_ms"] for event in found.events]


def test_an_error_log_of_nginx_is_no_log_of_haproxy(read: Read) -> None:
    line = '2026/10/01 09:30:00 [error] 31#31: *46 "/a" is not found (2: No such file), client: 203.0.113.9\n'

    with pytest.raises(FormatError, match="No format fits"):
        read(line * 3)


def test_a_line_of_an_earlier_header_is_not_misread_by_a_later_one(read: Read) -> None:
    short = "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port c-ip sc-status time-taken\n"
    long = (
        "#Fields: date time s-sitename s-computername s-ip cs-method cs-uri-stem cs-uri-query s-port c-ip sc-status\n"
    )
    line = f"{IIS} 192.0.2.1 GET / redirect:$(1) 443 203.0.113.9 401 15\n"

    found = read(short + line + long + f"{IIS} W3SVC1 WEB1 192.0.2.1 GET /v1 - 80 203.0.113.9 200\n" + line)

    assert [5] == [number for number, _, _ in found.rejects]
    assert [("GET", 401), ("GET", 200)] == [(event["method"], event["status"]) for event in found.events]


def test_a_line_of_fewer_columns_all_along_is_not_misread(read: Read) -> None:
    told = "#Fields: date time s-sitename s-ip cs-method cs-uri-stem cs-uri-query s-port c-ip sc-status time-taken\n"
    good = f"{IIS} W3SVC1 192.0.2.1 GET /v1 - 80 203.0.113.9 200 15\n"
    short = f"{IIS} 192.0.2.1 GET /v1 - 80 203.0.113.9 200 15\n"
    cut = f"{IIS} W3SVC1 192.0.2.1 GET /v1 -\n"

    found = read(told + good + short + cut)

    assert [3] == [line for line, _, _ in found.rejects]
    assert [("GET", 200), ("GET", None)] == [(event["method"], event["status"]) for event in found.events]
