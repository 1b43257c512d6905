"""Envoy's text formats and pasted ones."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest

from ingest.fingerprint import Pepper
from ingest.formats.envoy_format import is_envoy
from ingest.formats.interface import KeyPlace
from model.errors import FormatError

Read = Callable[..., Any]


class Found(Protocol):
    events: list[dict[str, Any]]


SECRET = "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F"
LINE = (
    '[2026-10-01T09:30:00.123Z] "{request}" {status} {flags} 0 512 42 40 "{forwarded}" "curl/8" "id" "api.example"'
    ' "192.0.2.1:80"\n'
)


def line(request: str = "GET /a HTTP/2", status: int = 200, flags: str = "-", forwarded: str = "203.0.113.9") -> str:
    return LINE.format(request=request, status=status, flags=flags, forwarded=forwarded)


def values(found: Found, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(event[name] for name in names) for event in found.events]


@pytest.mark.parametrize(
    ("flags", "outcome"),
    [
        ("DC", "client_error"),
        ("UAEX", "forbidden"),
        ("RL", "throttled"),
        ("UF,URX", "server_error"),
        ("NR", "client_error"),
        ("-", "unknown"),
    ],
)
def test_the_flags_tell_the_outcome_only_where_the_status_does_not(read: Read, flags: str, outcome: str) -> None:
    found = read(line(status=0, flags=flags) + line(status=200, flags=flags))

    assert [(None, outcome), (200, "ok")] == values(found, "status", "outcome")


def test_sessions_of_tcp_are_skipped_by_class(read: Read, edge: Callable[[str], str]) -> None:
    found = read(line() + edge("E27") + "\n")

    assert (1, ["tcp"]) == (len(found.events), found.classes)


def test_a_client_that_went_away_is_an_event_without_a_status(read: Read, edge: Callable[[str], str]) -> None:
    found = read(edge("E26") + "\n")

    assert ("envoy-text", [("10.128.0.60", None, "client_error", 746.0, "35.232.196.88")]) == (
        found.format,
        values(found, "ip", "status", "outcome", "duration_ms", "host"),
    )


def test_a_quote_in_the_path_or_the_agent_stays(read: Read) -> None:
    text = line(request='GET /a"b HTTP/2').replace('"curl/8"', '"a "b" c"')

    assert [('/a"b', 'a "b" c', "api.example")] == values(read(text), "path", "user_agent", "host")


def test_a_line_of_something_else_is_rejected(read: Read) -> None:
    found = read(line() * 3 + "[2026-10-01 09:30:00.123] warning: there are no clusters\n")

    assert [(4, "does not match envoy-text")] == [reject[:2] for reject in found.rejects]


TEXT = '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%" %RESPONSE_CODE% "%REQ(X-API-KEY)%"'
PASTED = '[2026-10-01T09:30:00Z] "GET /a" 401 "{}"\n'


def test_a_header_of_a_pasted_format_is_the_key(read: Read, pepper: Pepper) -> None:
    found = read(PASTED.format(SECRET) + PASTED.format("-"), log_format=TEXT + "\\n")

    assert ("envoy-format", [(pepper.key_ref(SECRET), "GET", "/a", 401), (None, "GET", "/a", 401)]) == (
        found.format,
        values(found, "key_ref", "method", "path", "status"),
    )


@pytest.mark.parametrize("name", ["%REQ(X-PARTNER)%", "REQ(X-PARTNER)", "x-partner"])
def test_the_config_names_a_header_as_pasted_or_as_in_http(read: Read, pepper: Pepper, name: str) -> None:
    pasted = TEXT.replace("X-API-KEY", "X-PARTNER")

    assert [(None,)] == values(read(PASTED.format(SECRET), log_format=pasted), "key_ref")
    assert [(pepper.key_ref(SECRET),)] == values(read(PASTED.format(SECRET), log_format=pasted, key=name), "key_ref")


@pytest.mark.parametrize(
    ("spec", "written"),
    [
        ("", "2026-10-01T09:30:00.123Z"),
        ("(%s.%3f)", "1790847000.123"),
        ("(%Y/%m/%dT%H:%M:%S.%3f%z)", "2026/10/01T11:30:00.123+0200"),
        ("(%d/%b/%Y:%T.%6f)", "01/Oct/2026:09:30:00.123000"),
    ],
)
def test_a_pasted_format_may_write_its_own_time(read: Read, spec: str, written: str) -> None:
    pasted = TEXT.replace("%START_TIME%", f"%START_TIME{spec}%")

    found = read(PASTED.format("-").replace("2026-10-01T09:30:00Z", written), log_format=pasted)

    assert [(datetime(2026, 10, 1, 9, 30, 0, 123_000, tzinfo=UTC),)] == values(found, "ts")


JSON_FORMAT = """{"at": "%START_TIME%", "verb": "%REQ(:METHOD)%", "route": "%REQ(:PATH)%", "rc": %RESPONSE_CODE%,
 "duration": "%DURATION%", "who": "%REQ(X-API-KEY)%"}"""
YAML_FORMAT = """json_format:
  at: "%START_TIME%"
  verb: "%REQ(:METHOD)%"
  "route": "%REQ(:PATH)%"
  rc: '%RESPONSE_CODE%'
  duration: %DURATION%
  who: "%REQ(X-API-KEY)%"
"""


@pytest.mark.parametrize("pasted", [JSON_FORMAT, YAML_FORMAT], ids=["json", "yaml"])
def test_a_pasted_mapping_names_the_fields_of_json_lines(read: Read, pepper: Pepper, pasted: str) -> None:
    text = f'{{"at":"2026-10-01T09:30:00Z","verb":"GET","route":"/a","rc":401,"duration":42,"who":"{SECRET}"}}\n'

    found = read(text, log_format=pasted)

    assert ("envoy-format", [("GET", "/a", 401, 42.0, pepper.key_ref(SECRET))]) == (
        found.format,
        values(found, "method", "path", "status", "duration_ms", "key_ref"),
    )


@pytest.mark.parametrize(
    ("pasted", "expected"),
    [
        (TEXT, True),
        ("$remote_addr [$time_local] $status", False),
        ('%h %l %u %t "%r" %>s %b %D', False),
        ("%{X-API-Key}i %U%q", False),
        ("%START_TIME(%s)%", True),
    ],
)
def test_envoy_s_formats_are_told_from_nginx_s_and_apache_s(pasted: str, expected: bool) -> None:  # noqa: FBT001
    assert expected == is_envoy(pasted)


def test_a_pasted_format_without_a_time_is_refused(read: Read) -> None:
    with pytest.raises(FormatError, match="writes no time; its operators are: REQ, RESPONSE_CODE"):
        read("GET 200\n", log_format="%REQ(:METHOD)% %RESPONSE_CODE%")


def test_a_place_that_the_lines_do_not_hold_gives_no_key(read: Read) -> None:
    text = line(request=f"GET /a?api_key={SECRET} HTTP/2")

    assert [(None,)] == values(read(text, keys=(KeyPlace(carrier="header", name="X-Api-Key"),)), "key_ref")
