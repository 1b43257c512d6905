"""Shapes that firewalls, distributions and proxies of other parsers' tests write; the lines are our own.

Looked at: SEKOIA's intake formats, Datadog's, OpenTelemetry's, Panther's, Vector's, Logstash's, Fluentd's, alp's,
Grafana Alloy's, Ops Agent's, Wazuh's and OSSEC's rule tests, Filebeat's modules, lnav's, eventgen's, AWStats'.
Differences that stay: of `a b user [time]` with two addresses we take the second for the client, as a virtual host goes
before it, and Fluentd the first; what a proxy writes of people who browse (Netskope, Zscaler, CEF) is no log of an API;
an identifier of 32 hexadecimal digits in a path may be a key and is taken out of it; times of IIS' own file format have
no zone; three layouts of W3C lines side by side without `#Fields` are read in the one that most lines have; an audit
log whose times name the month in words (Nextcloud's) is none of requests.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.formats.interface import KeyPlace, Options
from ingest.formats.registry import FORMATS
from model.errors import FormatError

Read = Callable[..., Any]
AT = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
SECRET = "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F"
TIME = "[01/Oct/2026:09:30:00 +0000]"


def waf(**more: object) -> str:
    headers = [{"name": "host", "value": "api.example"}, {"name": "user-agent", "value": "curl/8.9.1"}]
    asked = {"clientIp": "203.0.113.9", "country": "DE", "headers": headers, "uri": "/v1", "args": "a=1"}
    told = {"timestamp": 1790847000000, "webaclId": "arn:aws:wafv2:x", "action": "ALLOW", "responseCodeSent": None}
    return json.dumps(told | {"httpRequest": asked | {"httpMethod": "GET", "httpVersion": "HTTP/2.0"}} | more)


def with_headers(*pairs: tuple[str, str]) -> str:
    headers = [{"name": name, "value": value} for name, value in pairs]
    return waf(httpRequest={"clientIp": "203.0.113.9", "headers": headers, "uri": "/v1", "httpMethod": "GET"})


CLOUDFRONT = {
    "date": "2026-10-01",
    "time": "09:30:00",
    "x-edge-location": "FRA56-P1",
    "c-ip": "203.0.113.9",
    "cs-method": "GET",
    "cs(Host)": "d1.cloudfront.net",
    "cs-uri-stem": "/v1",
    "sc-status": "401",
    "sc-bytes": "77",
    "cs(User-Agent)": "Mozilla/5.0%20(X11)",
    "cs-uri-query": "a=1",
    "time-taken": "0.358",
    "x-host-header": "-",
}
READ = {"ts": AT, "ip": "203.0.113.9", "method": "GET", "path": "/v1"}

SHAPES = {
    "WAF lets through": (waf(), {**READ, "host": "api.example", "user_agent": "curl/8.9.1", "outcome": "unknown"}),
    "WAF blocks": (waf(action="BLOCK"), {**READ, "status": None, "outcome": "forbidden", "country": "DE"}),
    "WAF blocks with an answer of its own": (
        waf(action="BLOCK", responseCodeSent=429),
        {**READ, "status": 429, "outcome": "throttled"},
    ),
    "CloudFront as JSON": (
        json.dumps(CLOUDFRONT),
        {**READ, "status": 401, "bytes_out": 77, "duration_ms": 358.0, "user_agent": "Mozilla/5.0 (X11)"},
    ),
    "CloudFront as JSON, gathered by somebody": (
        json.dumps({name: value for name, value in CLOUDFRONT.items() if name != "time"} | {"start_time": "09:30:00"}),
        {**READ, "host": "d1.cloudfront.net"},
    ),
    "CloudFront as JSON with few fields": (
        '{"timestamp":"1790847000","c-ip":"203.0.113.9","cs-method":"GET","cs-uri-stem":"/v1","sc-status":"000"}',
        {**READ, "status": None},
    ),
    "nginx with its request time between bytes and referer": (
        f'203.0.113.9 - - {TIME} "GET /v1 HTTP/1.1" 206 339 0.202 "-" "curl/8.9.1"',
        {**READ, "bytes_out": 339, "duration_ms": 202.0, "user_agent": "curl/8.9.1"},
    ),
    "nginx with a ratio of gzip there": (
        f'203.0.113.9 - - {TIME} "GET /v1 HTTP/1.1" 206 339 2.75 "-" "curl/8.9.1"',
        {**READ, "bytes_out": 339, "duration_ms": None, "user_agent": "curl/8.9.1"},
    ),
    "Apache with a dash for forwarded addresses before the request": (
        f'203.0.113.9 - - {TIME} "-" "GET /v1 HTTP/1.1" 200 2545 0 "https://www.example" "curl/8.9.1"',
        {**READ, "bytes_out": 2545, "user_agent": "curl/8.9.1"},
    ),
    "Apache with forwarded addresses before the request": (
        f'203.0.113.9 - - {TIME} "198.51.100.7, 192.0.2.1" "GET /v1 HTTP/1.1" 200 2545 "-" "curl/8.9.1"',
        {**READ, "bytes_out": 2545},
    ),
    "IIS' own format": (
        "203.0.113.9, -, 10/01/2026, 09:30:00, W3SVC1, WEB1, 192.0.2.1, 42, 242, 512, 401, 5, GET, /v1, -,",
        {**READ, "status": 401, "bytes_in": 242, "bytes_out": 512, "duration_ms": 42.0},
    ),
    "IIS' own format with a query and a short year": (
        f"203.0.113.9, -, 10/1/26, 9:30:00, W3SVC1, WEB1, 192.0.2.1, 42, 242, 512, 200, 0, GET, /v1, key={SECRET},",
        {**READ, "flags": "key_in_url"},
    ),
    "F5 Distributed Cloud": (
        (
            '{"@timestamp":"2026-10-01T09:30:00Z","authority":"api.example","src_ip":"203.0.113.9","method":"GET",'
            '"req_path":"/v1","req_size":"12","rsp_size":"565","rsp_code":"200","total_duration_seconds":0.1}'
        ),
        {**READ, "host": "api.example", "status": 200, "bytes_in": 12, "bytes_out": 565, "duration_ms": 100.0},
    ),
    "a request that is an object beside the headers": (
        (
            '{"@timestamp":"2026-10-01T09:30:00Z","requestUrl":"https://api.example/v1","clientIP":"203.0.113.9",'
            '"responseCode":200,"requestHeaders":{"user-agent":"curl/8"},"requestInfo":{"method":"GET"}}'
        ),
        {**READ, "status": 200, "user_agent": "curl/8"},
    ),
    "a first line among key=value pairs": (
        (
            'date="2026-10-01T09:30:00Z" source_ip=203.0.113.9 http_status_code=403'
            ' http_request_first_line="GET http://api.example/v1 HTTP/1.1"'
        ),
        {**READ, "status": 403},
    ),
    "Envoy's JSON with fields of somebody's own": (
        (
            '{"start_time":"2026-10-01T09:30:00Z","method":"GET","x-envoy-origin-path":"/v1","response_code":404,'
            '"user-agent":"curl/8","downstream_remote_address":"203.0.113.9:4711",":authority":"api.example"}'
        ),
        {**READ, "host": "api.example", "status": 404, "user_agent": "curl/8"},
    ),
    "Azure's gateway with its time called otherwise": (
        (
            '{"operationName":"ApplicationGatewayAccess","timestamp":"2026-10-01T09:30:00Z","properties":{"clientIP":'
            '"203.0.113.9","httpMethod":"GET","requestUri":"/v1","httpStatus":404,"host":"api.example"}}'
        ),
        {**READ, "host": "api.example", "status": 404},
    ),
    "nginx as JSON with names of somebody's own": (
        (
            '{"time_local":"01/Oct/2026:09:30:00 +0000","request_method":"GET","request_uri":"/v1",'
            '"response_status":"200","client_address":"203.0.113.9"}'
        ),
        {**READ, "status": 200},
    ),
}


@pytest.mark.parametrize("shape", list(SHAPES))
def test_a_shape_of_the_edge_is_read(read: Read, shape: str) -> None:
    line, expected = SHAPES[shape]

    event, *_ = read(line + "\n").events

    assert expected == {name: event[name] for name in expected}


@pytest.mark.parametrize(
    "line",
    [
        with_headers(("X-API-Key", SECRET)),
        with_headers(("Authorization", f"Bearer {SECRET}")),
        with_headers(("x-api-key", "REDACTED"), ("authorization", SECRET)),
        waf(httpRequest={"clientIp": "203.0.113.9", "headers": [], "uri": "/v1", "args": f"api_key={SECRET}"}),
    ],
)
def test_the_key_of_a_request_that_a_firewall_saw_is_found(read: Read, line: str) -> None:
    by_header = f'203.0.113.9 - - {TIME} "GET /v1?api_key={SECRET} HTTP/1.1" 200 5\n'

    assert read(by_header).events[0]["key_ref"] == read(line + "\n").events[0]["key_ref"]


def test_a_header_that_the_config_names_is_found_among_pairs(read: Read) -> None:
    line = with_headers(("X-Partner", "p-4711"), ("x-api-key", SECRET))

    place = KeyPlace(carrier="header", name="X-Partner", kind="id")

    assert "id:p-4711" == read(line + "\n", keys=(place,)).events[0]["key_ref"]


def test_a_line_of_a_distribution_without_date_is_a_reject_and_no_event_of_1970(read: Read) -> None:
    undated = json.dumps({name: value for name, value in CLOUDFRONT.items() if name not in {"date", "time"}})

    found = read(f"{json.dumps(CLOUDFRONT)}\n{undated}\n{json.dumps(CLOUDFRONT)[:-5]}\n")

    assert [AT] == [event["ts"] for event in found.events]
    assert [2, 3] == [line for line, _, _ in found.rejects]


@pytest.mark.parametrize("headers", ['"none"', "[1, 2]", '{"host":"api.example"}', '[{"name":null,"value":7}]'])
def test_headers_that_are_no_pairs_are_passed_over(read: Read, headers: str) -> None:
    line = waf().replace(json.dumps(json.loads(waf())["httpRequest"]["headers"]), headers)

    event, *_ = read(waf() + "\n" + line + "\n").events[1:]

    assert ("/v1", None) == (event["path"], event["key_ref"])


@pytest.mark.parametrize(
    ("names", "name", "between"),
    [
        (CLOUDFRONT, "cs(Cookie)", ";%20"),
        ({"time": "2026-10-01T09:30:00Z", "method": "GET", "path": "/v1", "status": 200}, "http_cookie", "; "),
    ],
    ids=["CloudFront", "nginx"],
)
def test_a_session_token_among_the_cookies_of_json_tells_who_asks(
    read: Read, names: dict[str, object], name: str, between: str
) -> None:
    head, body = ("eyJhbGciOiJIUzI1NiJ9", "eyJqdGkiOiJqLTEifQ")  # {"alg":"HS256"} and {"jti":"j-1"}
    line = json.dumps({**names, name: f"sid=1{between}session={head}.{body}.c2lnbmF0dXJl"})

    event, *_ = read(line + "\n").events

    assert "id:jwt:jti:j-1" == event["key_ref"]


def test_cookies_alone_do_not_say_that_a_log_tells_its_keys() -> None:
    line = json.dumps({**CLOUDFRONT, "cs(Cookie)": "sid=1"})

    assert not FORMATS["cloudfront-json"].plan([line], Options()).reads_keys


def test_a_header_of_cloudfront_json_that_the_config_names_is_found(read: Read) -> None:
    line = json.dumps({**CLOUDFRONT, "cs(X-Partner)": "p-4711"})

    found = read(line + "\n", keys=(KeyPlace(carrier="header", name="X-Partner", kind="id"),))

    assert "id:p-4711" == found.events[0]["key_ref"]


def test_of_a_gateways_records_only_its_access_log_are_requests(read: Read) -> None:
    access = (
        '{"operationName":"ApplicationGatewayAccess","time":"2026-10-01T09:30:00Z","category":'
        '"ApplicationGatewayAccessLog","properties":{"clientIP":"203.0.113.9","httpMethod":"GET","requestUri":"/v1"}}\n'
    )
    firewall = access.replace("Access", "Firewall").replace('"httpMethod":"GET"', '"action":"Blocked"')
    health = '{"category":"ResourceHealth","operationName":"x/action","properties":{},"time":"2026-10-01T09:30:00Z"}\n'

    found = read(firewall * 3 + access + health)

    assert ["/v1"] == [event["path"] for event in found.events]
    assert not found.rejects


@pytest.mark.parametrize("more", ["", "ts=2026-10-01T09:30:01Z method=GET path=/v1 status=200 level=info\n"])
def test_the_path_of_a_file_makes_no_request_of_a_remark(read: Read, more: str) -> None:
    remark = (
        'ts=2026-10-01T09:30:00Z level=info component=tailer msg="tail routine: started" path=/var/log/pods/0.log\n'
    )

    if more:
        assert ["/v1"] == [event["path"] for event in read(remark * 3 + more).events]
    else:
        with pytest.raises(FormatError):
            read(remark * 3)
