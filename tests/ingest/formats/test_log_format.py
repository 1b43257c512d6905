from collections.abc import Callable
from typing import Any

import pytest

from ingest.fingerprint import Pepper
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

    found = read(good + "2026/10/01 09:30:00 [error] 7#7: *1 open() failed\n" + good, log_format=body)

    assert 2 == len(found.events)
    assert [(2, "does not match log_format")] == [(n, reason) for n, reason, _ in found.rejects]
