from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.fingerprint import Pepper
from ingest.formats.pattern import groups_of
from model.errors import FormatError

Read = Callable[..., Any]
SECRET = "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F"
PATTERN = r"^(?P<ip>\S+) (?<time>\S+) (GET|PUT) (?P<path>\S+) (?P<status>\d{3})(?: (?P<x_api_key>\S+))?$"


def test_groups_are_raw_columns_or_well_known_names(read: Read, pepper: Pepper) -> None:
    found = read(f"203.0.113.9 2026-10-01T06:00:00Z GET /a 200 {SECRET}\n::1 1790834401 PUT /b 403\n", pattern=PATTERN)

    assert "pattern" == found.format
    assert [
        (datetime(2026, 10, 1, 6, tzinfo=UTC), "203.0.113.9", "/a", 200, pepper.key_ref(SECRET)),
        (datetime(2026, 10, 1, 6, 0, 1, tzinfo=UTC), "::1", "/b", 403, None),
    ] == [tuple(e[name] for name in ("ts", "ip", "path", "status", "key_ref")) for e in found.events]


def test_a_given_pattern_wins_over_what_the_lines_look_like(read: Read) -> None:
    line = '203.0.113.9 - - [01/Oct/2026:06:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8"\n'

    found = read(line, pattern=r"\[(?P<ts>[^\]]+)\] \"(?P<request>[^\"]+)\" (?P<status>2)")

    assert [("pattern", 2)] == [(found.format, e["status"]) for e in found.events]


def test_fields_and_keys_name_groups(read: Read) -> None:
    found = read(
        "2026-10-01T06:00:00Z 403 k7\n",
        pattern=r"^(?P<when>\S+) (?P<result>\d+) (?P<who>\S+)",
        fields={"ts": "when", "status": "result"},
        key="who",
        kind="id",
    )

    assert [(403, "id:k7")] == [(e["status"], e["key_ref"]) for e in found.events]


def test_lines_that_it_does_not_match_are_rejected(read: Read) -> None:
    found = read("203.0.113.9 2026-10-01T06:00:00Z GET /a 200\r\nhello\n::1 noon PUT /b 403\n", pattern=PATTERN)

    assert [1] == [e["line"] for e in found.events]
    assert [(2, "does not match the pattern"), (3, "no time in time")] == [(n, why) for n, why, _ in found.rejects]


def test_a_pattern_without_a_time_takes_that_of_a_wrapper(read: Read) -> None:
    pattern = r"^(?P<method>[A-Z]+) (?P<path>\S+) (?P<status>\d+)"

    inside = read("2026-10-01T06:00:00.000000001Z stdout F GET / 200\n", pattern=pattern)
    alone = read("GET / 200\n", pattern=pattern)

    assert [datetime(2026, 10, 1, 6, tzinfo=UTC)] == [e["ts"] for e in inside.events]
    assert [(1, "the pattern has no group for the time")] == [(n, why) for n, why, _ in alone.rejects]


@pytest.mark.parametrize(
    "pattern", [r"(?=x)(?P<ts>.)", r"(?<!x)(?P<ts>.)", r"(?P<ts>.)\1", r"(?P<ts>.)(?P=ts)", "(?P<ts>", r"(?P<ts>[)"]
)
@pytest.mark.parametrize("name", ["auto", "pattern"])
def test_what_re2_refuses_is_a_sentence(read: Read, pattern: str, name: str) -> None:
    with pytest.raises(FormatError, match="RE2 refuses the pattern: ") as caught:
        read("x\n", pattern=pattern, format=name)

    assert "no look-ahead, no look-behind and no backreference" in str(caught.value)


def test_a_pattern_that_would_hang_python_takes_no_time(read: Read) -> None:
    with pytest.raises(FormatError, match="No named group"):
        read("a" * 5000 + "!\n", pattern=r"^(?P<x>(a+)+)$")


@pytest.mark.parametrize(
    ("pattern", "bare", "names"),
    [
        (r"(?P<a>x)(y)(?:z)(?i:w)", r"(x)(y)(?:z)(?i:w)", ["a", "_2"]),
        (r"\((?<a>[(]\))[^)(](b)", r"\(([(]\))[^)(](b)", ["a", "_2"]),
        (r"\Q(?P<a>\E(?P<b>[]()])", r"\Q(?P<a>\E([]()])", ["b"]),
        (r"[[:alpha:](](?P<a>x)", r"[[:alpha:](](x)", ["a"]),
    ],
)
def test_groups_are_told_from_brackets_that_are_none(pattern: str, bare: str, names: list[str]) -> None:
    assert (bare, names) == groups_of(pattern)


def test_without_a_pattern_the_format_asks_for_one(read: Read) -> None:
    with pytest.raises(FormatError, match="needs a regular expression"):
        read("x\n", format="pattern")


def test_a_pattern_without_a_known_group_names_those_it_has(read: Read) -> None:
    with pytest.raises(FormatError, match="its groups are: foo"):
        read("x\n", pattern="(?P<foo>.)")
