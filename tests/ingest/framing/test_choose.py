import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ingest.formats
from ingest.framing import interface
from ingest.framing.choose import framing_of, records_of
from ingest.framing.interface import LINES

Frame = Callable[..., Any]
ACCESS = '203.0.113.9 - - [01/Oct/2026:06:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8"'
SAMPLES = Path(ingest.formats.__file__).parent / "samples"
TIME = "2026-10-01T06:00:00.000000001Z"


def docker(text: str) -> str:
    return json.dumps({"log": text + "\n", "stream": "stdout", "time": "2026-10-01T06:00:02Z"}, separators=(",", ":"))


def cri(text: str) -> str:
    return f"{TIME} stdout F {text}"


def message(text: str) -> str:
    return json.dumps({"message": text, "@timestamp": "2026-10-01T06:00:03Z"})


def syslog(text: str) -> str:
    return f"Oct  1 06:00:04 web app[7]: {text}"


def test_wrappers_inside_each_other_come_off_from_the_outside(frame: Frame) -> None:
    found = frame(f"{message(syslog(cri(docker(ACCESS))))}\n" * 3)

    assert "json:message > syslog > cri > docker" == found.name
    assert [ACCESS] * 3 == found.texts
    assert ["2026-10-01T06:00:02Z"] * 3 == found.times


def test_more_than_four_wrappers_stay(frame: Frame) -> None:
    found = frame(f"{cri(message(syslog(cri(docker(ACCESS)))))}\n")

    assert "cri > json:message > syslog > cri" == found.name
    assert [docker(ACCESS)] == found.texts


def test_a_wrapper_without_a_time_leaves_that_of_the_one_around_it(frame: Frame) -> None:
    assert [TIME] == frame(cri(json.dumps({"message": ACCESS})) + "\n").times


def test_parts_inside_another_wrapper_are_joined_and_not_cut_apart(frame: Frame) -> None:
    whole, first, last = docker(ACCESS), docker("GET /").replace("\\n", ""), docker("a 200")
    text = "".join(cri(part) + "\n" for part in (whole, first, last, whole))
    begun = text[: text.index(cri(last))].encode()

    assert [ACCESS, "GET /a 200", ACCESS] == frame(text).texts
    assert len(cri(whole)) + 1 == framing_of(begun).cut(begun)


def test_most_lines_decide(frame: Frame) -> None:
    few, many = cri(ACCESS) + "\n" + ("odd\n" * 2), "odd\n" + f"{cri(ACCESS)}\n" * 2

    assert ["lines", "cri"] == [frame(few).name, frame(many).name]


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.glob("*.log")))
def test_no_format_s_own_sample_is_taken_for_a_wrapper_that_it_is_not(name: str) -> None:
    data = (SAMPLES / name).read_bytes()

    assert framing_of(data).name in {"lines", "document", "syslog"}


def test_records_inside_a_document_are_unwrapped(frame: Frame) -> None:
    events = [{"timestamp": 1790834400000, "message": ACCESS, "id": n} for n in range(3)]

    found = frame(json.dumps({"logGroup": "x", "logEvents": events}, indent=1))

    assert ("document > json:message", [ACCESS] * 3) == (found.name, found.texts)
    assert [4, 9, 14] == found.lines
    assert ["2026-10-01T06:00:00+00:00"] * 3 == found.times


@pytest.mark.parametrize("data", [b"", b"\n", b"\n\n", b"\xff\xfe", b"\0\0\0", b"\xef\xbb\xbf", b"{", b"[", b"no end"])
def test_whatever_a_file_begins_with_harms_nothing(data: bytes) -> None:
    framing = framing_of(data)

    assert 0 <= framing.cut(data) <= len(data)
    assert framing.records(data).data is not None
    assert records_of(data) is not None


def test_a_byte_order_mark_hides_no_wrapper() -> None:
    assert b"x\n" == records_of(b"\xef\xbb\xbf" + f"{cri('x')}\n".encode()).data


def test_a_line_that_never_ends_is_cut_at_the_limit() -> None:
    data = b"x" * (interface.LIMIT + 1)

    assert (len(data), 0, 4) == (LINES.cut(data), LINES.cut(data[1:]), LINES.cut(b"abc\nd"))
