import json
from collections.abc import Callable
from typing import Any

import pytest

Frame = Callable[..., Any]
ACCESS = '203.0.113.9 - - [01/Oct/2026:06:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8"'


def nested(place: str, text: object) -> dict[str, Any]:
    first, _, rest = place.partition(".")
    return {first: nested(rest, text) if rest else text}


@pytest.mark.parametrize(
    "place",
    [
        "message",
        "log",
        "textPayload",
        "event.original",
        "line",
        "jsonPayload.message",
        "msg",
        "_raw",
        "result._raw",
        "_source.message",
    ],
)
def test_a_line_inside_a_field_is_the_record(frame: Frame, place: str) -> None:
    record = {"@timestamp": "2026-10-01T06:00:01.5Z", "host": "web", "level": "info"} | nested(place, ACCESS)

    found = frame(json.dumps(record) + "\n")

    assert (f"json:{place}", [ACCESS], ["2026-10-01T06:00:01.5Z"]) == (found.name, found.texts, found.times)


def test_json_inside_a_field_is_the_record(frame: Frame) -> None:
    inner = {"method": "GET", "path": "/", "status": 200}

    found = frame(json.dumps({"time": 1790834400, "message": json.dumps(inner)}) + "\n")

    assert [inner] == [json.loads(text) for text in found.texts]
    assert ["2026-10-01T06:00:00+00:00"] == found.times


def test_an_object_inside_a_field_is_the_record_when_it_is_a_request(frame: Frame) -> None:
    inner = {"method": "GET", "path": "/", "status": 200}

    assert [inner] == [json.loads(text) for text in frame(json.dumps({"log": inner}) + "\n").texts]
    assert "lines" == frame(json.dumps({"log": {"file": "x"}, "time": 1}) + "\n").name


@pytest.mark.parametrize(
    "record",
    [
        {"time": "2026-10-01T06:00:00Z", "method": "GET", "path": "/", "status": 200, "message": ACCESS},
        {"time": "2026-10-01T06:00:00Z", "request": {"method": "GET"}, "msg": '{"a":1}'},
        {"time": "2026-10-01T06:00:00Z", "httpRequest": {"status": 200}, "textPayload": ACCESS},
        {"time": "2026-10-01T06:00:00Z", "path": "/", "status": 200, "message": "handled request"},
        {"time": "2026-10-01T06:00:00Z", "message": "{}"},
    ],
)
def test_an_ordinary_log_with_such_a_field_is_no_wrapper(frame: Frame, record: dict[str, Any]) -> None:
    assert "lines" == frame(json.dumps(record) + "\n").name


def test_lines_without_the_field_pass_on_as_they_are(frame: Frame) -> None:
    good = json.dumps({"message": ACCESS}) + "\n"

    found = frame(good * 2 + '{"level":"info"}\nodd\n\n' + good)

    assert [ACCESS, ACCESS, '{"level":"info"}', "odd", "", ACCESS] == found.texts


def test_line_ends_inside_a_field_end_no_record(frame: Frame) -> None:
    found = frame(json.dumps({"message": ACCESS + "\nat x\r\n"}) + "\n" + json.dumps({"message": ACCESS}) + "\n")

    assert [ACCESS + " at x", ACCESS] == found.texts


def test_what_journalctl_writes_is_known_by_its_fields_and_may_be_bytes(frame: Frame) -> None:
    entry = {"__REALTIME_TIMESTAMP": "1790834400500000", "PRIORITY": "6"}
    texts = ["started", ACCESS, list((ACCESS + " \xff").encode("latin-1")), None]

    found = frame("".join(json.dumps(entry | {"MESSAGE": text}) + "\n" for text in texts))

    assert "journald" == found.name
    assert ["started", ACCESS, ACCESS + " \ufffd"] == found.texts[:3]
    assert ["2026-10-01T06:00:00.500000+00:00"] * 3 == found.times[:3]


@pytest.mark.parametrize(
    "text",
    ['"\\ud800"', "[1,2,300]", "[]", "7", "null", '{"a":1}', '"' + "x" * 100_000 + '"', "[" * 5000 + "]" * 5000],
)
def test_whatever_a_field_holds_harms_nothing(frame: Frame, text: str) -> None:
    good = json.dumps({"message": ACCESS}) + "\n"

    found = frame(good * 2 + f'{{"message":{text}}}\n' + good)

    assert 4 == len(found.texts)
    assert ACCESS == found.texts[3]
