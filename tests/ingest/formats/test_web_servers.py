"""Formats with more in a line than combined has, and those of other servers."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import ingest.formats
from ingest.fingerprint import Pepper

Read = Callable[..., Any]
SAMPLES = Path(ingest.formats.__file__).parent / "samples"
SECRET = "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F"


def event(read: Read, name: str, at: int) -> dict[str, Any]:
    found = read((SAMPLES / f"{name}.log").read_text())
    return {column: value for column, value in found.events[at].items() if value is not None and column != "source"}


def test_a_line_of_traefik_becomes_this_event(read: Read, pepper: Pepper) -> None:
    assert {
        "ts": datetime(2026, 10, 1, 9, 30, 1, tzinfo=UTC),
        "key_ref": pepper.key_ref(SECRET),
        "key_hint": "ac_live_…Pd9F",
        "ip": "192.0.2.7",
        "method": "POST",
        "route": "/v1/orders",
        "path": "/v1/orders",
        "status": 401,
        "outcome": "unauthenticated",
        "bytes_out": 17,
        "duration_ms": 1.0,
        "user_agent": "okhttp/4.12.0",
        "client": "okhttp/4",
        "network": "192.0.2.0/24",
        "flags": "key_in_url",
        "line": 2,
    } == event(read, "traefik_clf", 1)


def test_traefik_s_escaped_quotes_and_missing_status_are_read(read: Read) -> None:
    assert 'robot "one"' == event(read, "traefik_clf", 3)["user_agent"]
    assert "unknown" == event(read, "traefik_clf", 2)["outcome"]
    assert "status" not in event(read, "traefik_clf", 2)


def test_a_line_of_ingress_nginx_becomes_this_event(read: Read) -> None:
    assert {
        "ts": datetime(2026, 10, 1, 9, 30, tzinfo=UTC),
        "ip": "203.0.113.9",
        "method": "GET",
        "route": "/v1/agents",
        "path": "/v1/agents",
        "status": 200,
        "outcome": "ok",
        "bytes_out": 12312,
        "bytes_in": 462,
        "duration_ms": 50.0,
        "user_agent": "okhttp/4.12.0",
        "client": "okhttp/4",
        "network": "203.0.113.0/24",
        "request_id": "752178adb17130b291aefd8c386279e7",
        "line": 1,
    } == event(read, "ingress-nginx", 0)


@pytest.mark.parametrize("at", [2, 3, 4, 5])
def test_ingress_lines_of_several_or_no_upstreams_have_their_id_and_duration(read: Read, at: int) -> None:
    found = event(read, "ingress-nginx", at)

    assert [5001.0, 0.0, 1.0, 121.0][at - 2] == found["duration_ms"]
    assert found["request_id"].startswith(["9521", "a521", "b521", "c521"][at - 2])


def test_a_line_of_bunkerweb_becomes_this_event(read: Read) -> None:
    found = event(read, "bunkerweb", 0)

    assert ("www.shop.example", "203.0.113.9") == (found["host"], found["ip"])
    assert "4ef0a1b6c3d2987f4ef0a1b6c3d2987f" == found["request_id"]


def test_combined_lines_with_a_host_are_not_bunkerweb_s(read: Read) -> None:
    assert "vhost_combined" == read((SAMPLES / "vhost_combined.log").read_text()).format


def test_lines_of_nginx_proxy_manager_have_the_client_s_status_and_host(read: Read) -> None:
    found = read((SAMPLES / "nginx-proxy-manager.log").read_text()).events

    assert [200, 401, 200, 444, 207, 400, 404] == [e["status"] for e in found]
    assert ["api.shop.example"] * 3 == [e["host"] for e in found[:3]]
    assert [None, None] == [e["host"] for e in found[5:]]
    assert "https://app.example/" not in str(found)


def test_a_line_of_npmplus_has_its_duration_and_an_agent_with_spaces(read: Read) -> None:
    found = event(read, "nginx-proxy-manager", 4)

    assert (227.0, 125) == (found["duration_ms"], found["bytes_out"])
    assert found["user_agent"].endswith("Gecko/20100101 Firefox/133.0")


def test_a_line_of_squid_becomes_this_event(read: Read, pepper: Pepper) -> None:
    assert {
        "ts": datetime(2026, 10, 1, 9, 30, 1, 556_000, tzinfo=UTC),
        "key_ref": pepper.key_ref(SECRET),
        "key_hint": "ac_live_…Pd9F",
        "ip": "203.0.113.9",
        "method": "GET",
        "route": "/v1/agents",
        "path": "/v1/agents",
        "host": "www.shop.example",
        "status": 200,
        "outcome": "ok",
        "bytes_out": 2014,
        "duration_ms": 3.0,
        "network": "203.0.113.0/24",
        "flags": "key_in_url",
        "line": 2,
    } == event(read, "squid", 1)


def test_squid_s_tunnels_have_a_host_and_aborted_requests_no_status(read: Read) -> None:
    assert "api.shop.example" == event(read, "squid", 0)["host"]
    assert "status" not in event(read, "squid", 2)
    assert {"method", "host"}.isdisjoint(event(read, "squid", 4))


def test_uwsgi_s_durations_have_three_units(read: Read) -> None:
    found = read((SAMPLES / "uwsgi.log").read_text()).events

    assert [129.0, 0.68, 2000.0, 1.0] == [pytest.approx(e["duration_ms"]) for e in found]
    assert datetime(2026, 10, 1, 9, 30, tzinfo=UTC) == found[0]["ts"]


def test_what_uwsgi_says_between_requests_is_skipped(read: Read) -> None:
    said = "*** Starting uWSGI 2.0.26 (64bit) ***\nspawned uWSGI worker 1 (pid: 7, cores: 1)\n"

    found = read(said + (SAMPLES / "uwsgi.log").read_text())

    assert (4, 2, []) == (len(found.events), found.skipped, found.rejects)
