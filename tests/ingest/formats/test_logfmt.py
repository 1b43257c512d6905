from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.fingerprint import Pepper
from model.errors import FormatError

Read = Callable[..., Any]
SECRET = "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F"
LINE = "time=2026-10-01T06:00:00Z level=info method=GET path=/a status=200 client_ip=203.0.113.9"


def test_quoted_values_hold_blanks_quotes_and_what_looks_like_pairs(read: Read) -> None:
    found = read(f'{LINE} user_agent="a \\"b\\" status=500 \\\\"\n{LINE} user_agent=""\n')

    assert ["logfmt", 200, 'a "b" status=500 \\', None] == [
        found.format,
        found.events[0]["status"],
        *(e["user_agent"] for e in found.events),
    ]


@pytest.mark.parametrize(("written", "expected"), [("12ms", 12.0), ("0.25s", 250.0), ("300us", 0.3), ("300µs", 0.3)])
def test_durations_name_their_unit(read: Read, written: str, expected: float) -> None:
    assert [expected] == [e["duration_ms"] for e in read(f"{LINE} duration={written}\n").events]


def test_heroku_s_router_is_read_with_the_time_of_its_wrapper(read: Read) -> None:
    line = (
        '2026-10-01T06:00:00.5+00:00 heroku[router]: at=info method=GET path="/a?b=1" host=api.example'
        ' request_id=8601b555 fwd="203.0.113.9" dyno=web.1 connect=0ms service=18ms status=503 bytes=150\n'
    )

    found = read(line.replace("heroku[", "app heroku["))

    assert [(datetime(2026, 10, 1, 6, 0, 0, 500_000, tzinfo=UTC), "GET", "/a", 503, 18.0)] == [
        tuple(e[name] for name in ("ts", "method", "path", "status", "duration_ms")) for e in found.events
    ]


def test_a_field_of_a_key_is_read(read: Read, pepper: Pepper) -> None:
    found = read(f"{LINE} x_api_key={SECRET}\n{LINE} key_id=k7\n{LINE}\n")

    assert [pepper.key_ref(SECRET), "id:k7", None] == [e["key_ref"] for e in found.events]


def test_lines_of_the_application_are_skipped_and_others_rejected(read: Read) -> None:
    found = read(f'{LINE}\ntime=2026-10-01T06:00:00Z level=info msg="started up"\npanic: oh no\n{LINE}\n')

    assert ([1, 4], 1) == ([e["line"] for e in found.events], found.skipped)
    assert [(3, "is not key=value pairs")] == [(n, why) for n, why, _ in found.rejects]


def test_an_application_s_log_is_not_taken_for_an_access_log(read: Read) -> None:
    with pytest.raises(FormatError, match="No format fits"):
        read('time=2026-10-01T06:00:00Z level=info msg="started up" pid=7\n' * 3)
