"""Times of all spellings become the same moment, aware and in UTC."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

Read = Callable[..., Any]
MOMENT = datetime(2026, 10, 1, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("spelled", "expected"),
    [
        ('"2026-10-01T06:00:00Z"', MOMENT),
        ('"2026-10-01T06:00:00+00:00"', MOMENT),
        ('"2026-10-01T09:30:00+03:30"', MOMENT),
        ('"2026-10-01T09:30:00+0330"', MOMENT),
        ('"2026-09-30T20:30:00-09:30"', MOMENT),
        ('"2026-10-01T11:45:00+05:45"', MOMENT),
        ('"2026-10-01 06:00:00"', MOMENT),
        ('"2026-10-01T06:00:00.25Z"', MOMENT.replace(microsecond=250_000)),
        ('"2026-10-01T06:00:00.123456789Z"', MOMENT.replace(microsecond=123_456)),
        ('"01/Oct/2026:09:30:00 +0330"', MOMENT),
        ("1790834400", MOMENT),
        ('"1790834400"', MOMENT),
        ("1790834400.5", MOMENT.replace(microsecond=500_000)),
        ("1790834400250", MOMENT.replace(microsecond=250_000)),
        ("1790834400250250", MOMENT.replace(microsecond=250_250)),
        ("1790834400250000000", MOMENT.replace(microsecond=250_000)),
    ],
)
def test_a_time_is_read_into_utc(read: Read, spelled: str, expected: datetime) -> None:
    found = read(f'{{"ts":{spelled},"status":200}}\n')

    assert [expected] == [e["ts"] for e in found.events]
    assert UTC.utcoffset(None) == found.events[0]["ts"].utcoffset()


@pytest.mark.parametrize(
    "spelled",
    [
        '"yesterday"',
        '"infinity"',
        '"-infinity"',
        '"294246-01-01T00:00:00Z"',
        '"31/Feb/2026:09:30:00 +0000"',
        "1e30",
        "99999999999999999999999",
        "-5",
        '"NaN"',
        "true",
        '""',
        '"-"',
    ],
)
def test_a_time_that_is_none_rejects_its_line_only(read: Read, spelled: str) -> None:
    good = '{"ts":"2026-10-01T06:00:00Z","status":200}\n'

    found = read(good + f'{{"ts":{spelled},"status":200}}\n' + good)

    assert [1, 3] == [e["line"] for e in found.events]
    assert [2] == [n for n, _, _ in found.rejects]


@pytest.mark.parametrize(
    ("spelled", "expected"),
    [
        ("01/Oct/2026:09:30:00 +0330", MOMENT),
        ("30/Sep/2026:20:30:00 -0930", MOMENT),
        ("01/Oct/2026:20:00:00 +1400", MOMENT),
        ("01/Oct/2026:06:00:00 +0000", MOMENT),
    ],
)
def test_a_common_log_s_time_is_read_into_utc(read: Read, spelled: str, expected: datetime) -> None:
    found = read(f'::1 - - [{spelled}] "GET / HTTP/1.1" 200 5\n')

    assert [expected] == [e["ts"] for e in found.events]


def test_a_common_log_s_time_that_is_none_rejects_its_line_only(read: Read) -> None:
    good = '::1 - - [01/Oct/2026:09:30:00 +0330] "GET / HTTP/1.1" 200 5\n'
    bad = good.replace("01/Oct", "32/Okt")

    found = read(good + bad + good)

    assert [1, 3] == [e["line"] for e in found.events]
    assert [(2, "the time cannot be read")] == [(n, reason) for n, reason, _ in found.rejects]
