"""Wrappers of one line: compose, syslog, timestamps."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

Frame = Callable[..., Any]
ACCESS = '203.0.113.9 - - [01/Oct/2026:06:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8"'


@pytest.mark.parametrize(
    "prefix",
    ["web-1  | ", "web_1 | ", "\x1b[2Kweb-1  | ", "\x1b[36mweb-1  |\x1b[0m ", "nginx   | ", "[pod/web-7d4f/nginx] "],
)
def test_a_container_s_name_comes_off(frame: Frame, prefix: str) -> None:
    found = frame(f"{prefix}{ACCESS}\n{prefix}\x1b[33m{ACCESS}\x1b[0m\n")

    assert ("compose", [ACCESS, ACCESS]) == (found.name, found.texts)


def test_compose_s_own_times_stand_beside_the_records(frame: Frame) -> None:
    found = frame(f"web-1  | 2026-10-01T06:00:00.584725130Z {ACCESS}\n")

    assert ([ACCESS], ["2026-10-01T06:00:00.584725130Z"]) == (found.texts, found.times)


def test_remarks_of_compose_are_skipped_by_class(frame: Frame) -> None:
    found = frame(f"Attaching to web-1, db-1\nweb-1  | {ACCESS}\nodd line\ndb-1   | x\nweb-1 exited with code 0\n")

    assert [ACCESS, "odd line", "x"] == found.texts
    assert [2, 3, 4] == found.lines
    assert [(1, "container"), (5, "container")] == found.skipped


def test_columns_between_bars_are_no_container_s_prefix(frame: Frame) -> None:
    assert "lines" == frame('api.example | 203.0.113.9 | "GET / HTTP/1.1" | 200\n' * 3).name


@pytest.mark.parametrize(
    ("header", "time"),
    [
        ("Oct  1 06:00:00 web nginx[7]: ", "2026-10-01T06:00:00+00:00"),
        ("<190>Oct  1 06:00:00 web nginx: ", "2026-10-01T06:00:00+00:00"),
        ("Oct  1 06:00:00 nginx[7]: ", "2026-10-01T06:00:00+00:00"),
        ("Oct  1 06:00:00 2001:db8::1 nginx: ", "2026-10-01T06:00:00+00:00"),
        ("Oct  1 2024 06:00:00 web nginx: ", "2024-10-01T06:00:00+00:00"),
        ("<171>1 2026-10-01T06:00:00.5Z web nginx 7 - - ", "2026-10-01T06:00:00.5Z"),
        ("1 2026-10-01T08:00:00+02:00 web nginx 7 - - ", "2026-10-01T06:00:00+00:00"),
        ('<171>1 2026-10-01T06:00:00Z web nginx 7 ID [a@1 x="1 \\] 2"][b@1] ', "2026-10-01T06:00:00Z"),
        ("<171>1 - web nginx 7 - - \ufeff", None),
        ("2026-10-01T06:00:00.5+00:00 web nginx[7]: ", "2026-10-01T06:00:00.5+00:00"),
    ],
)
def test_a_syslog_header_comes_off(frame: Frame, header: str, time: str | None) -> None:
    found = frame(f"{header}{ACCESS}\n")

    assert ("syslog", [ACCESS], [time]) == (found.name, found.texts, found.times)


def test_repeats_and_journalctl_s_remarks_are_skipped_by_class(frame: Frame) -> None:
    begin = "Oct  1 06:00:00 web"
    found = frame(
        f"-- Logs begin at Thu 2026-10-01. --\n{begin} nginx: {ACCESS}\n{begin} last message repeated 2 times\n"
        f"Oct  1 06:00:01 --- last message repeated 2 times ---\n{begin} nginx: message repeated 3 times: [ {ACCESS}]\n"
        f"{begin} nginx: {ACCESS}\n{begin} nginx: {ACCESS}\n{begin} nginx: {ACCESS}\n{begin} nginx: {ACCESS}\n"
    )

    assert [2, 6, 7, 8, 9] == found.lines
    assert [(n, "remark") for n in (1, 3, 4, 5)] == found.skipped


@pytest.mark.parametrize(
    ("now", "written", "year"),
    [
        ("2026-10-01", "Oct  1", 2026),
        ("2026-10-01", "Oct  2", 2026),
        ("2026-10-01", "Oct  3", 2025),
        ("2026-01-01", "Dec 31", 2025),
        ("2026-12-31", "Jan  1", 2027),
        ("2026-10-01", "Feb 29", 2024),
    ],
)
def test_a_time_without_a_year_is_the_newest_that_is_no_more_than_a_day_ahead(
    frame: Frame, now: str, written: str, year: int
) -> None:
    found = frame(f"{written} 06:00:00 web nginx: x\n", now=datetime.fromisoformat(now).replace(hour=12, tzinfo=UTC))

    assert [year] == [int(time[:4]) for time in found.times]


@pytest.mark.parametrize("written", ["Oct 32 06:00:00", "Okt  1 06:00:00", "Oct  1 26:00:00"])
def test_a_time_that_is_none_is_none(frame: Frame, written: str) -> None:
    good = "Oct  1 06:00:00 web nginx: x\n"

    assert [None] == frame(good * 2 + f"{written} web nginx: x\n").times[2:]


def test_without_a_now_a_time_without_a_year_is_none(frame: Frame) -> None:
    assert [None] == frame(f"Oct  1 06:00:00 web nginx: {ACCESS}\n", now=None).times


def test_a_time_before_a_line_comes_off_where_the_line_is_one(frame: Frame) -> None:
    time = "2026-10-01T06:00:00.123456789Z"

    assert ("timestamps", [ACCESS], [time]) == (
        (found := frame(f"{time} {ACCESS}\n")).name,
        found.texts,
        found.times,
    )
    assert "lines" == frame(f'{time} my-elb 192.0.2.1:2817 10.0.0.1:80 0.1 0.2 0.1 200 200 0 9 "GET / HTTP/1.1"\n').name


def test_json_behind_a_time_and_an_address_is_the_record(frame: Frame) -> None:
    found = frame('2026-10-01T06:00:00.5+00:00 192.0.2.1  {"url":"/","status":404}\n')

    assert ['{"url":"/","status":404}'] == found.texts
