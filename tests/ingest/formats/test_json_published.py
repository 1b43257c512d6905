"""What other projects expect of the lines that they test their JSON parsers with."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

Read = Callable[..., Any]

CROWDSEC = ("traefik/crowdsec__traefik_json", "caddy/crowdsec__caddy-logs", "fastly/crowdsec__fastly-logs")
DIFFERENT = {("caddy/crowdsec__caddy-logs", "status"): "0 is no status: nothing was answered"}
"""(file, field) to why our value is not the peer's."""


def events_by_line(found: Any) -> dict[int, dict[str, Any]]:  # noqa: ANN401 (what `read` gives)
    return {event["line"]: event for event in found.events}


def expected(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for event in json.loads(path.read_text())["events"]:
        yield event["index"] + 1, event


@pytest.mark.parametrize("name", CROWDSEC)
def test_what_crowdsec_reads_is_read(read: Read, shared: Path, name: str) -> None:
    folder = shared / "formats"
    found = read((folder / f"{name}.log").read_bytes())
    ours = events_by_line(found)

    for line, event in expected(folder / f"{name}.expected.json"):
        assert event["success"] == (line in ours)
        if event["success"]:
            compare(name, ours[line], event["meta"], event)
    assert [] == found.rejects


def compare(name: str, ours: dict[str, Any], meta: dict[str, str], event: dict[str, Any]) -> None:
    """Each field that both have."""
    same = {
        "ip": meta["source_ip"],
        "method": meta.get("http_verb") or meta.get("verb"),
        "path": meta["http_path"].split("?")[0],
        "status": int(meta["http_status"]) if (name, "status") not in DIFFERENT else ours["status"],
        "user_agent": meta.get("http_user_agent"),
        "host": meta.get("target_fqdn", ours["host"]),
    }
    assert same == {field: ours[field] for field in same}
    if event.get("enriched_time"):
        # Whole seconds are enough: Traefik's own `time` has no more, its StartUTC does.
        theirs = datetime.fromisoformat(event["enriched_time"])
        assert abs((ours["ts"] - theirs).total_seconds()) < 1


def test_what_crowdsec_reads_of_envoy_s_json_is_read(read: Read, shared: Path) -> None:
    folder = shared / "formats" / "envoy"
    lines = (folder / "crowdsec__envoy-logs.log").read_text().splitlines()
    wanted = [(i, event) for i, event in expected(folder / "crowdsec__envoy-logs.expected.json") if "{" in lines[i - 1]]
    text = "".join(lines[i - 1][lines[i - 1].index("{") :] + "\n" for i, _ in wanted)

    found = read(text)

    assert "envoy-json" == found.format
    for ours, (_, event) in zip(found.events, wanted, strict=True):
        meta = event["meta"]
        assert (meta["source_ip"], meta["http_verb"], meta["http_path"], int(meta["http_status"])) == (
            ours["ip"],
            ours["method"],
            ours["path"],
            ours["status"],
        )
        assert meta["http_user_agent"] == ours["user_agent"]
        assert datetime.fromisoformat(event["enriched_time"]) == ours["ts"]


def test_what_crowdsec_reads_of_cloudtrail_is_read(read: Read, shared: Path) -> None:
    folder = shared / "formats" / "aws_cloudtrail"
    ours = events_by_line(read((folder / "crowdsec__aws-cloudtrail.log").read_bytes()))

    for line, event in expected(folder / "crowdsec__aws-cloudtrail.expected.json"):
        meta = event["meta"]
        assert (meta["source_ip"], f"/{meta['event_name']}", meta["event_source"], meta["user_agent"]) == (
            ours[line]["ip"],
            ours[line]["path"],
            ours[line]["host"],
            ours[line]["user_agent"],
        )


@pytest.mark.parametrize("name", ["cloudflare/lnav__logfile_cloudflare.1", "cloudflare/lnav__logfile_cloudflare.json"])
def test_lnav_s_cloudflare_lines_are_read(read: Read, shared: Path, name: str) -> None:
    text = (shared / "formats" / f"{name}.log").read_text()
    records = [json.loads(line) for line in text.splitlines() if line.strip()]

    found = read(text)

    assert ("cloudflare", []) == (found.format, found.rejects)
    assert [
        (r["ClientIP"], r["ClientRequestMethod"], r["EdgeResponseStatus"], r["EdgeResponseBytes"]) for r in records
    ] == [(e["ip"], e["method"], e["status"], e["bytes_out"]) for e in found.events]


def test_lnav_s_caddy_lines_behind_a_service_name_are_read(read: Read, shared: Path) -> None:
    text = (shared / "formats" / "caddy" / "lnav__logfile_caddy_log.0.log").read_text()

    found = read(text, format="caddy")

    assert text.count('"handled request"') == len(found.events)
    assert [] == found.rejects


def test_axway_s_kong_records_are_read(read: Read, shared: Path) -> None:
    found = read((shared / "formats" / "kong" / "axway-agents-kong__handler_test.ndjson").read_bytes())

    assert "kong" == found.format
    assert [(200, 515.0, "/log"), (404, None, "/log"), (404, None, "/anything")] == [
        (event["status"], event["duration_ms"], event["path"]) for event in found.events
    ]
    assert {"id:c62c1455-9b1d-4f2d-8797-509ba83b8ae8"} == {event["key_ref"] for event in found.events}


def samples(path: Path) -> list[dict[str, Any]]:
    """The sample of each case of a file `<integration>_tests.yaml`."""
    found = re.findall(r"sample: \|-\n(.*?)\n +result:", path.read_text(), re.DOTALL)
    return [json.loads(text) for text in found]


DATADOG: dict[str, dict[str, object]] = {
    "akamai/datadog__akamai.datastream": {
        "method": "GET",
        "status": 200,
        "ip": "15.188.240.172",
        "host": "ds2-sqa-sanity-venkat-1.akamaized.net",
        "path": "/Tiger.pdf",
        "bytes_out": 405_330,
        "duration_ms": 11.0,
        "user_agent": "Datadog/Synthetics",
        "ts": 1_645_568_187_280,
    },
    "gravitee/datadog__gravitee": {"method": "POST", "path": "/tempconvert-v4", "status": 401, "ts": 1_749_198_092_502},
    "ngrok/datadog__ngrok": {
        "ip": "2601:0:8200:9e:4cd7:0:c97f:7823",
        "method": "GET",
        "status": 200,
        "path": "/docs/events",
        "ts": 1_645_659_856_000,
    },
    "vercel/datadog__vercel": {"ip": "64.145.79.247", "method": "GET", "path": "/api/date", "status": 200},
    "auth0/datadog__auth0": {"ip": "79.153.77.39", "host": "awesome.bisonte.auth0.com", "ts": 1_579_792_499_137},
}
"""The first case of each file: what its `result` says in its own words."""


@pytest.mark.parametrize("name", list(DATADOG))
def test_what_datadog_reads_is_read(read: Read, shared: Path, name: str) -> None:
    records = samples(shared / "formats" / f"{name}_tests.yaml")

    found = read("".join(json.dumps(record) + "\n" for record in records))

    assert (name.partition("/")[0], len(records), []) == (found.format, len(found.events), found.rejects)
    first = {**found.events[0], "ts": round(found.events[0]["ts"].timestamp() * 1000)}
    assert DATADOG[name] == {field: first[field] for field in DATADOG[name]}


CASES: dict[str, dict[str, object]] = {
    "E34": {"ip": "::1"},
    "E40": {"ip": "10.0.0.50"},
    "E48": {"ts": "2007-01-09T09:41:00+00:00"},
    "E49": {"ts": "2007-01-09T09:41:00+00:00"},
    "E50": {"ts": "2007-01-09T09:41:00.535404+00:00"},
    "E52": {"ts": "2023-09-04T15:19:51.756500+00:00", "status": None},
    "E53": {"ts": "2022-09-22T01:50:36+00:00", "status": 200, "path": "/asdf"},
    "E54": {"ts": "2024-04-10T23:00:00.100000+00:00", "status": 200},
    "E55": {"ts": "2021-02-25T05:57:48.342000+00:00"},
    "E77": {"status": 401, "ip": "10.0.0.1"},
}
"""Edge case to what it must become."""


@pytest.mark.parametrize("name", list(CASES))
def test_an_edge_case_becomes_what_it_must(read: Read, shared: Path, name: str) -> None:
    cases = map(json.loads, (shared / "edge_cases.jsonl").read_text().splitlines())
    line = next(case["line"] for case in cases if case["id"] == name)

    found = read(line + "\n")

    event = {**found.events[0], "ts": found.events[0]["ts"].isoformat()}
    assert CASES[name] == {field: event[field] for field in CASES[name]}
