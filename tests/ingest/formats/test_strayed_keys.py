"""A source whose key stands in a header: a request that has it in its URL is that key's all the same."""

import json

import pytest

from ingest.fingerprint import Pepper
from ingest.formats.interface import KeyPlace
from model.event import Flag
from tests.ingest.conftest import Read

SECRET = "ac_live_0123456789abcdefghijklmnopqrstuv"
LINE = {"time_iso8601": "2026-10-01T12:00:00Z", "remote_addr": "198.51.100.7", "request_method": "GET", "status": 200}
HEADER = KeyPlace(name="http_x_api_token")


def line(target: str, token: str = "") -> str:
    return json.dumps(LINE | {"request_uri": target, "http_x_api_token": token}) + "\n"


@pytest.mark.parametrize("name", ["api_key", "apikey", "x-api-token", "X_API_Token"])
def test_it_is_found_and_flagged(read: Read, pepper: Pepper, name: str) -> None:
    found = read(line("/pets", SECRET) * 3 + line(f"/pets?{name}={SECRET}"), format="nginx-json", keys=(HEADER,))

    assert [pepper.key_ref(SECRET)] * 4 == [event["key_ref"] for event in found.events]
    assert [False] * 3 + [True] == [Flag.KEY_IN_URL in (event["flags"] or "") for event in found.events]


def test_a_token_of_another_kind_is_no_key(read: Read) -> None:
    found = read(line("/reset?token=abcdefghijklmnop1234"), format="nginx-json", keys=(HEADER,))

    assert [None] == [event["key_ref"] for event in found.events]


def test_a_source_of_ids_has_no_secrets_in_its_urls(read: Read) -> None:
    place = KeyPlace(name="http_x_api_token", kind="id")

    found = read(line(f"/pets?api_key={SECRET}"), format="nginx-json", keys=(place,))

    assert [None] == [event["key_ref"] for event in found.events]
