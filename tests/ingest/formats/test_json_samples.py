"""What the samples of the JSON formats become, line by line: key, outcome, status, address, path, milliseconds."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import ingest.formats
from ingest.fingerprint import Pepper

Read = Callable[..., Any]
SAMPLES = Path(ingest.formats.__file__).parent / "samples"
FIRST, SECOND = "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F", "ac_live_Jw5nQx2RtYb8Mc6VzKp3Ld7G"
GOOGLE = "AIzaEXAMPLE0example0EXAMPLE0example00000"
HASH = "id:88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b"
TYK = "id:3f1c9a7be0d25468"
HERE, PROXY, OTHER, IPV6 = "203.0.113.9", "192.0.2.8", "198.51.100.23", "2001:db8::1"
AGENTS, TALKS, CALLS, ONE = "/v1/agents", "/v1/conversations", "/v1/calls", "/v1/agents/4711"

Row = tuple[str | None, str, int | None, str | None, str | None, float | None]
EXPECTED: dict[str, list[Row]] = {
    "traefik-json": [
        (FIRST, "ok", 200, HERE, AGENTS, 42),
        (SECOND, "unauthenticated", 401, HERE, TALKS, 42),
        (FIRST, "throttled", 429, PROXY, CALLS, 42),
        (None, "client_error", 404, IPV6, AGENTS, 42),
        (None, "server_error", 502, HERE, AGENTS, 42),
        (None, "client_error", 499, HERE, ONE, None),
    ],
    "caddy": [
        (FIRST, "ok", 200, HERE, AGENTS, 42),
        (None, "unauthenticated", 401, HERE, TALKS, 42),
        (None, "unauthenticated", 401, HERE, AGENTS, 42),
        (None, "ok", 200, OTHER, AGENTS, 42),
        (None, "unknown", None, HERE, "/", 42),
        (FIRST, "throttled", 429, HERE, CALLS, 42),
        (None, "server_error", 502, HERE, AGENTS, 1),
    ],
    "envoy-json": [
        (None, "ok", 200, PROXY, AGENTS, 42),
        (None, "client_error", 404, IPV6, ONE, 5),
        (FIRST, "unauthenticated", 401, PROXY, AGENTS, 42),
        (None, "client_error", None, PROXY, AGENTS, 42),
        (None, "server_error", None, PROXY, AGENTS, 42),
        (FIRST, "throttled", 429, PROXY, CALLS, 42),
        (None, "server_error", 503, PROXY, AGENTS, 12),
    ],
    "aws-api-gateway": [
        (None, "ok", 200, HERE, "/v1/agents/{id}", None),
        (None, "unauthenticated", 401, OTHER, TALKS, None),
        (None, "ok", 200, HERE, "$connect", None),
        ("id:k1a2b3c4d5", "ok", 200, HERE, "/prod/v1/agents", 42),
        (None, "unauthenticated", 403, HERE, "/prod/v1/agents", 42),
        ("id:k1a2b3c4d5", "forbidden", 403, HERE, "/prod/v1/agents", 42),
        ("id:k1a2b3c4d5", "throttled", 429, HERE, "/prod/v1/agents", 42),
        ("id:k1a2b3c4d5", "server_error", 500, HERE, "/prod/v1/agents", 42),
        (FIRST, "ok", 200, OTHER, CALLS, None),
    ],
    "gcp-lb": [
        (None, "ok", 200, HERE, AGENTS, 42),
        (None, "unauthenticated", 401, HERE, AGENTS, 42),
        (FIRST, "throttled", 429, HERE, CALLS, 42),
        (None, "server_error", 502, IPV6, AGENTS, 30_000.001),
    ],
    "gcp-endpoints": [
        (GOOGLE, "ok", 200, HERE, AGENTS, 42),
        (GOOGLE, "unauthenticated", 400, HERE, AGENTS, 42),
        (None, "unauthenticated", 401, HERE, AGENTS, None),
        (FIRST, "server_error", 503, HERE, TALKS, 42),
        (GOOGLE, "client_error", 400, HERE, AGENTS, 42),
    ],
    "azure-application-gateway": [
        (None, "ok", 200, HERE, AGENTS, 42),
        (FIRST, "unauthenticated", 401, HERE, TALKS, 42),
        (None, "ok", 200, HERE, AGENTS, 42),
        (None, "ok", 200, HERE, AGENTS, 42),
        (None, "server_error", 502, HERE, AGENTS, 1000),
        (None, "unknown", None, None, None, None),
        (None, "forbidden", 403, OTHER, ONE, 9),
    ],
    "azure-apim": [
        ("id:sub-billing-prod", "ok", 200, HERE, AGENTS, 42),
        (None, "unauthenticated", 401, HERE, AGENTS, 42),
        ("id:sub-billing-prod", "throttled", 403, HERE, AGENTS, 42),
        ("id:sub-billing-prod", "throttled", 429, HERE, AGENTS, 42),
        ("id:sub-billing-prod", "server_error", 500, HERE, AGENTS, 42),
        ("id:sub-dev", "ok", 204, OTHER, ONE, 12),
    ],
    "cloudflare": [
        (None, "ok", 200, HERE, AGENTS, 42),
        (FIRST, "unauthenticated", 401, HERE, AGENTS, None),
        (None, "throttled", 429, HERE, AGENTS, None),
        (FIRST, "forbidden", 403, HERE, CALLS, None),
        (None, "unknown", None, IPV6, AGENTS, 300),
    ],
    "fastly": [
        (None, "ok", 200, HERE, AGENTS, None),
        (None, "unauthenticated", 401, HERE, AGENTS, None),
        (FIRST, "throttled", 429, HERE, CALLS, None),
        (None, "server_error", 503, HERE, AGENTS, 42),
        (None, "ok", 200, HERE, AGENTS, None),
    ],
    "kong": [
        ("id:00000000-0000-4000-8000-0000000000c1", "ok", 200, HERE, AGENTS, 42),
        (FIRST, "unauthenticated", 401, HERE, AGENTS, 42),
        (SECOND, "unauthenticated", 401, HERE, AGENTS, 42),
        (None, "ok", 200, HERE, AGENTS, 42),
        ("id:00000000-0000-4000-8000-0000000000c1", "throttled", 429, HERE, AGENTS, 42),
        (None, "client_error", 404, HERE, "/agents", None),
    ],
    "apisix": [
        (FIRST, "ok", 200, HERE, AGENTS, 42.000055313),
        (None, "unauthenticated", 401, HERE, AGENTS, 42.000055313),
        (SECOND, "unauthenticated", 401, HERE, AGENTS, 42.000055313),
        (FIRST, "ok", 200, HERE, AGENTS, 42.000055313),
        (None, "server_error", 502, HERE, AGENTS, 42.000055313),
    ],
    "tyk": [
        (TYK, "ok", 200, HERE, AGENTS, 42),
        (None, "unauthenticated", 401, HERE, AGENTS, 42),
        ("id:****Pd9F", "throttled", 429, HERE, AGENTS, 42),
        (TYK, "server_error", 500, IPV6, TALKS, 3),
        (None, "ok", 200, IPV6, "/health", 0),
    ],
    "tyk-json": [
        (TYK, "ok", 200, HERE, AGENTS, 42),
        (None, "unauthenticated", 401, HERE, AGENTS, 42),
        (TYK, "ok", 200, HERE, AGENTS, 42),
        (TYK, "throttled", 429, HERE, AGENTS, 42),
        (TYK, "forbidden", 403, HERE, AGENTS, 42),
    ],
    "litellm": [
        (HASH, "ok", None, HERE, "/acompletion", 1250),
        ("sk-EXAMPLEexample0123456789", "unauthenticated", 401, HERE, "/acompletion", 150),
        (HASH, "throttled", 429, OTHER, "/v1/embeddings", 250),
        (HASH, "unknown", None, OTHER, "/v1/embeddings", 250),
        (HASH, "ok", None, HERE, "/acompletion", 950),
    ],
    "unkey": [
        ("id:key_billing", "ok", None, None, None, 12.5),
        ("id:key_billing", "throttled", None, None, None, 12.5),
        ("id:key_billing", "unauthenticated", None, None, None, 12.5),
        ("id:key_billing", "unauthenticated", None, None, None, 12.5),
        ("id:key_billing", "forbidden", None, None, None, 12.5),
        ("id:key_billing", "throttled", None, None, None, 12.5),
        ("id:key_billing", "forbidden", None, None, None, 12.5),
        ("id:key_dev", "unauthenticated", None, HERE, None, 3),
    ],
    "vercel": [
        (None, "ok", 200, HERE, AGENTS, None),
        (None, "unauthenticated", 401, HERE, AGENTS, None),
        (FIRST, "throttled", 429, HERE, CALLS, None),
        (None, "server_error", 504, HERE, AGENTS, None),
    ],
    "auth0": [
        ("id:exampleClientOfBilling0000000001", "ok", None, HERE, "/seccft", None),
        ("id:exampleClientOfBilling0000000001", "unauthenticated", None, HERE, "/feccft", None),
        ("id:exampleClientOfBilling0000000001", "unauthenticated", None, HERE, "/fp", None),
        ("id:exampleClientOfBilling0000000001", "throttled", None, HERE, "/api_limit", None),
        ("id:exampleClientOfBilling0000000001", "client_error", None, HERE, "/fapi", None),
        ("id:exampleClientOfBilling0000000001", "unknown", None, HERE, "/w", None),
        ("id:exampleClientOfBilling0000000001", "ok", None, IPV6, "/s", None),
    ],
    "ngrok": [
        (None, "ok", 200, HERE, AGENTS, None),
        (FIRST, "unauthenticated", 401, HERE, AGENTS, None),
        (FIRST, "throttled", 429, HERE, CALLS, None),
        (None, "server_error", 502, HERE, AGENTS, None),
    ],
    "akamai": [
        (None, "ok", 200, HERE, AGENTS, 42),
        (None, "unauthenticated", 401, HERE, AGENTS, 42),
        (FIRST, "throttled", 429, HERE, AGENTS, 42),
        (None, "unknown", None, HERE, AGENTS, None),
        (None, "ok", 200, IPV6, "/", 42),
    ],
    "gravitee": [
        (FIRST, "ok", 200, None, AGENTS, None),
        (None, "unauthenticated", 401, None, AGENTS, None),
        (FIRST, "throttled", 429, None, AGENTS, None),
        (None, "server_error", 502, OTHER, AGENTS, None),
    ],
}


@pytest.mark.parametrize("name", list(EXPECTED))
def test_each_line_of_a_sample_becomes_this_event(read: Read, pepper: Pepper, name: str) -> None:
    found = read((SAMPLES / f"{name}.log").read_text())
    columns = ("key_ref", "outcome", "status", "ip", "path", "duration_ms")

    events = [tuple(event[column] for column in columns) for event in found.events]

    expected = [(_ref(key, pepper), *rest[:-1], _ms(rest[-1])) for key, *rest in EXPECTED[name]]
    assert expected == events[: len(expected)]


@pytest.mark.parametrize("name", [name for name in EXPECTED if name not in {"unkey", "auth0", "litellm"}])
def test_the_first_line_of_a_sample_is_of_this_moment_and_client(read: Read, name: str) -> None:
    event = read((SAMPLES / f"{name}.log").read_text()).events[0]

    at = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
    silent = {"aws-api-gateway", "azure-apim", "gcp-endpoints", "ngrok"}
    assert at == event["ts"].replace(microsecond=0)
    assert (None if name in silent else "curl/8.9.1") == event["user_agent"]
    assert "GET" == event["method"]


def _ref(key: str | None, pepper: Pepper) -> str | None:
    return key if key is None or key.startswith("id:") else pepper.key_ref(key)


def _ms(value: object) -> object:
    return value if value is None else pytest.approx(value)
