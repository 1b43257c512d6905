"""CSV: a line end inside quotes ends no record, and a quote too many joins nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.formats.interface import Options
from ingest.framing.choose import framing_of, records_of
from keywatch.collecting.trying import try_file

Read = Callable[..., Any]
HEADER = "time,method,path,status,user_agent\n"


def row(n: int, agent: str = "curl/8") -> str:
    return f"2026-10-01T09:30:{n:02}Z,GET,/x{n}x,200,{agent}\n"


TEXT = HEADER + row(1) + row(2, '"Mozilla\n""5.0""\r\n(X11)"') + row(3) + row(4, '"a,\nb"')


def test_a_value_with_line_ends_is_one_value(read: Read) -> None:
    found = read(TEXT)

    assert ("csv", []) == (found.format, found.rejects)
    assert [2, 3, 6, 7] == [event["line"] for event in found.events]
    assert ["curl/8", 'Mozilla "5.0"  (X11)', "curl/8", "a, b"] == [event["user_agent"] for event in found.events]


@pytest.mark.parametrize("stray", ['"oops', 'it"s', '"'])
def test_a_quote_too_many_spoils_its_own_line_only(read: Read, stray: str) -> None:
    found = read(HEADER + row(1) + row(2, stray) + row(3) + row(4, '"a\nb"') + row(5))

    assert {1, 3, 4, 5} <= {int(event["path"].strip("/x")) for event in found.events}


def test_a_record_is_cut_nowhere_inside() -> None:
    data = TEXT.encode()
    framing = framing_of(data)

    for size in range(len(HEADER), len(data)):
        cut = framing.cut(data[:size])
        held = framing.records(data[:cut]).data + framing.records(data[cut:]).data
        assert held == records_of(data).data


def test_a_header_that_quotes_its_names_and_a_last_record_without_a_line_end(tmp_path: Path, read: Read) -> None:
    text = HEADER.replace("path", '"path"') + row(1, '"a\nb"') + row(2).rstrip()
    (tmp_path / "a.csv").write_text(text)

    found = read(text)

    assert [2, 4] == [event["line"] for event in found.events]
    assert 2 == len(try_file(tmp_path / "a.csv", "auto", Options()).events)
