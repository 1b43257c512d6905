from collections.abc import Callable
from typing import Any

import pytest

from ingest.fingerprint import Pepper
from ingest.formats.interface import KeyPlace
from model.errors import FormatError

Read = Callable[..., Any]
SECRET = "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F"


def test_the_whole_directive_can_be_pasted_over_several_lines(read: Read, pepper: Pepper) -> None:
    directive = """
    log_format api '$remote_addr [$time_local] '
                   '"$request" $status '
                   '$http_x_api_token';
    """
    text = f'203.0.113.9 [01/Oct/2026:09:30:00 +0000] "GET /v1/agents HTTP/1.1" 200 {SECRET}\n'

    found = read(text, log_format=directive)

    assert [(pepper.key_ref(SECRET), "GET", "/v1/agents", 200)] == [
        (e["key_ref"], e["method"], e["path"], e["status"]) for e in found.events
    ]


def test_escape_json_over_several_lines_is_read_by_its_own_field_names(read: Read, pepper: Pepper) -> None:
    directive = """
    log_format gateway escape=json
      '{'
        '"when":"$time_iso8601",'
        '"who":"$remote_addr",'
        '"line":"$request",'
        '"code":"$status",'
        '"took":"$request_time",'
        '"credential":"$http_x_api_token"'
      '}';
    """
    text = (
        '{"when":"2026-10-01T09:30:00+00:00","who":"203.0.113.9","line":"POST /v1/chat?x=1 HTTP/1.1",'
        f'"code":"403","took":"0.250","credential":"{SECRET}"}}\n'
    )

    found = read(text, log_format=directive)

    assert [("203.0.113.9", "POST", "/v1/chat", 403, 250.0, pepper.key_ref(SECRET))] == [
        (e["ip"], e["method"], e["path"], e["status"], e["duration_ms"], e["key_ref"]) for e in found.events
    ]


@pytest.mark.parametrize("times", ["0.100", "0.100, 0.200", "0.100 : 0.200", "-", "0.100, -, 0.300"])
def test_lists_of_upstream_times_stay_one_value(read: Read, times: str) -> None:
    body = "$remote_addr [$time_local] $upstream_response_time $status $http_x_api_key"

    found = read(f"203.0.113.9 [01/Oct/2026:09:30:00 +0000] {times} 200 {SECRET}\n", log_format=body)

    assert [(200, "ac_live_…Pd9F")] == [(e["status"], e["key_hint"]) for e in found.events]


def test_a_list_of_forwarded_addresses_stays_one_value(read: Read) -> None:
    body = '$http_x_forwarded_for - [$time_local] "$request" $status $remote_addr'
    text = '192.0.2.1, 192.0.2.2 - [01/Oct/2026:09:30:00 +0000] "GET / HTTP/1.1" 200 203.0.113.9\n'

    found = read(text, log_format=body)

    assert [("203.0.113.9", 200)] == [(e["ip"], e["status"]) for e in found.events]


def test_variables_that_we_do_not_know_are_passed_over(read: Read) -> None:
    body = "$my_own_thing [$time_local] $pipe ${ssl_protocol}:$ssl_cipher $status"

    found = read("x/y [01/Oct/2026:09:30:00 +0000] p TLSv1.3:AES-256 429\n", log_format=body)

    assert ["throttled"] == [e["outcome"] for e in found.events]


def test_a_variable_can_stand_twice(read: Read) -> None:
    body = "$remote_addr $status [$time_local] $remote_addr $status"

    found = read("203.0.113.9 200 [01/Oct/2026:09:30:00 +0000] 203.0.113.9 200\n", log_format=body)

    assert [("203.0.113.9", 200)] == [(e["ip"], e["status"]) for e in found.events]


def test_the_last_variable_may_be_empty_or_followed_by_a_carriage_return(read: Read) -> None:
    body = '$remote_addr [$time_local] "$request" $status $http_x_api_token'
    start = '203.0.113.9 [01/Oct/2026:09:30:00 +0000] "GET / HTTP/1.1" 200 '

    found = read(f"{start}{SECRET}\r\n{start}\n{start}-\n", log_format=body)

    assert ["ac_live_…Pd9F", None, None] == [e["key_hint"] for e in found.events]


def test_a_log_format_without_a_time_says_which_variables_it_has(read: Read) -> None:
    with pytest.raises(FormatError, match=r"writes no time; its variables are: remote_addr, status") as caught:
        read("203.0.113.9 200\n", log_format="$remote_addr $status")

    assert "$time_iso8601" in str(caught.value)


