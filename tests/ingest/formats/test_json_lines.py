import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.fingerprint import Pepper
from ingest.formats.interface import KeyPlace
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


TIME = '"time":"2026-10-01T09:30:00Z"'
SECRET = "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F"


def one(found: Any) -> dict[str, Any]:  # noqa: ANN401 (what `read` gives)
    assert [] == found.rejects
    assert 1 == len(found.events)
    return dict(found.events[0])


@pytest.mark.parametrize(
    "fields",
    [
        {"request": {"headers": {"X-Api-Key": [SECRET]}}},
        {"request": {"headers": {"X-API-KEY": SECRET}}},
        {"req": {"headers": {"authorization": f"Bearer {SECRET}"}}},
        {"http_x_api_key": SECRET},
        {"request_X-Api-Token": SECRET},
        {"request.headers.x-api-key": SECRET},
        {"context": {"api_key": SECRET}},
    ],
)
def test_a_key_s_header_is_found_wherever_a_logger_puts_it(read: Read, pepper: Pepper, fields: dict[str, Any]) -> None:
    record = {"time": "2026-10-01T09:30:00Z", "method": "GET", "path": "/", "status": 200, **fields}

    assert pepper.key_ref(SECRET) == one(read(json.dumps(record) + "\n"))["key_ref"]


@pytest.mark.parametrize("value", ["REDACTED", [], ["REDACTED"], "-", "", None])
def test_what_stands_instead_of_a_credential_is_none(read: Read, value: object) -> None:
    record = {"time": "2026-10-01T09:30:00Z", "status": 401, "request": {"headers": {"Authorization": value}}}

    assert one(read(json.dumps(record) + "\n"))["key_ref"] is None


def test_headers_of_the_answer_hold_no_key(read: Read) -> None:
    record = {"time": "2026-10-01T09:30:00Z", "status": 200, "resp_headers": {"X-Api-Key": [SECRET]}}

    assert one(read(json.dumps(record) + "\n"))["key_ref"] is None


@pytest.mark.parametrize("name", ["X-Customer-Key", "x-customer-key", "X-CUSTOMER-KEY"])
def test_a_header_of_the_config_is_found_in_any_case(read: Read, pepper: Pepper, name: str) -> None:
    record = {"time": "2026-10-01T09:30:00Z", "status": 200, "req": {"headers": {name: SECRET}}}

    found = read(json.dumps(record) + "\n", keys=(KeyPlace(carrier="header", name="X-Customer-Key"),))

    assert pepper.key_ref(SECRET) == one(found)["key_ref"]


def test_a_cookie_of_the_config_is_found_in_the_cookie_header(read: Read, pepper: Pepper) -> None:
    record = {"time": "2026-10-01T09:30:00Z", "status": 200, "headers": {"Cookie": [f"a=1; session={SECRET}; b=2"]}}

    found = read(json.dumps(record) + "\n", keys=(KeyPlace(carrier="cookie", name="session"),))

    assert pepper.key_ref(SECRET) == one(found)["key_ref"]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ({"request_time": "0.042"}, 42.0),
        ({"latency_us": 42_000}, 42.0),
        ({"event": {"duration": 42_000_000}}, 42.0),
        ({"elapsedMillis": 42}, 42.0),
        ({"response_time_seconds": 0.042}, 42.0),
        ({"latency": "0.042s"}, 42.0),
        ({"duration": "42ms"}, 42.0),
        ({"upstream_duration_ms": 42}, None),
    ],
)
def test_a_duration_counts_in_the_unit_that_its_name_or_text_says(
    read: Read, field: dict[str, Any], expected: float | None
) -> None:
    record = {"time": "2026-10-01T09:30:00Z", "status": 200, **field}

    assert expected == one(read(json.dumps(record) + "\n"))["duration_ms"]


@pytest.mark.parametrize("epoch", [1790847000, 1790847000.25, 1790847000250, 1790847000250000, 1790847000250000000])
def test_an_epoch_counts_in_the_unit_of_its_magnitude(read: Read, epoch: float) -> None:
    for text in (json.dumps(epoch), json.dumps(str(epoch))):
        assert datetime(2026, 10, 1, 9, 30, tzinfo=UTC) == one(read(f'{{"ts":{text},"status":200}}\n'))["ts"].replace(
            microsecond=0
        )


def test_a_whole_url_gives_host_and_path(read: Read) -> None:
    record = {"time": "2026-10-01T09:30:00Z", "httpRequest": {"requestUrl": "https://u:p@api.shop.example:8443/v1?a=1"}}

    event = one(read(json.dumps(record) + "\n", format="json"))

    assert ("api.shop.example:8443", "/v1") == (event["host"], event["path"])


