import json
from collections.abc import Callable
from typing import Any

import pytest

from model.errors import FormatError

Read = Callable[..., Any]


def test_a_field_map_wins_over_well_known_names(read: Read) -> None:
    record = {"time": "2026-10-01T09:30:00Z", "happened": "2026-10-02T09:30:00Z", "status": 200, "result": 403}

    found = read(json.dumps(record) + "\n", fields={"ts": "happened", "status": "result"})

    assert [("2026-10-02", 403)] == [(e["ts"].date().isoformat(), e["status"]) for e in found.events]


def test_nested_fields_are_reached_by_dots(read: Read) -> None:
    record = {"when": {"at": "2026-10-01T09:30:00Z"}, "req": {"who": {"id": "key-7"}}}

    found = read(json.dumps(record) + "\n", fields={"ts": "when.at"}, key="req.who.id", kind="id")

    assert ["id:key-7"] == [e["key_ref"] for e in found.events]


def test_a_whole_request_line_gives_method_and_path(read: Read) -> None:
    record = {"time": "2026-10-01T09:30:00Z", "request": "DELETE /v1/x?y=1 HTTP/2.0", "status": 204}

    found = read(json.dumps(record) + "\n")

    assert [("DELETE", "/v1/x")] == [(e["method"], e["path"]) for e in found.events]


def test_lines_without_a_time_are_rejected_with_the_field_that_lacks_it(read: Read) -> None:
    found = read('{"ts":"2026-10-01T09:30:00Z","status":200}\n{"ts":null,"status":200}\n{"ts":"noon"}\n[1,2]\n"x"\n')

    assert 1 == len(found.events)
    assert [(n, "no time in ts") for n in (2, 3, 4, 5)] == [(n, reason) for n, reason, _ in found.rejects]


def test_what_is_no_json_is_rejected(read: Read) -> None:
    good = '{"ts":"2026-10-01T09:30:00Z","status":200}\n'

    found = read(good * 3 + '{"ts":"2026-10-01T09:30:00Z","sta\n' + good)

    assert 4 == len(found.events)
    assert [(4, "not valid JSON")] == [(n, reason) for n, reason, _ in found.rejects]


def test_json_without_any_time_names_its_fields(read: Read) -> None:
    with pytest.raises(FormatError, match="No field of these JSON lines is a time; the fields are: a, b") as caught:
        read('{"a":1,"b":2}\n', format="json")

    assert "fields = { ts" in str(caught.value)


def test_fields_of_the_wrong_kind_are_null_and_harm_nothing(read: Read) -> None:
    record = {
        "time": "2026-10-01T09:30:00Z",
        "status": "teapot",
        "bytes": "many",
        "duration": [1],
        "remote_addr": 7,
        "method": {"a": 1},
        "path": ["/x"],
    }

    found = read(json.dumps(record) + "\n")

    assert [(None, None, None, "unknown")] == [
        (e["status"], e["bytes_out"], e["duration_ms"], e["outcome"]) for e in found.events
    ]


@pytest.mark.parametrize("agent", ['"\\ud800"', '"\\udfff x"', '"a\\u0000b"', '"\\u202e"', '"' + "é" * 9000 + '"'])
def test_any_text_that_json_can_spell_harms_nothing(read: Read, agent: str) -> None:
    start = '{"ts":"2026-10-01T09:30:00Z","status":200,"user_agent":'

    found = read(f'{start}"curl/8"}}\n{start}{agent}}}\n{start}"curl/8"}}\n')

    assert 3 == len(found.events) + len(found.rejects)
    assert [1, 3] == [e["line"] for e in found.events if e["client"] == "curl/8"]


def test_deeply_nested_json_harms_nothing(read: Read) -> None:
    good = '{"ts":"2026-10-01T09:30:00Z","status":200}\n'
    deep = '{"a":' * 20_000 + "1" + "}" * 20_000 + "\n"

    found = read(good * 99 + deep + good)

    assert (100, 1) == (len(found.events), len(found.rejects))
