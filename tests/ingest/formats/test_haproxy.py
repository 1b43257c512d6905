from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.fingerprint import Pepper
from ingest.formats.interface import KeyPlace

Read = Callable[..., Any]
SECRET = "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F"
LINE = (
    "203.0.113.9:40112 [01/Oct/2026:09:30:00.123] web~ api/node1 0/0/1/40/42 200 512 - - ---- 3/2/1/1/0 0/0{}"
    ' "GET /v1/agents HTTP/1.1"\n'
)


def line(captures: str = "") -> str:
    return LINE.format(captures)


@pytest.mark.parametrize(
    "prefix", ["", "haproxy[7]: ", "Oct  1 09:30:00 lb1 haproxy[7]: ", "lb1 /usr/sbin/haproxy[7]: "]
)
def test_what_stands_before_the_line_changes_nothing(read: Read, prefix: str) -> None:
    bare, event = (read(text, format="haproxy").events[0] for text in (line(), prefix + line()))

    assert bare == event
    assert ("203.0.113.9", "GET", "/v1/agents", 200, 512, 42.0) == tuple(
        event[name] for name in ("ip", "method", "path", "status", "bytes_out", "duration_ms")
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("198.51.100.23:50210 [01/Oct/2026:09:30:00.321] ssh ssh_out/ssh1 1/1/861 1485 -- 2/1/0/0/0 0/0", "tcp"),
        ("198.51.100.23:50210 [01/Oct/2026:09:30:00.321] main app/<NOSRV> -1/-1/1 212 SC 1/1/0/0/0 0/0", "tcp"),
        (
            "198.51.100.23:50033 [01/Oct/2026:09:30:00.123] web/tls: SSL handshake failure (error:0A0000C1)",
            "connection",
        ),
        ("Connect from 198.51.100.23:33312 to 192.0.2.31:8012 (www/HTTP)", "connection"),
        ("Proxy web started.", "notice"),
        ("haproxy[7]: Server api/node1 is DOWN, reason: Layer4 timeout.", "notice"),
        ("[WARNING]  (7) : config : missing timeouts", "notice"),
    ],
)
def test_other_lines_are_skipped_by_class(read: Read, text: str, kind: str) -> None:
    assert [kind] == read(line() + text + "\n", format="haproxy").classes


def test_a_line_that_is_none_of_haproxy_s_is_rejected(read: Read) -> None:
    found = read(line() * 3 + "what a mess\n")

    assert [(4, "does not match haproxy")] == [(at, why) for at, why, _ in found.rejects]


@pytest.mark.parametrize(
    ("captures", "key"),
    [
        (f" {{{SECRET}|curl/8}} {{a|b}}", "request_header_1"),
        (f" {{curl/8|{SECRET}|x}}", "request_header_2"),
        (f" {{}} {{a|{SECRET}}}", "response_header_2"),
    ],
)
def test_a_captured_header_is_a_field_by_its_place(read: Read, pepper: Pepper, captures: str, key: str) -> None:
    found = read(line(captures), key=key)

    assert [pepper.key_ref(SECRET)] == [event["key_ref"] for event in found.events]


def test_a_captured_header_is_found_by_its_name_when_the_config_maps_it(read: Read, pepper: Pepper) -> None:
    keys = (KeyPlace(carrier="header", name="X-Api-Key"),)

    found = read(line(f" {{curl/8|{SECRET}}}"), keys=keys, fields={"x-api-key": "request_header_2"})

    assert pepper.key_ref(SECRET) == found.events[0]["key_ref"]


def test_an_authorization_header_tells_itself_among_the_captures(read: Read, pepper: Pepper) -> None:
    found = read(line(f" {{api.example|Bearer {SECRET}}}"))

    assert pepper.key_ref(SECRET) == found.events[0]["key_ref"]


def test_captures_are_no_keys_unless_the_config_says_so(read: Read) -> None:
    assert read(line(f" {{{SECRET}}}")).events[0]["key_ref"] is None


def test_a_captured_cookie_carries_a_key(read: Read, pepper: Pepper) -> None:
    text = line().replace(" 512 - - ", f" 512 token={SECRET} - ")

    found = read(text, keys=(KeyPlace(carrier="cookie", name="token"),))

    assert pepper.key_ref(SECRET) == found.events[0]["key_ref"]


EDGES: dict[str, dict[str, Any]] = {
    "E21": {"status": 404, "path": "/public/index.php", "ip": "10.0.1.2"},
    "E28": {"status": 400, "method": None, "path": None, "duration_ms": 0.0, "bytes_out": 0},
    "E29": {"duration_ms": 99627.0, "bytes_out": 83285, "status": 200, "method": "GET"},
    "E37": {"ip": None, "status": 200, "method": "OPTIONS", "path": "/api/v2/app/", "duration_ms": 18.0},
    "E69": {"status": 200, "method": "GET", "ip": "203.0.113.54"},
}


@pytest.mark.parametrize("case", list(EDGES))
def test_haproxy_lines_at_the_edge(read: Read, edge: Callable[[str], str], case: str) -> None:
    found = read(edge(case) + "\n")

    assert [EDGES[case]] == [{name: event[name] for name in EDGES[case]} for event in found.events]


def test_a_line_cut_within_its_request_is_an_event(read: Read) -> None:
    event = read(line().replace(' HTTP/1.1"\n', "/that/was/cu\n"), format="haproxy").events[0]

    assert ("GET", "/v1/agents/that/was/cu", 200) == (event["method"], event["path"], event["status"])


def test_a_connection_that_the_server_ended_before_it_answered_is_its_error(read: Read) -> None:
    text = line().replace(" 200 512 - - ---- ", " -1 0 - - {} ")

    outcomes = [event["outcome"] for event in read(text.format("SH--") + text.format("CH--"), format="haproxy").events]

    assert ["server_error", "unknown"] == outcomes


def test_the_zone_follows_from_what_a_container_runtime_wrote_beside_it(read: Read) -> None:
    wrapped = f'{{"log":"{line().strip().replace(chr(34), chr(92) + chr(34))}\\n","stream":"stdout","time":"{{}}"}}\n'

    moments = [
        read(wrapped.replace("{}", time)).events[0]["ts"]
        for time in ("2026-10-01T07:30:00.2Z", "2026-10-01T09:30:00.2Z", "2026-10-02T08:11:00Z", "2026-10-01T05:00:09Z")
    ]

    assert [
        datetime(2026, 10, 1, hour, minute, 0, 123_000, UTC) for hour, minute in ((7, 30), (9, 30), (9, 30), (5, 0))
    ] == moments
