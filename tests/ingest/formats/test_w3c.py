from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest

from ingest.fingerprint import Pepper
from ingest.formats.interface import KeyPlace
from model.errors import FormatError

Read = Callable[..., Any]


class Found(Protocol):
    events: list[dict[str, Any]]


SECRET = "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F"
BASE64 = "q3vTz8+LmWc2/b7NxYk4+d9Fw=="
SHORT = "#Fields: date time c-ip cs-method cs-uri-stem sc-status\n"
MOMENT = "2026-10-01 09:30:00"


def values(found: Found, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(event[name] for name in names) for event in found.events]


def test_columns_may_change_within_a_file(read: Read) -> None:
    text = (
        f"{SHORT}{MOMENT} 203.0.113.9 GET /a 200\n"
        f"#Fields: time date sc-status cs-uri-stem cs-method c-ip\n09:30:01 2026-10-01 401 /b PUT 203.0.113.10\n"
        f"{SHORT}2026-10-01 09:30:02 203.0.113.11 HEAD /c 500\n"
    )

    found = read(text)

    assert [
        ("203.0.113.9", "GET", "/a", 200, 2),
        ("203.0.113.10", "PUT", "/b", 401, 4),
        ("203.0.113.11", "HEAD", "/c", 500, 6),
    ] == values(found, "ip", "method", "path", "status", "line")
    assert [datetime(2026, 10, 1, 9, 30, second, tzinfo=UTC) for second in range(3)] == [
        event["ts"] for event in found.events
    ]
    assert (3, []) == (found.skipped, found.rejects)


@pytest.mark.parametrize(
    ("between", "ends"), [(" ", "\n"), ("\t", "\n"), ("   ", "\n"), (" ", "\r\n")], ids=["space", "tab", "runs", "crlf"]
)
def test_columns_stand_between_tabs_or_spaces(read: Read, between: str, ends: str) -> None:
    parts = ["2026-10-01", "09:30:00", "203.0.113.9", "GET", "/a", "200"]

    found = read(SHORT.replace("\n", ends) + between.join(parts) + ends)

    assert [("203.0.113.9", "GET", "/a", 200)] == values(found, "ip", "method", "path", "status")


def test_quoted_values_hold_spaces_and_doubled_quotes(read: Read) -> None:
    head = "#Fields: date time c-ip cs-method cs-uri-stem cs(User-Agent) sc-substatus sc-status\n"

    found = read(f'{head}"2026-10-01" "09:30:00" "203.0.113.9" GET "/a b" "a ""quoted"" agent+1" "" 200\n')

    assert [("/a b", 'a "quoted" agent+1', 200)] == values(found, "path", "user_agent", "status")


@pytest.mark.parametrize(
    ("fields", "value", "expected"),
    [
        ("sc-win32-status time-taken", "0 42", 42.0),
        ("time-taken", "0.042", 42.0),
        ("time-taken", "2", 2000.0),
        ("sc-win32-status time-taken", "0 0.042", 42.0),
        ("TimeTakenMS", "42", 42.0),
        ("time-taken", "-", None),
    ],
)
def test_durations_are_milliseconds_with_iis_and_seconds_with_others(
    read: Read, fields: str, value: str, expected: float | None
) -> None:
    found = read(f"{SHORT.strip()} {fields}\n{MOMENT} 203.0.113.9 GET /a 200 {value}\n")

    assert [(expected,)] == values(found, "duration_ms")


def test_the_software_tells_the_unit_too(read: Read) -> None:
    software = "#Software: Microsoft Internet Information Services 10.0\n"

    found = read(f"{software}{SHORT.strip()} time-taken\n{MOMENT} 203.0.113.9 GET /a 200 42\n")

    assert [(42.0,)] == values(found, "duration_ms")


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("X-Api-Key", SECRET, None),
        ("cs(X-Api-Token)", SECRET, None),
        ("cs(Authorization)", f"Bearer+{SECRET}", None),
        ("cs(X-Partner)", SECRET, KeyPlace(carrier="header", name="X-Partner")),
        ("cs(X-Partner)", SECRET, KeyPlace(name="cs(X-Partner)")),
        ("X-Api-Key", BASE64, None),
        ("cs(Cookie)", f"a=1;+token={SECRET}", KeyPlace(carrier="cookie", name="token")),
        ("cs-uri-query", f"a=1&token={SECRET}", None),
    ],
)
def test_a_key_stands_in_a_header_s_column_a_cookie_or_the_query(
    read: Read, pepper: Pepper, field: str, value: str, place: KeyPlace | None
) -> None:
    keys = (place,) if place else ()

    found = read(f"{SHORT.strip()} {field}\n{MOMENT} 203.0.113.9 GET /a 200 {value}\n", keys=keys)

    assert [(pepper.key_ref(BASE64 if BASE64 in value else SECRET),)] == values(found, "key_ref")