def test_a_host_field_wins_over_the_url(read: Read) -> None:
    record = {"time": "2026-10-01T09:30:00Z", "url": "https://inner.example/v1", "host": "api.shop.example"}

    assert "api.shop.example" == one(read(json.dumps(record) + "\n"))["host"]


def test_a_query_in_a_field_of_its_own_is_searched_for_keys(read: Read, pepper: Pepper) -> None:
    record = {"time": "2026-10-01T09:30:00Z", "path": "/v1/calls", "query_string": f"?api_key={SECRET}", "status": 200}

    event = one(read(json.dumps(record) + "\n"))

    assert ("/v1/calls", pepper.key_ref(SECRET), "key_in_url") == (event["path"], event["key_ref"], event["flags"])


def test_names_count_in_any_case(read: Read) -> None:
    record = {"Timestamp": "2026-10-01T09:30:00Z", "Method": "PUT", "PATH": "/v1", "StatusCode": "429"}

    event = one(read(json.dumps(record) + "\n"))

    assert ("PUT", "/v1", 429) == (event["method"], event["path"], event["status"])


def test_a_list_of_objects_is_passed_over(read: Read) -> None:
    record = {"time": "2026-10-01T09:30:00Z", "status": 200, "tries": [{"status": 502, "method": "X"}]}

    event = one(read(json.dumps(record) + "\n"))

    assert (200, None) == (event["status"], event["method"])


def test_of_a_name_that_stands_twice_the_first_counts(read: Read) -> None:
    assert 200 == one(read(f'{{{TIME},"status":200,"status":500}}\n'))["status"]


def test_numbers_too_large_for_their_column_are_null(read: Read) -> None:
    event = one(read(f'{{{TIME},"path":"/x","status":99999999999999999999,"bytes":1e400,"duration":1e999}}\n'))

    assert (None, None) == (event["status"], event["bytes_out"])


@pytest.mark.parametrize(
    ("line", "path"),
    [
        (f'{{{TIME},"uri":"/a","status":"401",}}', "/a"),
        (f'{{{TIME},"uri":"/a\\x22b","status":401}}', '/a"b'),
        (f'{{{TIME},"uri":"/a\\x5Cb\\xC3","status":401}}', "/a\\b\\xC3"),
        (f'{{{TIME},"uri":"/a","upstream_time":-,"bytes": ,"status":401}}', "/a"),
        (f'{{{TIME},"uri":"/a","port":000,"status":401 , }}', "/a"),
    ],
)
def test_a_line_that_only_its_template_breaks_is_repaired(read: Read, line: str, path: str) -> None:
    whole = f'{{{TIME},"uri":"/b","status":200}}'

    for text in (line + "\n", f"{whole}\n{line}\n"):
        event = read(text).events[-1]

        assert (path, 401) == (event["path"], event["status"])


@pytest.mark.parametrize(
    "line",
    [
        f'{{{TIME},"uri":"/a","sta',
        f'{{{TIME},"uri":"/a","status":401}}}}',
        f'{{{TIME},"uri":"/a" "status":401}}',
        f'INFO {{{TIME},"uri":"/a","status":401}}',
    ],
)
def test_a_line_that_is_broken_otherwise_is_rejected(read: Read, line: str) -> None:
    whole = f'{{{TIME},"uri":"/b","status":200}}\n'

    found = read(whole * 3 + line + "\n")

    assert [(4, "not valid JSON")] == [(n, reason) for n, reason, _ in found.rejects]


def test_what_a_logger_says_of_itself_is_skipped(read: Read) -> None:
    requests = f'{{{TIME},"method":"GET","path":"/a","status":200}}\n' * 3

    found = read(requests + f'{{{TIME},"level":"info","msg":"started"}}\n')

    assert (3, 1, []) == (len(found.events), found.skipped, found.rejects)


def test_a_remark_without_a_time_is_rejected_all_the_same(read: Read) -> None:
    found = read(f'{{{TIME},"method":"GET","path":"/a","status":200}}\n' * 3 + '{"level":"info","msg":"started"}\n')

    assert (3, 0, 1) == (len(found.events), found.skipped, len(found.rejects))


def test_a_use_of_a_key_without_method_and_path_is_an_event(read: Read) -> None:
    request = f'{{{TIME},"method":"GET","path":"/a","status":200,"key_id":"key-1"}}\n'

    found = read(request + f'{{{TIME},"key_id":"key-2"}}\n')

    assert ["id:key-1", "id:key-2"] == [event["key_ref"] for event in found.events]


def test_a_name_with_any_character_is_reached(read: Read) -> None:
    record = {"a/b~c*": "2026-10-01T09:30:00Z", 'say "x"': {"": 201}}

    found = read(json.dumps(record) + "\n", fields={"ts": "a/b~c*", "status": 'say "x".'}, format="json")

    assert 201 == one(found)["status"]
