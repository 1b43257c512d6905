"""The published edge cases of web servers' text logs behave as each says."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

Read = Callable[..., Any]
GOOD = '192.0.2.7 - - [01/Oct/2026:09:30:00 +0000] "GET /good HTTP/1.1" 200 12 "-" "curl/8.9.1"\n'
BAD = {"status": 400, "outcome": "client_error", "method": None}
EXPECTED: dict[str, dict[str, object]] = {
    "E02": {"user_agent": 'foo " bar', "duration_ms": 1.0},
    "E03": {**BAD, "path": None, "bytes_out": 0, "user_agent": None},
    "E04": {"status": 408, "method": None, "path": None, "bytes_out": None},
    "E05": {**BAD, "path": None, "ts": datetime(2024, 6, 14, 6, 50, 12, tzinfo=UTC)},
    "E06": {**BAD, "bytes_out": 226},
    "E07": {**BAD, "path": r"\x16\x03\x01\x01 \x02"},
    "E08": {**BAD, "ip": "127.0.0.1", "host": "127.0.1.1"},
    "E09": {**BAD, "bytes_out": 157},
    "E10": {**BAD, "ip": "1.2.3.4"},
    "E11": {**BAD, "path": "HELP"},
    "E12": {**BAD, "ip": "127.0.0.1"},
    "E13": {**BAD, "ip": "12.34.56.78", "ts": datetime(2015, 1, 20, 18, 53, 28, tzinfo=UTC)},
    "E22": {"status": None, "bytes_out": None, "method": "GET", "path": "/"},
    "E23": {"status": None, "bytes_out": 7908, "method": "OPTIONS"},
    "E24": {"status": 499, "outcome": "client_error"},
    "E30": {"bytes_out": 612, "ip": "2a02:cf40:add:4002:91f2:a9b2:e09a:6fc6"},
    "E31": {"status": 401, "user_agent": None},
    "E33": {"ip": "2001:db8:85a3::8a2e:370:7334"},
    "E36": {"ip": "monitoring-server", "status": 200},
    "E38": {"ip": "66.102.8.192"},
    "E41": {"ip": "192.168.1.1", "host": "www.crowdsec11.net"},
    "E42": {"ip": "192.168.1.1", "status": 200},
    "E44": {"status": 400, "flags": "key_in_url"},
    "E45": {"status": 200, "flags": "key_in_url", "duration_ms": 13.0},
    "E51": {"status": None, "duration_ms": 3976.0, "ts": datetime(2019, 12, 12, 19, 0, 21, 686_000, tzinfo=UTC)},
    "E60": {"ts": datetime(2019, 1, 26, 16, 15, 25, tzinfo=UTC)},
    "E62": {"host": "www.example.com", "ip": "1.2.3.4", "status": 301},
    "E65": {"ip": "192.168.1.1", "status": 404},
    "E66": {"ip": "192.168.1.1", "status": 200},
    "E72": {"ip": "192.168.4.25", "status": 303, "user_agent": "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.21"
            " (KHTML, like Gecko) Chrome/41.0.2228.0 Safari/537.21"},
    "E73": {"ip": "172.17.0.1", "status": 200},
    "E74": {"ip": "10.1.10.51", "bytes_out": None},
}  # fmt: skip


@pytest.fixture
def cases(shared: Path) -> dict[str, bytes]:
    found = map(json.loads, (shared / "edge_cases.jsonl").read_text().splitlines())
    return {c["id"]: base64.b64decode(c["line_b64"]) if "line_b64" in c else c.get("line", "").encode() for c in found}


@pytest.mark.parametrize("name", list(EXPECTED))
def test_the_edge_case_is_the_event_that_it_should_be(read: Read, cases: dict[str, bytes], name: str) -> None:
    (event,) = read(cases[name] + b"\n").events

    assert EXPECTED[name] == {column: event[column] for column in EXPECTED[name]}


@pytest.mark.parametrize("name", [name for name in EXPECTED if name not in {"E02", "E22", "E45", "E51", "E66"}])
def test_the_edge_case_is_an_event_among_combined_lines_too(read: Read, cases: dict[str, bytes], name: str) -> None:
    found = read(GOOD.encode() + cases[name] + b"\n" + GOOD.encode())

    assert [(200, "192.0.2.7")] * 2 == [(e["status"], e["ip"]) for e in (found.events[0], found.events[2])]
    assert EXPECTED[name] == {column: found.events[1][column] for column in EXPECTED[name]}


def test_an_escaped_quote_in_the_request_of_nginx_stays_as_it_was_logged(read: Read, cases: dict[str, bytes]) -> None:
    (event,) = read(cases["E01"] + b'"-" "curl/8"\n').events

    assert ("GET", "/rapidGrails/jsonList", 200, 1630) == tuple(
        event[n] for n in ("method", "path", "status", "bytes_out")
    )


def test_lines_that_are_no_requests_stop_nothing(read: Read, cases: dict[str, bytes]) -> None:
    body = b"\n".join(cases[name] for name in ("E32", "E43", "E70", "E76"))

    found = read(GOOD.encode() + body + b"\n" + GOOD.encode())

    assert (2, 1, [2, 3, 4]) == (len(found.events), found.skipped, [line for line, _, _ in found.rejects])


def test_an_iso_time_without_brackets_is_read_by_a_pasted_format(read: Read, cases: dict[str, bytes]) -> None:
    for pasted in (
        '$remote_addr - $remote_user $time_iso8601 "$request" $status $bytes_sent "$http_referer" "$http_user_agent"',
        '%h %l %u %{%Y-%m-%dT%H:%M:%S}t.%{usec_frac}tZ "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
    ):
        (event,) = read(cases["E47"] + b"\n", log_format=pasted).events

        assert datetime(2001, 1, 1, 23, 55, 10, 147_454, tzinfo=UTC) == event["ts"]