def test_a_key_column_that_comes_later_in_the_file_counts_from_there(read: Read, pepper: Pepper) -> None:
    text = (
        f"{SHORT}{MOMENT} 203.0.113.9 GET /a 200\n{SHORT.strip()} X-Api-Key\n{MOMENT} 203.0.113.9 GET /a 200 {SECRET}\n"
    )

    assert [(None,), (pepper.key_ref(SECRET),)] == values(read(text), "key_ref")


def test_lines_of_ftp_and_of_connections_without_a_request_are_skipped_by_class(
    read: Read,
) -> None:
    old = "#Fields: time c-ip cs-method cs-uri-stem sc-status\n09:30:00 203.0.113.9 [2]PASS ada@example.com 230\n"
    new = f"{SHORT.strip()} x-session x-fullpath\n{MOMENT} 203.0.113.9 PASS *** 230 1 /\n"
    system = f"{SHORT.strip()} s-reason\n{MOMENT} 203.0.113.9 - - - Timer_ConnectionIdle\n"

    assert ["directive", "ftp", "directive", "ftp", "directive", "connection"] == read(old + new + system).classes


def test_a_date_directive_gives_lines_without_one_their_day(read: Read) -> None:
    head = "#Date: 2026-10-01 09:00:00\n#Fields: time c-ip cs-method cs-uri-stem sc-status\n"
    later = "#Date: 2026-10-02 00:00:00\n"

    found = read(f"{head}09:30:00 203.0.113.9 GET /a 200\n{later}00:00:01 203.0.113.9 GET /b 200\n")

    assert [datetime(2026, 10, 1, 9, 30, tzinfo=UTC), datetime(2026, 10, 2, 0, 0, 1, tzinfo=UTC)] == [
        event["ts"] for event in found.events
    ]


def test_fewer_or_more_values_than_columns_still_make_an_event(read: Read) -> None:
    found = read(f"{SHORT}{MOMENT} 203.0.113.9 GET\n{MOMENT} 203.0.113.9 GET /a 200 and more\n")

    assert [("GET", None, None), ("GET", "/a", 200)] == values(found, "method", "path", "status")


def test_a_line_without_a_time_is_rejected(read: Read) -> None:
    good = f"{MOMENT} 203.0.113.9 GET /a 200\n" * 3

    found = read(f"{SHORT}{good}no time at all stands here\nshort\n")

    assert [(5, "the time cannot be read"), (6, "fewer columns than #Fields names")] == [r[:2] for r in found.rejects]


AGENT = "Mozilla/5.0+(X11)"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"192.0.2.1 GET /a q=1 80 - 203.0.113.9 {AGENT} - 401 0 0 42", (None, 401, 42.0, None)),
        (f"W3SVC1 GET /a - 80 - 203.0.113.9 {AGENT} - - a.example 200 0 0 12 34 42", ("a.example", 200, 42.0, 12)),
        (f"W3SVC1 WEB-1 192.0.2.1 GET /a - 80 - 203.0.113.9 HTTP/1.1 {AGENT} - 403 0 0 42", (None, 403, 42.0, None)),
        (
            f"web1 fe80::1%3 GET /a - 80 - 203.0.113.9 {AGENT} - b.example 200 0 0 42 - 36391",
            ("b.example", 200, 42.0, None),
        ),
        (f"192.0.2.1 GET /a - 80 - 203.0.113.9 {AGENT} a=1;+b=2 - 200 0 0 12 42 198.51.100.7", (None, 200, 42.0, 12)),
    ],
)
def test_an_iis_log_without_its_fields_line_is_read_by_what_its_columns_hold(
    read: Read, line: str, expected: tuple[Any, ...]
) -> None:
    found = read(f"{MOMENT} {line}\n")

    assert ("w3c", [("GET", "/a", "Mozilla/5.0 (X11)", *expected)]) == (
        found.format,
        values(found, "method", "path", "user_agent", "host", "status", "duration_ms", "bytes_out"),
    )


