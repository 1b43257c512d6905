"""The sample beside each format becomes the events that one reads in it."""

import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import ingest.formats
from ingest.fingerprint import Pepper
from ingest.formats.registry import FORMATS

Read = Callable[..., Any]
SAMPLES = Path(ingest.formats.__file__).parent / "samples"
SECRET = "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F"


def options_of(name: str) -> dict[str, Any]:
    """What the file `<name>.toml` beside a sample says: log_format, pattern, fields, key, kind."""
    beside = SAMPLES / f"{name}.toml"
    return tomllib.loads(beside.read_text()) if beside.exists() else {}


def test_a_sample_lies_beside_each_format() -> None:
    assert set(FORMATS) == {path.stem for path in SAMPLES.glob("*.log")}


@pytest.mark.parametrize("name", list(FORMATS))
def test_each_sample_is_recognised_and_read_whole(read: Read, name: str) -> None:
    text = (SAMPLES / f"{name}.log").read_text()

    found = read(text, **options_of(name))

    assert name == found.format
    assert text.count("\n") == len(found.events) + found.skipped
    assert [] == found.rejects


def event(read: Read, name: str, at: int) -> dict[str, Any]:
    found = read((SAMPLES / f"{name}.log").read_text(), **options_of(name))
    return {column: value for column, value in found.events[at].items() if value is not None}


def test_a_combined_line_becomes_this_event(read: Read) -> None:
    assert {
        "ts": datetime(2026, 10, 1, 6, 0, tzinfo=UTC),
        "source": "test",
        "ip": "203.0.113.9",
        "method": "GET",
        "route": "/v1/agents/{id}/messages",
        "path": "/v1/agents/4711/messages",
        "status": 200,
        "outcome": "ok",
        "bytes_out": 512,
        "user_agent": "python-requests/2.32.3",
        "client": "python-requests/2",
        "network": "203.0.113.0/24",
        "line": 1,
    } == event(read, "combined", 0)


def test_a_combined_line_with_its_key_in_the_url_becomes_this_event(read: Read, pepper: Pepper) -> None:
    assert {
        "ts": datetime(2026, 10, 1, 6, 0, 1, tzinfo=UTC),
        "source": "test",
        "key_ref": pepper.key_ref(SECRET),
        "key_hint": "ac_live_…Pd9F",
        "ip": "198.51.100.23",
        "method": "POST",
        "route": "/v1/conversations",
        "path": "/v1/conversations",
        "status": 401,
        "outcome": "unauthenticated",
        "bytes_out": 87,
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
        "client": "Firefox/133",
        "network": "198.51.100.0/24",
        "flags": "key_in_url",
        "line": 2,
    } == event(read, "combined", 1)


def test_a_combined_line_without_a_request_becomes_this_event(read: Read) -> None:
    assert {
        "ts": datetime(2026, 10, 1, 6, 0, 2, tzinfo=UTC),
        "source": "test",
        "ip": "2001:db8:85a3::8a2e:370:7334",
        "status": 408,
        "outcome": "client_error",
        "network": "2001:db8:85a3::/48",
        "line": 3,
    } == event(read, "combined", 2)


def test_a_common_line_becomes_this_event(read: Read) -> None:
    assert {
        "ts": datetime(2026, 10, 1, 9, 29, 59, tzinfo=UTC),
        "source": "test",
        "ip": "192.0.2.41",
        "method": "DELETE",
        "route": "/v1/keys/{id}",
        "path": "/v1/keys/018f4f5e-7c1a-7b6e-9f0e-0242ac120002",
        "status": 403,
        "outcome": "forbidden",
        "bytes_out": 153,
        "network": "192.0.2.0/24",
        "line": 1,
    } == event(read, "common", 0)


def test_an_nginx_json_line_becomes_this_event(read: Read, pepper: Pepper) -> None:
    assert {
        "ts": datetime(2026, 10, 1, 7, 30, tzinfo=UTC),
        "source": "test",
        "key_ref": pepper.key_ref(SECRET),
        "key_hint": "ac_live_…Pd9F",
        "ip": "203.0.113.9",
        "method": "GET",
        "route": "/v1/agents",
        "path": "/v1/agents",
        "host": "api.example.com",
        "status": 200,
        "outcome": "ok",
        "bytes_out": 512,
        "bytes_in": 301,
        "duration_ms": 42.0,
        "user_agent": "curl/8.9.1",
        "client": "curl/8",
        "network": "203.0.113.0/24",
        "line": 1,
    } == event(read, "nginx-json", 0)


def test_a_json_line_becomes_this_event_by_its_field_map(read: Read, pepper: Pepper) -> None:
    assert {
        "ts": datetime(2025, 10, 1, 9, 29, 59, 250000, tzinfo=UTC),
        "source": "test",
        "key_ref": pepper.key_ref("kx-0123456789abcdefXYZ"),
        "key_hint": "kx-…fXYZ",
        "ip": "203.0.113.9",
        "method": "PATCH",
        "route": "/v2/orders/{id}",
        "path": "/v2/orders/01J9Z3NDEKTSV4RRFFQ69G5FAV",
        "status": 204,
        "outcome": "ok",
        "bytes_out": 0,
        "duration_ms": 12.5,
        "user_agent": "Go-http-client/1.1",
        "client": "Go-http-client/1",
        "network": "203.0.113.0/24",
        "line": 1,
    } == event(read, "json", 0)


def test_a_cloudtrail_record_becomes_this_event(read: Read) -> None:
    assert {
        "ts": datetime(2026, 10, 1, 9, 30, tzinfo=UTC),
        "source": "test",
        "key_ref": "id:AKIAEXAMPLEKEY000001",
        "key_hint": "AKIAEXAMPLEKEY000001",
        "ip": "203.0.113.9",
        "route": "/GetObject",
        "path": "/GetObject",
        "host": "s3.amazonaws.com",
        "outcome": "ok",
        "bytes_out": 2048,
        "user_agent": "aws-cli/2.17.0",
        "client": "aws-cli/2",
        "network": "203.0.113.0/24",
        "request_id": "7Q2EXAMPLE",
        "line": 1,
    } == event(read, "cloudtrail", 0)


def test_a_line_of_a_pasted_log_format_becomes_this_event(read: Read, pepper: Pepper) -> None:
    assert {
        "ts": datetime(2026, 10, 1, 9, 30, tzinfo=UTC),
        "source": "test",
        "key_ref": pepper.key_ref(SECRET),
        "key_hint": "ac_live_…Pd9F",
        "ip": "203.0.113.9",
        "method": "GET",
        "route": "/v1/agents",
        "path": "/v1/agents",
        "status": 200,
        "outcome": "ok",
        "bytes_out": 512,
        "duration_ms": 42.0,
        "user_agent": "okhttp/4.12.0",
        "client": "okhttp/4",
        "network": "203.0.113.0/24",
        "line": 1,
    } == event(read, "log_format", 0)
