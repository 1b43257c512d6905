"""Where credentials stand in lines, and that they are the same key wherever they stand."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from ingest.fingerprint import Pepper

Read = Callable[..., Any]
SECRET = "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F"


def record(**fields: object) -> str:
    return json.dumps({"time_iso8601": "2026-10-01T09:30:00Z", "remote_addr": "::1", "status": 200, **fields}) + "\n"


def test_header_bearer_and_url_give_the_same_key(read: Read, pepper: Pepper) -> None:
    lines = [
        record(request_uri="/v1", http_x_api_token=SECRET),
        record(request_uri="/v1", http_x_api_key=SECRET),
        record(request_uri="/v1", http_authorization=f"Bearer {SECRET}"),
        record(request_uri="/v1", http_authorization=f"bearer {SECRET}"),
        record(request_uri=f"/v1?x=1&api_key={SECRET}&y=2"),
        record(request_uri=f"/v1?X-Api-Token={SECRET}"),
        record(request_uri=f"/v1?token={SECRET}#top"),
    ]

    for line in lines:
        (event,) = read(line).events

        assert (pepper.key_ref(SECRET), "ac_live_…Pd9F") == (event["key_ref"], event["key_hint"])
        assert "/v1" == event["path"]


def test_a_key_in_the_url_is_flagged_and_one_in_the_header_is_not(read: Read) -> None:
    in_url = record(request_uri=f"/v1?api_key={SECRET}", http_x_api_token="-")
    in_header = record(request_uri="/v1", http_x_api_token=SECRET)
    in_referer = record(request_uri="/v1", http_referer=f"https://app/?k={SECRET}", http_x_api_token=SECRET)

    assert ["key_in_url", None, "key_in_referer"] == [
        event["flags"] for event in read(in_url + in_header + in_referer).events
    ]


def test_a_percent_encoded_key_in_the_url_is_the_key_itself(read: Read, pepper: Pepper) -> None:
    secret = "a+b/c=d~e f1234567"

    (event,) = read(record(request_uri=f"/v1?api_key={quote(secret, safe='')}")).events

    assert pepper.key_ref(secret) == event["key_ref"]


@pytest.mark.parametrize("value", ["%FF", "%", "%zz", "%C3%28", "%00"])
def test_escapes_that_are_no_text_harm_nothing(read: Read, value: str) -> None:
    good = record(request_uri="/v1")

    found = read(good + record(request_uri=f"/v1?api_key={value}") + good)

    assert [1, 2, 3] == [event["line"] for event in found.events]


@pytest.mark.parametrize("empty", ["", "-", None])
def test_no_credential_is_no_key(read: Read, empty: str | None) -> None:
    (event,) = read(record(request_uri="/v1?api_key=", http_x_api_token=empty)).events

    assert (None, None) == (event["key_ref"], event["key_hint"])


def test_the_provider_s_id_is_kept_as_it_is(read: Read) -> None:
    (event,) = read(record(request_uri="/v1", consumer="c-17"), key="consumer", kind="id").events

    assert ("id:c-17", "c-17") == (event["key_ref"], event["key_hint"])


def test_the_named_field_wins_over_well_known_ones(read: Read, pepper: Pepper) -> None:
    (event,) = read(record(request_uri="/v1", http_x_api_token="another", mine=SECRET), key="mine").events

    assert pepper.key_ref(SECRET) == event["key_ref"]


def test_a_log_without_a_key_field_works_by_address(read: Read) -> None:
    (event,) = read('192.0.2.1 - - [01/Oct/2026:09:30:00 +0000] "GET / HTTP/1.1" 401 5 "-" "curl/8"\n').events

    assert (None, "192.0.2.1", "unauthenticated") == (event["key_ref"], event["ip"], event["outcome"])