def test_where_columns_are_guessed_a_line_of_others_is_rejected(read: Read) -> None:
    usual = f"{MOMENT} 192.0.2.1 GET /a - 80 - 203.0.113.9 {AGENT} - 200 0 0 42\n"
    other = f"{MOMENT} W3SVC1 192.0.2.1 GET /a - 80 - 203.0.113.9 {AGENT} - 200 0 0 42\n"

    found = read(usual * 3 + other)

    assert [(4, "other columns than most lines, and no #Fields")] == [reject[:2] for reject in found.rejects]


def test_without_a_fields_line_the_error_says_what_is_missing(read: Read) -> None:
    with pytest.raises(FormatError, match="begins with #Fields:"):
        read(f"{MOMENT} 203.0.113.9 GET /a 200\n", format="w3c")


def test_lines_of_spaces_are_blank(read: Read) -> None:
    found = read(f"#Version: 1.0\n    \n{SHORT}{MOMENT} 203.0.113.9 GET /a 200\n")

    assert ["directive", "blank", "directive"] == found.classes


def test_what_the_config_maps_wins(read: Read) -> None:
    text = f"{SHORT.strip()} x-client\n{MOMENT} 192.0.2.1 GET /a 200 203.0.113.9\n"

    assert [("203.0.113.9",)] == values(read(text, fields={"ip": "X-Client"}), "ip")


IIS = (
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer)"
    " sc-status sc-substatus sc-win32-status time-taken"
)
EXCHANGE = IIS.replace("s-ip", "s-computername s-ip") + " X-Forwarded-For c-port"
EDGES: dict[str, tuple[str, dict[str, Any]]] = {
    "E35": (EXCHANGE, {"status": 200, "path": "/mapi/emsmdb/", "duration_ms": 4.0}),
    "E46": (EXCHANGE, {"user_agent": "OC/16.0.5266.1000 (Skype for Business)", "status": 200, "duration_ms": 52.0}),
    "E63": (
        IIS,
        {"path": "/pbserver/..À¯..À¯..À¯..À¯..À¯../winnt/system32/cmd.exe", "ip": "10.50.6.188", "status": 404},
    ),
}


@pytest.mark.parametrize("case", list(EDGES))
def test_iis_lines_at_the_edge(read: Read, edge: Callable[[str], str], case: str) -> None:
    fields, expected = EDGES[case]

    found = read(f"#Fields: {fields}\n{edge(case)}\n")

    assert [expected] == [{name: event[name] for name in expected} for event in found.events]


def test_fields_that_repeat_within_a_file_are_no_errors(read: Read, edge: Callable[[str], str]) -> None:
    found = read(f"{edge('E56')}\r\n{edge('E57')}\n")

    assert (3, 5, []) == (len(found.events), found.skipped, found.rejects)


@pytest.mark.parametrize("number", range(7))
def test_each_published_w3c_file_is_read_whole(read: Read, shared: Path, number: int) -> None:
    text = (shared / "formats" / "w3c" / f"lnav__logfile_w3c.{number}.log").read_bytes()

    found = read(text)

    assert ("w3c", []) == (found.format, found.rejects)
    assert found.lines == len(found.events) + found.skipped


def test_a_client_that_went_away_has_no_status(read: Read, edge: Callable[[str], str]) -> None:
    found = read(edge("E25") + "\n")

    assert ("cloudfront", [(None, "unknown", 10157, 238.0, "test.com", "/getApplications")]) == (
        found.format,
        values(found, "status", "outcome", "bytes_out", "duration_ms", "host", "path"),
    )


def test_cloudfront_s_own_fields_line_drives_its_columns(read: Read) -> None:
    text = (
        "#Version: 1.0\n#Fields: date time x-edge-location c-ip cs-method cs-uri-stem sc-status cs(User-Agent)\n"
        "2026-10-01\t09:30:00\tFRA56-P1\t203.0.113.9\tGET\t/a\t403\ta%2520b%25C3%25A4%20c\n"
    )

    found = read(text)

    assert ("cloudfront", [("/a", 403, "a bä c")]) == (found.format, values(found, "path", "status", "user_agent"))


def test_lines_of_streaming_distributions_are_skipped_by_class(read: Read) -> None:
    text = (
        "#Fields: date time x-edge-location c-ip x-event sc-bytes x-cf-status x-cf-client-id cs-uri-stem x-sname\n"
        "2026-10-01\t09:30:00\tFRA2\t203.0.113.9\tplay\t512\tOK\tabc\trtmp://x.example/cfx/st\tmyvideo\n"
    )

    assert ["directive", "rtmp"] == read(text).classes
