"""Where credentials stand in lines, and that they are the same key wherever they stand."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import duckdb
import pytest

from ingest.fingerprint import Pepper
from ingest.formats.carriers import credentials, path_pattern, same_header
from ingest.formats.interface import KeyPlace, Options
from model.errors import FormatError

Read = Callable[..., Any]
SECRET = "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiJqLTcifQ.dozjgNryP4J3jVmN"
"""{"alg":"RS256"}, {"jti":"j-7"}."""


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


def test_the_first_place_that_holds_something_wins_whether_secret_or_id(read: Read, pepper: Pepper) -> None:
    keys = (
        KeyPlace(name="consumer", kind="id"),
        KeyPlace(carrier="header", name="X-Api-Key"),
        KeyPlace(name="owner", kind="id"),
    )
    both = record(request_uri="/v1", consumer="c-17", http_x_api_key=SECRET, owner="o-1")
    later = record(request_uri="/v1", consumer="-", http_x_api_key=SECRET, owner="o-1")
    last = record(request_uri="/v1", consumer=None, http_x_api_key="-", owner="o-1")

    assert ["id:c-17", pepper.key_ref(SECRET), "id:o-1"] == [
        event["key_ref"] for event in read(both + later + last, keys=keys).events
    ]


def test_every_key_of_a_request_is_taken_out_of_its_path_and_agent(read: Read) -> None:
    own, other = "plain-secret-one", "plain-secret-two"
    line = record(
        request_uri=f"/v1/{other}/x?api_key={own}", http_x_api_token=other, http_user_agent=f"tool ({own}; {other})"
    )

    (event,) = read(line).events

    assert own not in str(event)
    assert other not in str(event)


def test_a_key_in_the_path_is_found_and_taken_out(read: Read, pepper: Pepper) -> None:
    keys = (KeyPlace(carrier="path", name="/bot{key}/send"),)

    (event,) = read(record(request_uri="/bot123-abc%2Fdef/send?x=1"), keys=keys).events

    assert pepper.key_ref("123-abc/def") == event["key_ref"]
    assert "123-abc" not in str(event)


@pytest.mark.parametrize(
    ("keys", "cookies", "found"),
    [
        ((KeyPlace(carrier="cookie", name="api_key"),), "a=b; api_key=s3cr3t; c=d", "s3cr3t"),
        ((KeyPlace(carrier="cookie", name="key"),), "api_key=s3cr3t;key=other", "other"),
        ((KeyPlace(carrier="cookie", name="a.c"),), "abc=1", None),
        ((), f"a=b; session={JWT}; c=d", JWT),
        ((), f"{JWT[:20]}=1; a=b", None),
    ],
)
def test_a_key_in_a_cookie_is_found_by_its_name_or_as_a_jwt(
    keys: tuple[KeyPlace, ...], cookies: str, found: str | None
) -> None:
    places = credentials(Options(keys=keys), known=["http_cookie"], read=lambda name: name)
    expression = next(place.expression for place in places if "http_cookie" in place.expression)

    with duckdb.connect() as duck:
        assert [(found,)] == duck.execute(f"SELECT {expression} FROM (SELECT ? AS http_cookie)", [cookies]).fetchall()


def test_a_jwt_counts_by_its_claim_and_is_flagged(read: Read) -> None:
    (event,) = read(record(request_uri="/v1", http_authorization=f"Bearer {JWT}")).events

    assert ("id:jwt:jti:j-7", "jwt:jti:j-7", "unverified_token") == (
        event["key_ref"],
        event["key_hint"],
        event["flags"],
    )


@pytest.mark.parametrize("pair", [f"{SECRET}:", f"api:{SECRET}"])
def test_a_basic_credential_is_the_key_that_it_holds(read: Read, pepper: Pepper, pair: str) -> None:
    basic = "Basic " + base64.b64encode(pair.encode()).decode()

    (event,) = read(record(request_uri="/v1", http_authorization=basic)).events

    assert (pepper.key_ref(SECRET), "ac_live_…Pd9F") == (event["key_ref"], event["key_hint"])


def test_a_presigned_url_names_its_access_key(read: Read) -> None:
    scope = quote("AKIAIOSFODNN7EXAMPLE/20261001/eu-central-1/s3/aws4_request", safe="")

    (event,) = read(record(request_uri=f"/bucket?X-Amz-Credential={scope}&X-Amz-Signature=abc")).events

    assert "id:AKIAIOSFODNN7EXAMPLE" == event["key_ref"]


@pytest.mark.parametrize(
    ("name", "pattern_matches", "key"),
    [
        ("/bot{key}/send", "/bot123/send", "123"),
        ("/bot{key}/send", "https://api.example/bot123/send?x", "123"),
        ("/bot{key}/send", "/v1/bot123/send", None),
        ("/v1/{tenant}/{key}", "/v1/acme/s3cr3t?x", "s3cr3t"),
        ("token.{key}", "/x/token.s3cr3t", "s3cr3t"),
    ],
)
def test_a_path_template_matches_from_the_start_of_the_path(name: str, pattern_matches: str, key: str | None) -> None:
    found = re.search(path_pattern(name), pattern_matches)

    assert key == (found[1] if found else None)


def test_a_path_template_without_a_key_is_an_error() -> None:
    with pytest.raises(FormatError, match="where the key stands"):
        path_pattern("/bot/send")


@pytest.mark.parametrize(
    ("field", "header", "same"),
    [
        ("http_x_api_key", "X-Api-Key", True),
        ("request_X-Api-Key", "x-api-key", True),
        ("request.headers.X-Api-Key", "X-Api-Key", True),
        ("x_api_key", "X-Api-Key", True),
        ("cs(Cookie)", "Cookie", True),
        ("api_key", "X-Api-Key", False),
        ("http_x_api_key_id", "X-Api-Key", False),
    ],
)
def test_a_field_is_called_like_its_header(field: str, header: str, same: bool) -> None:  # noqa: FBT001
    assert same == same_header(field, header)
