import ipaddress
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.addresses import network_of

Read = Callable[..., Any]


def event(read: Read, **fields: object) -> Any:  # noqa: ANN401 (a record of the parser)
    record = {"time_iso8601": "2026-10-01T09:30:00Z", "remote_addr": "::1", "request_uri": "/", "status": 200} | fields
    return read(json.dumps(record) + "\n").events[0]


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("/v1/agents", "/v1/agents"),
        ("/v1/agents/4711", "/v1/agents/{id}"),
        ("/v1/agents/4711/", "/v1/agents/{id}/"),
        ("/v1/agents/1/2/3/x", "/v1/agents/{id}/{id}/{id}/x"),
        ("/v2/a/550e8400-e29b-41d4-a716-446655440000/b", "/v2/a/{id}/b"),
        ("/o/01J9Z3NDEKTSV4RRFFQ69G5FAV", "/o/{id}"),
        ("/c/9f86d081884c7d65", "/c/{id}"),
        ("/u/ada@example.com/mail", "/u/{id}/mail"),
        ("/v1/api2go/x86", "/v1/api2go/x86"),
        ("/v1/agents?page=7", "/v1/agents"),
        ("/v1/agents#7", "/v1/agents"),
        ("https://api.example.com/v1/agents/7?x", "/v1/agents/{id}"),
    ],
)
def test_identifiers_in_a_path_become_one_route(read: Read, path: str, route: str) -> None:
    assert route == event(read, request_uri=path)["route"]


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:85a3:1:2:3:4:5", "2001:db8:85a3::/48"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("[2001:db8::1]", "2001:db8::/48"),
        ("client.example.com", "client.example.com"),
    ],
)
def test_an_address_belongs_to_its_network(read: Read, ip: str, network: str) -> None:
    assert network == event(read, remote_addr=ip)["network"]


@given(st.ip_addresses(v=4).map(str))
def test_every_ipv4_address_lies_in_its_network_of_256(ip: str) -> None:
    network = ipaddress.ip_network(network_of(ip))

    assert ipaddress.ip_address(ip) in network
    assert network.num_addresses == 256


@given(st.text())
def test_any_text_has_a_network(text: str) -> None:
    assert isinstance(network_of(text), str)


@pytest.mark.parametrize(
    ("agent", "client"),
    [
        ("python-requests/2.32.3", "python-requests/2"),
        ("curl/8.9.1", "curl/8"),
        ("okhttp/4.12.0", "okhttp/4"),
        ("MyApp (Linux)", "MyApp"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
            "Chrome/131",
        ),
        ("Mozilla/5.0 (X11) Gecko/20100101 Firefox/133.0", "Firefox/133"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/131.0 Safari/537.36 Edg/131.0", "Edge/131"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", "Googlebot/2"),
        ("Mozilla/4.0 (compatible)", "Mozilla"),
    ],
)
def test_a_user_agent_is_a_client(read: Read, agent: str, client: str) -> None:
    assert client == event(read, http_user_agent=agent)["client"]


def test_hosts_are_lower_case_and_long_texts_are_cut(read: Read) -> None:
    found = event(read, host="API." + "xxx." * 80, http_user_agent="a" * 3 + " b" * 500, request_uri="/" + "x/" * 2000)

    assert "api.xxx" == found["host"][:7]
    assert (255, 400, 1000) == (len(found["host"]), len(found["user_agent"]), len(found["path"]))


@pytest.mark.parametrize(
    ("request_line", "method", "path"),
    [
        ("GET /x HTTP/1.1", "GET", "/x"),
        ("PROPFIND /x HTTP/1.1", "PROPFIND", "/x"),
        ("GET /a b c HTTP/1.1", "GET", "/a b c"),
        ("GET /x", "GET", "/x"),
        ("HELP", None, "HELP"),
        ("-", None, None),
        ("", None, None),
        (r"\x16\x03\x01\x02", None, r"\x16\x03\x01\x02"),
        (r"GET /q/\x22quoted\x22 HTTP/1.1", "GET", r"/q/\x22quoted\x22"),
    ],
)
def test_a_request_line_is_taken_apart(read: Read, request_line: str, method: str | None, path: str | None) -> None:
    line = f'::1 - - [01/Oct/2026:09:30:00 +0000] "{request_line}" 400 0 "-" "-"\n'
    (found,) = read(line).events

    assert (method, path) == (found["method"], found["path"])


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F", "[redacted]"),
        ("reqac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F", "[redacted]"),
        ("Root=1-67891233-abcdef012345678912345678", "Root=1-67891233-abcdef012345678912345678"),
        ("f7c2b1d0e94a4d5f8a3b6c7d8e9f0a1b", "f7c2b1d0e94a4d5f8a3b6c7d8e9f0a1b"),
    ],
)
def test_a_request_id_stays_unless_a_key_stands_in_it(read: Read, said: str, kept: str) -> None:
    assert kept == event(read, request_id=said)["request_id"]