def test_a_log_format_without_a_variable_is_refused(read: Read) -> None:
    with pytest.raises(FormatError, match="holds no variable"):
        read("x\n", log_format="nothing at all")


def test_lines_that_a_log_format_does_not_fit_are_rejected(read: Read) -> None:
    body = '$remote_addr [$time_local] "$request" $status'
    good = '203.0.113.9 [01/Oct/2026:09:30:00 +0000] "GET / HTTP/1.1" 200\n'

    found = read(good + "203.0.113.9 something else\n" + good, log_format=body)

    assert 2 == len(found.events)
    assert [(2, "does not match log_format")] == [(n, reason) for n, reason, _ in found.rejects]


def test_lines_of_the_error_log_between_those_of_a_log_format_are_skipped(read: Read) -> None:
    body = '$remote_addr [$time_local] "$request" $status'
    good = '203.0.113.9 [01/Oct/2026:09:30:00 +0000] "GET / HTTP/1.1" 200\n'

    found = read(good + "2026/10/01 09:30:00 [error] 7#7: *1 open() failed\n" + good, log_format=body)

    assert (2, 1, []) == (len(found.events), found.skipped, found.rejects)


TIMES = {"0.100": 100.0, "0.100, 0.200": 300.0, "0.100 : 0.200": 300.0, "0.100 , 0.400 : 0.200": 700.0, "-": None,
         "0.100, -, 0.300": 400.0}  # fmt: skip


@pytest.mark.parametrize(("times", "duration"), list(TIMES.items()))
@pytest.mark.parametrize("quote", ["", '"'])
def test_upstream_times_are_summed(read: Read, times: str, duration: float | None, quote: str) -> None:
    body = f"$remote_addr [$time_local] {quote}$upstream_response_time{quote} $status"

    found = read(f"203.0.113.9 [01/Oct/2026:09:30:00 +0000] {quote}{times}{quote} 200\n", log_format=body)

    assert [(200, duration)] == [(e["status"], e["duration_ms"]) for e in found.events]


def test_the_request_s_own_time_goes_before_the_upstream_s(read: Read) -> None:
    body = '$remote_addr [$time_local] rt=$request_time urt="$upstream_response_time" $status'

    found = read('203.0.113.9 [01/Oct/2026:09:30:00 +0000] rt=0.512 urt="0.100, 0.200" 200\n', log_format=body)

    assert [512.0] == [e["duration_ms"] for e in found.events]


@pytest.mark.parametrize(
    ("body", "line", "expected"),
    [
        ("$msec $remote_addr:$remote_port $uri$is_args$args $status", "1790839800.250 2001:db8::1:4711 /x?y=1 404",
         {"ip": "2001:db8::1", "path": "/x", "status": 404}),
        ("$time_iso8601|$remote_addr|$request_method|$scheme://$host$request_uri|$http_user_agent|$status",
         "2026-10-01T09:30:00+02:00|::1|GET|https://api.example/v1?a=1|a|b/1|200",
         {"host": "api.example", "path": "/v1", "user_agent": "a|b/1", "method": "GET"}),
        (r"$msec\t$remote_addr\t$request\t$status".replace(r"\t", "\t"),
         "1790839800.250\t::1\tGET /a b HTTP/1.1\t404", {"path": "/a b", "method": "GET", "status": 404}),
        ('[$time_local] $host $remote_addr $request_time "$request" $status $http_referer $http_user_agent',
         '[01/Oct/2026:09:30:00 +0000] h.example ::1 0.5 "GET / HTTP/2.0" 207 - Mozilla/5.0 (X11; a b) c/1',
         {"user_agent": "Mozilla/5.0 (X11; a b) c/1", "duration_ms": 500.0}),
        ("$remote_addr $time_local $request $status", "::1 01/Oct/2026:09:30:00 +0000 GET /a HTTP/1.1 200",
         {"path": "/a", "status": 200}),
        ("$time_iso8601 $remote_addr $status $ssl_protocol/$ssl_cipher $request_length $bytes_sent $request_id",
         "2026-10-01T09:30:00Z ::1 200 TLSv1.3/AES 320 900 4ef0a1b6",
         {"bytes_in": 320, "bytes_out": 900, "request_id": "4ef0a1b6"}),
        ("$time_iso8601 $remote_addr $upstream_status $geoip_country_code", "2026-10-01T09:30:00Z ::1 502, 200 FR",
         {"status": 200}),
        ("$time_iso8601 $remote_addr $request_method $request_uri $status", "2026-10-01T09:30:00Z ::1 GET /a?b 000",
         {"path": "/a", "status": None}),
    ],
)  # fmt: skip
def test_a_format_of_any_shape_is_read(read: Read, body: str, line: str, expected: dict[str, object]) -> None:
    (event,) = read(line + "\n", log_format=body).events

    assert expected == {name: event[name] for name in expected}


