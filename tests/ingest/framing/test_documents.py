import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.framing import documents
from ingest.framing.choose import framing_of

Frame = Callable[..., Any]
RECORDS = [{"n": n, "text": 'a"}],{b\\', "in": {"list": [{"x": 1}, {"x": 2}]}, "é": "ü"} for n in range(4)]


def read(found: Any) -> list[Any]:  # noqa: ANN401 (what the fixture gives)
    return [json.loads(text) for text in found.texts]


@pytest.mark.parametrize("name", ["Records", "records", "value", "data", "entries", "logs", "events", "items"])
@pytest.mark.parametrize("indent", [None, 2])
def test_the_records_of_a_list_in_an_object_are_read(frame: Frame, name: str, indent: int | None) -> None:
    found = frame(json.dumps({name: RECORDS}, indent=indent))

    assert ("document", RECORDS) == (found.name, read(found))


@pytest.mark.parametrize("indent", [None, 2])
def test_the_records_of_a_list_are_read(frame: Frame, indent: int | None) -> None:
    assert RECORDS == read(frame(json.dumps(RECORDS, indent=indent)))


def test_members_beside_the_list_are_no_records(frame: Frame) -> None:
    before = {"nextToken": "t", "count": 4, "ok": True, "tags": ["a", "b"]}
    after = {"more": {"a": 1}, "end": "x"}

    assert RECORDS == read(frame(json.dumps(before | {"value": RECORDS} | after)))


def test_documents_one_after_another_are_read(frame: Frame) -> None:
    document = json.dumps({"Records": RECORDS})

    assert RECORDS * 2 == read(frame(f"{document}\n{document}\n"))


def test_objects_over_several_lines_one_after_another_are_read(frame: Frame) -> None:
    found = frame("\n\n".join(json.dumps(record, indent=2) for record in RECORDS) + "\n")

    assert RECORDS == read(found)
    assert 1 == found.lines[0]
    assert [16] * 3 == [b - a for a, b in zip(found.lines, found.lines[1:], strict=False)]


def test_a_byte_order_mark_and_carriage_returns_do_no_harm(frame: Frame) -> None:
    text = "\ufeff" + json.dumps({"Records": RECORDS}, indent=2).replace("\n", "\r\n")

    assert RECORDS == read(frame(text))


@pytest.mark.parametrize(
    "broken",
    ['{"n": tru, "a": 1}', '{"n": 1 "a": 2}', '{"n": "x"y"}', "{'n': 1}", '{"n": 1,}', '{"n": {"a": [1,}}', "{,}"],
)
def test_a_broken_record_stays_as_it_is_and_the_rest_goes_on(frame: Frame, broken: str) -> None:
    good = [json.dumps(record) for record in RECORDS]

    found = frame('{"Records":[' + ",".join([good[0], broken, *good[1:]]) + "]}")

    assert good[0] == found.texts[0]
    assert broken in found.texts
    assert good[1:] == found.texts[-3:]


@pytest.mark.parametrize(
    "text",
    [
        '{"time":"2026-10-01T06:00:00Z","method":"GET","data":[{"a":1}]}\n',
        '{"data":[{"a":1}],"time":"2026-10-01T06:00:00Z","method":"GET"}\n',
        '{"time":"2026-10-01T06:00:00Z","values":[{"a":1}]}\n',
        '[2026-10-01T06:00:00.000Z] "GET / HTTP/1.1" 200 - 0 5\n',
        '["a","b"]\n',
    ],
)
def test_ordinary_lines_are_no_document(frame: Frame, text: str) -> None:
    assert "lines" == frame(text * 2).name


def test_an_empty_list_holds_no_record(frame: Frame) -> None:
    data = b'{"Records": []}\n'

    assert [] == frame(data).texts
    assert len(data) == framing_of(data).cut(data)


def test_a_file_is_cut_behind_its_last_whole_record_and_whole_when_it_ends() -> None:
    data = json.dumps({"Records": RECORDS, "more": "x"}).encode()
    framing = framing_of(data)
    last = data.index(b'{"n": 3')

    assert last - 2 == framing.cut(data[: last + 20])
    assert len(data) == framing.cut(data)


def test_a_record_that_never_ends_holds_nothing_back_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "LIMIT", 500)
    data = b'[{"a":1},{"b":"' + b"x" * 600

    assert len(data) == framing_of(data).cut(data)
    assert 2 == framing_of(data).records(data).data.count(b"\n")


@settings(deadline=None)
@given(
    sizes=st.lists(st.integers(1, 150), max_size=20),
    indent=st.sampled_from([None, 1]),
    key=st.sampled_from([None, "Records"]),
)
def test_however_a_file_grows_its_records_are_the_same(
    grown: Callable[..., list[str]], sizes: list[int], indent: int | None, key: str | None
) -> None:
    text = json.dumps({key: RECORDS} if key else RECORDS, indent=indent)

    assert RECORDS == [json.loads(record) for record in grown(text, sizes)]


def test_deeply_nested_json_harms_nothing(frame: Frame) -> None:
    deep = '{"a":' * 20_000 + "1" + "}" * 20_000

    found = frame(f'[{{"n":1}},{deep},{{"n":2}}]')

    assert ['{"n":1}', deep, '{"n":2}'] == found.texts
