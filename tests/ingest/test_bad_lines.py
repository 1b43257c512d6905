"""Lines as they really are: none stops the others, and every one is an event, a reject or blank."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.formats import combined

Read = Callable[..., Any]
GOOD = b'192.0.2.7 - - [01/Oct/2026:09:30:00 +0000] "GET /good HTTP/1.1" 200 12 "-" "curl/8"\n'


def counts(found: Any) -> tuple[int, int, int]:  # noqa: ANN401 (what `read` gives)
    return len(found.events), len(found.rejects), found.skipped


def test_carriage_returns_and_a_byte_order_mark_are_no_part_of_the_lines(read: Read) -> None:
    found = read(b"\xef\xbb\xbf" + GOOD.replace(b"\n", b"\r\n") * 2)

    assert (2, 0, 0) == counts(found)
    assert [("192.0.2.7", "curl/8")] * 2 == [(e["ip"], e["user_agent"]) for e in found.events]


def test_blank_lines_are_skipped_and_counted(read: Read) -> None:
    assert (2, 0, 3) == counts(read(GOOD + b"\n\r\n" + GOOD + b"\n"))


def test_bytes_that_are_no_utf8_are_replaced_and_the_line_is_kept(read: Read) -> None:
    found = read(GOOD + GOOD.replace(b"/good", b"/b\xa4\xfd\xffd") + GOOD)

    assert (3, 0, 0) == counts(found)
    assert "/b\ufffd\ufffd\ufffdd" == found.events[1]["path"]


def test_white_space_that_json_does_not_know_makes_a_reject_by_either_way(read: Read) -> None:
    line = b'{"time":"2026-10-01T09:30:00Z","method":"GET","path":"/a","status":200,"remote_addr":"192.0.2.7"}'

    assert (3, 2, 0) == counts(read(b"\n".join([line, line + b"\x0c", line, line + b"\x0b", line, b""])))


def test_a_line_of_a_megabyte_is_an_event_or_a_reject_and_the_next_is_read(read: Read) -> None:
    long_path = GOOD.replace(b"/good", b"/" + b"a/" * 500_000)
    junk = b"x" * 1_000_000 + b"\n"

    found = read(GOOD + long_path + junk + GOOD)

    assert (3, 1, 0) == counts(found)
    assert 1000 == len(found.events[1]["path"])
    assert 300 >= len(found.rejects[0][2])


def test_a_last_line_without_its_end_is_a_line(read: Read) -> None:
    assert (2, 0, 0) == counts(read(GOOD + GOOD.rstrip(b"\n")))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (r'::1 - - [01/Oct/2026:09:30:00 +0000] "" 400 0 "" ""', {"status": 400, "path": None, "method": None}),
        (r'::1 - - [01/Oct/2026:09:30:00 +0000] "GET /\x22a\x22 HTTP/1.1" 200 5 "-" "b"', {"path": r"/\x22a\x22"}),
        (r'::1 - - [01/Oct/2026:09:30:00 +0000] "GET / HTTP/1.1" 200 5 "-" "a \"b\" c"', {"status": 200}),
        (r'::1 - ada@example.com [01/Oct/2026:09:30:00 +0000] "GET / HTTP/1.1" 200 5 "-" "b"', {"ip": "::1"}),
        (r'::1 - Ada L [01/Oct/2026:09:30:00 +0000] "GET / HTTP/1.1" 200 5 "-" "b"', {"ip": "::1"}),
        (r'::1  -  -  [01/Oct/2026:09:30:00 +0000]  "GET / HTTP/1.1"  200  -  "-"  "b"', {"bytes_out": None}),
        (r'::1 - - [01/Oct/2026:09:30:00 +0000] "GET / HTTP/1.1" 200 5 3413 "-" "b"', {"user_agent": "b"}),
        (r'::1 - - [01/Oct/2026:09:30:00 +0000] "GET / HTTP/1.1" 401 5 - -', {"user_agent": None, "status": 401}),
        (r'::1 - - [01/Oct/2026:09:30:00 +0000] "GET / HTTP/1.1" 200 5 "-" "b" "x" 0.2 junk', {"user_agent": "b"}),
        (r'"::1 - - [01/Oct/2026:09:30:00 +0000] "GET / HTTP/1.1" 200 5 "-" "b""', {"ip": "::1"}),
    ],
)
def test_a_strange_combined_line_is_still_read(read: Read, line: str, expected: dict[str, object]) -> None:
    (found,) = read(line + "\n", format="combined").events

    assert expected == {name: found[name] for name in expected}


def test_a_reject_tells_its_line_its_reason_and_a_redacted_sample(read: Read) -> None:
    bad = b"broken token=hunter2hunter2 \x1b[31m ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F\n"

    found = read(GOOD + bad + GOOD)

    assert [(2, "does not match combined", "broken token=[redacted] \\x1b[31m [redacted]")] == found.rejects


NEARLY = st.sampled_from(
    ["::1", "-", " ", "  ", "[01/Oct/2026:09:30:00 +0000]", '"', '"GET / HTTP/1.1"', "200", "000", "abc", "5", "x5",
     '""', '"-"', '"a b"', '"a\\"b"', "\\", "\r", "[", "]", '"curl/8"', "0.5"],
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(NEARLY, min_size=1, max_size=14).map(" ".join), max_size=12))
def test_combined_lines_are_those_that_the_pattern_fits(read: Read, made: list[str]) -> None:
    pattern = re.compile(combined.PATTERN)
    lines = [GOOD.decode().rstrip("\n"), *made]

    found = read("\n".join(lines) + "\n", format="combined")

    fits = {n: match for n, line in enumerate(lines, start=1) if (match := pattern.match(line + "\n"))}
    expected = {n: (m["ip"], m["status"]) for n, m in fits.items() if m["time"] == "01/Oct/2026:09:30:00 +0000"}
    read_as = {e["line"]: (e["ip"] or "-", e["status"]) for e in found.events}

    assert {n: (ip, int(s) if s not in {"-", "000"} else None) for n, (ip, s) in expected.items()} == read_as
    assert len(lines) == sum(counts(found))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.binary(max_size=60).map(lambda b: b.replace(b"\n", b"")), max_size=10))
@pytest.mark.parametrize("fmt", ["combined", "json", "nginx-json", "cloudtrail"])
def test_any_bytes_are_counted_and_none_stops_the_good_lines(read: Read, fmt: str, junk: list[bytes]) -> None:
    good = {
        "combined": GOOD,
        "json": b'{"ts":"2026-10-01T09:30:00Z","status":200}\n',
        "nginx-json": b'{"time_iso8601":"2026-10-01T09:30:00Z","status":"200"}\n',
        "cloudtrail": b'{"eventTime":"2026-10-01T09:30:00Z","eventName":"X","eventSource":"y"}\n',
    }[fmt]

    found = read(good + b"".join(line + b"\n" for line in junk) + good, format=fmt)

    assert len(junk) + 2 == found.lines == sum(counts(found))
    assert {1, len(junk) + 2} <= {e["line"] for e in found.events}


def test_published_edge_cases_are_events_or_rejects_and_stop_nothing(read: Read, shared: Path) -> None:
    cases = [json.loads(line) for line in (shared / "edge_cases.jsonl").read_text().splitlines()]
    lines = [base64.b64decode(c["line_b64"]) if "line_b64" in c else c.get("line", "").encode() for c in cases]
    body = b"".join(line.replace(b"\n", b" ") + b"\n" for line in lines)

    for fmt in ("combined", "common", "json"):
        found = read(GOOD + b'{"ts":1790834400,"status":200}\n' + body, format=fmt)

        assert found.lines == sum(counts(found))
