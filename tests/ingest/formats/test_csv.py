from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.fingerprint import Pepper
from ingest.formats import csv
from ingest.formats.interface import Options
from model.errors import FormatError

Read = Callable[..., Any]
SECRET = "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F"
HEADER = "time,client_ip,method,path,status"
ROW = "2026-10-01T06:00:00Z,203.0.113.9,GET,/v1/agents,200"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_usual_separator_is_known_by_the_header(read: Read, separator: str) -> None:
    found = read(f"{HEADER}\n{ROW}\n".replace(",", separator))

    assert ("csv", 1, []) == (found.format, found.skipped, found.rejects)
    assert [("203.0.113.9", "GET", "/v1/agents", 200, 2)] == [
        (e["ip"], e["method"], e["path"], e["status"], e["line"]) for e in found.events
    ]


def test_quoted_values_hold_separators_and_quotes(read: Read) -> None:
    agent = 'a "b", c'

    found = read(f'{HEADER},user_agent\n{ROW},"a ""b"", c"\n{ROW},""\n"2026-10-01T06:00:00Z",,"GET","/a,b","200","x"\n')

    assert [agent, None, "x"] == [e["user_agent"] for e in found.events]
    assert ["/v1/agents", "/v1/agents", "/a,b"] == [e["path"] for e in found.events]


def test_names_are_known_however_they_are_spelled(read: Read, pepper: Pepper) -> None:
    header = "Timestamp,Client IP,Request Method,URI,Status Code,Response-Time (ms),User-Agent,X-Api-Key"

    found = read(f"{header}\n2026-10-01T06:00:00Z,203.0.113.9,PUT,/a,204,12.5,curl/8,{SECRET}\n")

    assert [("203.0.113.9", "PUT", "/a", 204, 12.5, "curl/8", pepper.key_ref(SECRET))] == [
        tuple(e[name] for name in ("ip", "method", "path", "status", "duration_ms", "user_agent", "key_ref"))
        for e in found.events
    ]


def test_date_and_time_in_two_columns_are_one_moment(read: Read) -> None:
    found = read("date,time,method,path,status\n2026-10-01,06:00:00,GET,/,200\n2026-10-01,06:00:01.5,GET,/,200\n")

    first = datetime(2026, 10, 1, 6, tzinfo=UTC)
    assert [first, first.replace(second=1, microsecond=500_000)] == [e["ts"] for e in found.events]


def test_a_query_in_its_own_column_belongs_to_the_target(read: Read, pepper: Pepper) -> None:
    found = read(f"{HEADER},query_string\n{ROW},?api_key={SECRET}\n{ROW},\n")

    assert [pepper.key_ref(SECRET), None] == [e["key_ref"] for e in found.events]
    assert ["key_in_url", None] == [e["flags"] for e in found.events]


def test_a_config_s_names_win(read: Read) -> None:
    found = read(
        "when,status,result,who\n2026-10-01T06:00:00Z,9,403,k7\n",
        format="csv",
        fields={"ts": "when", "status": "result"},
        key="who",
        kind="id",
    )

    assert [(403, "id:k7")] == [(e["status"], e["key_ref"]) for e in found.events]


def test_a_row_with_other_values_than_the_header_is_rejected(read: Read) -> None:
    found = read(f"{HEADER}\n{ROW}\n{ROW},more\nonly\n{ROW},\n\n{HEADER}\n{ROW}\n", format="csv")

    assert [2, 5, 8] == [e["line"] for e in found.events]
    assert [(n, "does not have the 5 values of the header") for n in (3, 4)] == [
        (n, why) for n, why, _ in found.rejects
    ]
    assert 3 == found.skipped
    assert ["header"] == [kind for _, kind in csv.FORMAT.plan([HEADER, ROW], Options()).skips]


def test_carriage_returns_do_no_harm(read: Read) -> None:
    found = read(f"{HEADER}\r\n{ROW}\r\n{ROW}\r\n")

    assert ([200, 200], 1) == ([e["status"] for e in found.events], found.skipped)


@pytest.mark.parametrize(
    "text",
    ["a,b,c\n1,2,3\n", "time,level,text\n2026-10-01T06:00:00Z,info,x\n", "2026-10-01T06:00:00Z,GET,/,200\n" * 3],
)
def test_what_is_no_access_log_is_not_taken_for_one(read: Read, text: str) -> None:
    with pytest.raises(FormatError, match="No format fits"):
        read(text)


def test_a_header_without_a_time_names_its_columns(read: Read) -> None:
    with pytest.raises(FormatError, match="the columns are: a, b"):
        read("a,b\n1,2\n", format="csv")
