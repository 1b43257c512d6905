"""What once went wrong: identifiers that are words, keys that hide, logs that begin or grow oddly."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

SECRET = "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F"
UUID = "550e8400-e29b-41d4-a716-446655440000"


def record(**fields: object) -> str:
    return json.dumps({"time_iso8601": "2026-10-01T09:30:00Z", "remote_addr": "::1", "status": 200, **fields}) + "\n"


@pytest.mark.parametrize(
    ("path", "route"),
    [
        (f"/k/{SECRET}/use", "/k/{id}/use"),
        ("/v1/user_notifications", "/v1/user_notifications"),
        ("/v1/password_confirmation", "/v1/password_confirmation"),
        ("/v1/update_user_notification_settings", "/v1/update_user_notification_settings"),
        ("/v1/calls/call_9f3a/1/2", "/v1/calls/{id}/{id}/{id}"),
        (f"/v1/{UUID}", "/v1/{id}"),
    ],
)
def test_words_stay_in_a_route_and_identifiers_go(read: Callable[..., Any], path: str, route: str) -> None:
    assert route == read(record(request_uri=path)).events[0]["route"]


def test_an_encoded_key_in_the_url_is_flagged(read: Callable[..., Any]) -> None:
    (event,) = read(record(request_uri=f"/v1?api_key={quote('a+b/c=d~e f1234567', safe='')}")).events

    assert event["flags"] == "key_in_url"


def test_a_bearer_that_stands_in_the_url_too_is_flagged(read: Callable[..., Any]) -> None:
    (event,) = read(record(request_uri=f"/v1?api_key={SECRET}", http_authorization=f"Bearer {SECRET}")).events

    assert event["flags"] == "key_in_url"


def test_nuls_before_a_line_are_no_part_of_it(read: Callable[..., Any]) -> None:
    good = b'192.0.2.7 - - [01/Oct/2026:09:30:00 +0000] "GET /good HTTP/1.1" 200 12 "-" "curl/8"\n'
    found = read(good + b"\0" * 5000 + good)

    assert ["192.0.2.7"] * 2 == [event["ip"] for event in found.events]


@pytest.mark.parametrize("path", ["/x/sk_test_abc123/y", "/v1/x&api_key=abcdef12345/y", "/x;token=abc12345"])
def test_short_credentials_in_a_path_go(read: Callable[..., Any], path: str) -> None:
    (event,) = read(record(request_uri=path)).events

    assert "abc" not in event["path"]


def test_the_headers_credential_goes_from_path_and_user_agent_whatever_it_looks_like(read: Callable[..., Any]) -> None:
    agent = f"t ({UUID})"
    (event,) = read(record(request_uri=f"/v1/{UUID}/x", http_user_agent=agent, http_x_api_token=UUID)).events

    assert UUID not in str(event)


def test_a_token_that_the_cut_of_long_paths_would_split_goes_whole(read: Callable[..., Any]) -> None:
    (event,) = read(record(request_uri="/" + "x/" * 494 + SECRET)).events

    assert "ac_live_" not in event["path"]


def test_a_json_log_that_grows_by_a_broken_line_counts_a_reject(ingest: Callable[..., Any], tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(record(request_uri="/v1") * 3)
    ingest(log)
    with log.open("a") as file:
        file.write('{"broken\n')
    done = ingest(log)

    assert ([], 1) == (done.errors, done.rejects)


def test_a_key_field_that_most_lines_leave_out_is_read(
    ingest: Callable[..., Any], stored: Callable[[str], list[tuple[Any, ...]]], tmp_path: Path
) -> None:
    log = tmp_path / "a.log"
    lines = [record(request_uri="/v1")] * 20_000
    lines[15_001] = record(request_uri="/v1", http_x_api_token=SECRET)
    log.write_text("".join(lines))
    ingest(log)

    assert [(1,)] == stored("SELECT count(key_ref) FROM events")


def test_a_file_of_blank_lines_is_no_error(ingest: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("\n\n\n")
    done = ingest(tmp_path / "a.log")

    assert ([], 3) == (done.errors, done.skipped)


def test_a_file_that_begins_with_a_screen_of_junk_is_recognised(
    ingest: Callable[..., Any], line: Callable[..., str], tmp_path: Path
) -> None:
    junk = "nginx: starting up, worker process 1234 ready for business\n" * 80
    (tmp_path / "a.log").write_text(junk + "".join(line(n) for n in range(5000)))

    assert ingest(tmp_path / "a.log").events == 5000


def test_names_of_cloudtrail_operations_are_no_tokens(read: Callable[..., Any]) -> None:
    name = "DescribeInstanceCreditSpecifications"
    event = {
        "eventVersion": "1.08",
        "eventTime": "2026-10-01T09:30:00Z",
        "eventSource": "ec2.amazonaws.com",
        "eventName": name,
        "userIdentity": {"accessKeyId": "AKIA1"},
    }

    assert read(json.dumps(event) + "\n").events[0]["route"] == f"/{name}"
