"""Lines without a time take that of the wrapper around them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

Read = Callable[..., Any]
UVICORN = 'INFO:     127.0.0.1:54321 - "GET /v1/pets/7 HTTP/1.1" 200 OK'
TOMCAT = '127.0.0.1 - - "GET /includes/js/combined-javascript.js HTTP/1.1" 200 65508 4.386'
COLOURED = '\x1b[32mINFO\x1b[0m:     127.0.0.1:54321 - "\x1b[1mGET /v1/pets/7 HTTP/1.1\x1b[0m" \x1b[32m200 OK\x1b[0m'
FASTAPI = '      INFO   127.0.0.1:54321 - "GET /v1/pets/7 HTTP/1.1" 200'
COMBINED = '127.0.0.1 - frank "GET /v1/pets/7 HTTP/1.1" 200 512 "https://a.example/" "curl/8"'
SOCKET = 'INFO:      - "GET /v1/pets/7 HTTP/1.1" 200 OK'
HALF_PAST = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
WRAPPERS = {
    "cri": "2026-10-01T09:30:00.000000000Z stdout F {}\n",
    "rsyslog": "2026-10-01T09:30:00+00:00 web-1 app[7]: {}\n",
    "syslog 5424": "<171>1 2026-10-01T09:30:00Z web-1 app 7 - - {}\n",
    "syslog 3164 with a year": "Oct  1 2026 09:30:00 web-1 app[7]: {}\n",
    "compose": "web-1  | 2026-10-01T09:30:00.000000000Z {}\n",
    "kubectl": "2026-10-01T09:30:00.000000000Z {}\n",
}


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("line", [UVICORN, TOMCAT])
def test_the_time_is_the_wrapper_s(read: Read, wrapper: str, line: str) -> None:
    found = read(WRAPPERS[wrapper].format(line) * 3)

    assert ("untimed", []) == (found.format, found.rejects)
    assert [(HALF_PAST, 200, "127.0.0.1", "GET")] * 3 == [
        (event["ts"], event["status"], event["ip"], event["method"]) for event in found.events
    ]


@pytest.mark.parametrize("line", [COLOURED, FASTAPI, COMBINED, SOCKET])
def test_other_spellings_are_read(read: Read, line: str) -> None:
    (event,) = read(WRAPPERS["cri"].format(line)).events

    assert (HALF_PAST, "/v1/pets/7", 200) == (event["ts"], event["path"], event["status"])
    assert ("curl/8" if line is COMBINED else None) == event["user_agent"]
    assert (512 if line is COMBINED else None) == event["bytes_out"]


def test_what_the_server_says_of_itself_is_skipped(read: Read) -> None:
    said = ["INFO:     Started server process [1]", "WARNING:  Invalid HTTP request received.", UVICORN]

    found = read("".join(WRAPPERS["cri"].format(line) for line in said))

    assert (1, ["message", "message"], []) == (len(found.events), found.classes, found.rejects)


def test_without_a_wrapper_s_time_a_line_is_a_reject_that_says_so(read: Read) -> None:
    found = read(f"{UVICORN}\n{TOMCAT}\n")

    assert ("untimed", []) == (found.format, found.events)
    assert ["it has no time, and nothing around it has one"] * 2 == [reason for _, reason, _ in found.rejects]


def test_lines_with_a_time_are_not_taken_for_such(read: Read) -> None:
    timed = '127.0.0.1 - - [01/Oct/2026:09:30:00 +0000] "GET / HTTP/1.1" 200 12'

    assert "common" == read(WRAPPERS["cri"].format(timed) * 3).format