def test_with_escape_none_a_value_may_hold_quotes(read: Read) -> None:
    directive = 'log_format raw escape=none \'$remote_addr [$time_local] "$request" $status "$http_user_agent"\';'
    line = '::1 [01/Oct/2026:09:30:00 +0000] "GET /a"b HTTP/1.1" 200 "x "y" z"'

    (event,) = read(line + "\n", log_format=directive).events

    assert ('/a"b', 200, 'x "y" z') == (event["path"], event["status"], event["user_agent"])


def test_json_that_nginx_wrote_without_escape_json_is_read_as_text(read: Read, pepper: Pepper) -> None:
    directive = """log_format api '{"at":"$time_iso8601","ip":"$remote_addr","uri":"$request_uri",'
        '"status":$status,"took":$upstream_response_time,"key":"$http_x_api_key",' '}';"""
    line = r'{"at":"2026-10-01T09:30:00Z","ip":"::1","uri":"/a\x22b","status":401,"took":-,"key":"k-12345\x22678",}'

    (event,) = read(line + "\n", log_format=directive).events

    assert (r"/a\x22b", 401, pepper.key_ref('k-12345"678')) == (event["path"], event["status"], event["key_ref"])


@pytest.mark.parametrize(
    ("variable", "text", "place"),
    [
        ("$http_x_api_key", SECRET, None),
        ("$http_x_shop_api_key", SECRET, None),
        ("$arg_api_key", SECRET, None),
        ("$http_authorization", f"Bearer {SECRET}", None),
        ("$http_x_mine", SECRET, KeyPlace(name="$http_x_mine")),
        ("$http_x_mine", SECRET, KeyPlace(carrier="header", name="X-Mine")),
        ("$arg_mine", SECRET, KeyPlace(carrier="query", name="mine")),
        ("$cookie_mine", SECRET, KeyPlace(carrier="cookie", name="mine")),
        ("$http_cookie", f"a=b; mine={SECRET}", KeyPlace(carrier="cookie", name="mine")),
        ("$sent_http_x_issued", SECRET, KeyPlace(name="sent_http_x_issued")),
        ("$upstream_http_x_issued", SECRET, KeyPlace(name="$upstream_http_x_issued")),
    ],
)
def test_a_key_is_found_in_the_variable_that_holds_it(
    read: Read, pepper: Pepper, variable: str, text: str, place: KeyPlace | None
) -> None:
    body = f'$remote_addr [$time_local] "{variable}" $status'

    found = read(
        f'::1 [01/Oct/2026:09:30:00 +0000] "{text}" 200\n', log_format=body, keys=(place,) if place is not None else ()
    )

    assert [pepper.key_ref(SECRET)] == [e["key_ref"] for e in found.events]
    assert SECRET not in str(found.events)


def test_of_several_places_the_first_that_a_line_holds_is_its_key(read: Read, pepper: Pepper) -> None:
    body = "$remote_addr [$time_local] $http_x_first $http_x_second $status"
    places = (KeyPlace(carrier="header", name="X-First"), KeyPlace(carrier="header", name="X-Second"))

    found = read(f"::1 [01/Oct/2026:09:30:00 +0000] - {SECRET} 200\n", log_format=body, keys=places)

    assert [pepper.key_ref(SECRET)] == [e["key_ref"] for e in found.events]


def test_names_that_no_group_can_have_are_read_all_the_same(read: Read) -> None:
    body = "$remote_addr [$time_local] $1 ${2} $Agent $agent $found $end $status"

    found = read("::1 [01/Oct/2026:09:30:00 +0000] a b c d e f 204\n", log_format=body)

    assert [("::1", 204)] == [(e["ip"], e["status"]) for e in found.events]


def test_json_that_a_shipper_wrote_anew_is_read_by_its_fields(read: Read) -> None:
    directive = """log_format api '{"at":"$time_iso8601","ip":"$remote_addr","status":$status}';"""

    found = read('{"status": 401, "ip": "::1", "at": "2026-10-01T09:30:00Z"}\n', log_format=directive)

    assert [("::1", 401)] == [(e["ip"], e["status"]) for e in found.events]
