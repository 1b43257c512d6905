"""The 92 edge cases that other projects found: which format each is, and whether it is an event, a reject or skipped.

What the fields of the events are is tested beside each format and each framing; here is every case, none left out.
"""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Read = Callable[..., Any]
COMBINED = '192.0.2.7 - - [01/Oct/2026:09:30:00 +0000] "GET /good HTTP/1.1" 200 12 "-" "curl/8.9.1"\n'
TRAEFIK = (
    '{"ClientAddr":"203.0.113.9:40112","ClientHost":"203.0.113.9","DownstreamStatus":200,"Duration":42000000,'
    '"RequestMethod":"GET","RequestPath":"/good","StartUTC":"2026-10-01T09:30:00Z","RouterName":"api@docker"}\n'
)
FASTLY = (
    '2026-10-01T09:30:00+00:00 192.0.2.1 {"timestamp":"2026-10-01T09:30:00+0000","client_ip":"203.0.113.9",'
    '"url":"/good","request_method":"GET","response_status":200,"fastly_server":"cache"}\n'
)
SYSLOG = f"Oct  1 09:30:00 web1 nginx: {COMBINED}"
COMPOSE = f"web-1  | 2026-10-01T09:30:00.000000000Z {COMBINED}"
DOCKER = json.dumps({"log": COMBINED, "stream": "stdout", "time": "2026-10-01T09:30:00Z"}) + "\n"

ALONE = {
    **dict.fromkeys(("E01", "E03", "E05", "E07", "E09", "E10", "E11", "E12", "E13", "E23", "E24"), "combined: event"),
    **dict.fromkeys(("E30", "E31", "E36", "E38", "E42", "E44", "E60", "E65", "E66", "E72"), "combined: event"),
    **dict.fromkeys(("E73", "E74"), "combined: event"),
    **dict.fromkeys(("E04", "E06", "E33"), "common: event"),
    **dict.fromkeys(("E08", "E41", "E62"), "vhost_combined: event"),
    **dict.fromkeys(("E02", "E22", "E45"), "traefik_clf: event"),
    **dict.fromkeys(("E14", "E15", "E19", "E20"), "aws-alb: event"),
    **dict.fromkeys(("E21", "E28", "E29", "E37", "E69"), "haproxy: event"),
    **dict.fromkeys(("E26", "E39", "E88"), "envoy-text: event"),
    **dict.fromkeys(("E34", "E40"), "traefik-json: event"),
    **dict.fromkeys(("E35", "E46", "E63"), "w3c: event"),
    **dict.fromkeys(("E48", "E49", "E50"), "azure-application-gateway: event"),
    **dict.fromkeys(("E79", "E81", "E82"), "ingress-nginx: event"),
    "E16": "aws-elb: tcp",
    "E17": "aws-alb: tls",
    "E18": "aws-alb: connection",
    "E25": "cloudfront: event",
    "E27": "envoy-text: tcp",
    "E32": "common: the time cannot be read",
    "E51": "squid: event",
    "E52": "caddy: event",
    "E53": "aws-api-gateway: event",
    "E54": "cloudflare: event",
    "E55": "kong: event",
    "E56": "w3c: directive",
    "E57": "w3c: event, event, event, directive, directive, directive, directive",
    "E77": "json: event",
    "E83": "envoy-json: event",
    "E84": "untimed: it has no time, and nothing around it has one",
    "E89": "iis-events: the time cannot be read",
}
"""Recognised by themselves."""

NO_MATCH = "does not match combined"
AMONG = {
    "E43": (COMBINED, NO_MATCH),
    "E47": (COMBINED, NO_MATCH),
    "E58": (SYSLOG, f"{NO_MATCH}, {NO_MATCH}"),
    "E59": (SYSLOG, NO_MATCH),
    "E61": (COMBINED, NO_MATCH),
    "E64": (COMPOSE, NO_MATCH),
    "E68": (COMBINED, NO_MATCH),
    "E70": (COMBINED, NO_MATCH),
    "E75": (TRAEFIK, "log"),
    "E76": (COMBINED, "error-log"),
    "E80": (DOCKER, f"{NO_MATCH}, {NO_MATCH}"),
    "E85": (SYSLOG, "a wrapper's remark"),
    "E86": (SYSLOG, "error-log"),
    "E87": (FASTLY, "not valid JSON"),
}
"""Lines that no file consists of (another program's, or cut by who collected them), among good ones.

E84, whose only time is the wrapper's, is the one that we read less of than its peer.
"""

ELSEWHERE = {
    "E67": "sources/test_encoding.py",
    "E71": "test_edge_cases.py",
    "E78": "test_edge_cases.py",
    "E90": "sources/test_decompress.py",
    "E91": "sources/test_files.py",
    "E92": "sources/test_files.py",
}
"""Files rather than lines, and lines that the case only describes: who tests them."""


@pytest.fixture
def cases(shared: Path) -> dict[str, bytes]:
    found = map(json.loads, (shared / "edge_cases.jsonl").read_text().splitlines())
    return {c["id"]: base64.b64decode(c["line_b64"]) if "line_b64" in c else c["line"].encode() for c in found}


def verdicts(found: Any) -> str:  # noqa: ANN401 (what `read` gives)
    """What became of the lines: the events first, then the rejects by their reasons, the skipped by their classes."""
    remarks = ["a wrapper's remark"] * (found.skipped - len(found.classes))
    return ", ".join(
        [*(["event"] * len(found.events)), *(why for _, why, _ in found.rejects), *found.classes, *remarks]
    )


def test_every_case_is_tested(cases: dict[str, bytes]) -> None:
    assert set(cases) == {*ALONE, *AMONG, *ELSEWHERE}
    assert len(cases) == len(ALONE) + len(AMONG) + len(ELSEWHERE) == 92
    assert all((Path(__file__).parent / name).exists() for name in ELSEWHERE.values())


@pytest.mark.parametrize("name", list(ALONE))
def test_a_case_is_recognised_and_what_it_should_be(read: Read, cases: dict[str, bytes], name: str) -> None:
    found = read(cases[name] + b"\n")

    assert ALONE[name] == f"{found.format}: {verdicts(found)}"


@pytest.mark.parametrize("name", list(AMONG))
def test_a_case_among_good_lines_is_what_it_should_be_and_harms_none(
    read: Read, cases: dict[str, bytes], name: str
) -> None:
    good, expected = AMONG[name]

    found = read(good.encode() * 3 + cases[name] + b"\n" + good.encode() * 2)

    assert ", ".join([*(["event"] * 5), expected]) == verdicts(found)
    assert {"/good"} == {event["path"] for event in found.events}


def test_a_line_of_a_megabyte_is_an_event_among_others(read: Read, cases: dict[str, bytes]) -> None:
    line = cases["E71"].replace(b"<repeat to 1 MiB>", b"a" * (1 << 20))

    found = read(COMBINED.encode() + line + b"\n" + COMBINED.encode())

    assert [200, 414, 200] == [event["status"] for event in found.events]


def test_a_record_with_the_escapes_of_nginx_is_repaired(read: Read, cases: dict[str, bytes]) -> None:
    record = cases["E78"].decode().replace("{", '{"time_iso8601":"2026-10-01T09:30:00Z",', 1)

    (event,) = read(record + "\n").events

    assert ('/a"b', 200) == (event["path"], event["status"])


def test_the_durations_of_several_upstreams_are_added(read: Read, cases: dict[str, bytes]) -> None:
    pasted = '$remote_addr [$time_local] "$request" $status $upstream_response_time'
    line = COMBINED.partition(" 12 ")[0].replace(" - - ", " ") + " " + cases["E61"].decode().strip()

    (event,) = read(line + "\n", log_format=pasted).events

    assert (200, pytest.approx(700.0)) == (event["status"], event["duration_ms"])
