"""What other projects' parsers make of lines of proxies and clouds, and what ours makes of them."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

Read = Callable[..., Any]
Fields = dict[str, Any]
Expected = Callable[[Path, str, str], Iterator[tuple[int, Fields]]]

CROWDSEC = {
    "http_status": "status",
    "http_verb": "method",
    "http_path": "path",
    "http_user_agent": "user_agent",
    "source_ip": "ip",
    "target_fqdn": "host",
    "http_host": "host",
}
LOGSTASH = {
    "clientip": "ip",
    "client_ip": "ip",
    "verb": "method",
    "http_verb": "method",
    "cs_method": "method",
    "response": "status",
    "http_status_code": "status",
    "sc_status": "status",
    "bytes": "bytes_out",
    "sc_bytes": "bytes_out",
    "cs_bytes": "bytes_in",
    "received_bytes": "bytes_in",
    "request": "path",
    "http_request": "path",
    "cs_uri_stem": "path",
    "urihost": "host",
    "x_host_header": "host",
    "request_time_ms": "duration_ms",
    "time_duration": "duration_ms",
    "agent": "user_agent",
    "request_id": "request_id",
    "x_edge_request_id": "request_id",
}
VRL = {
    "client_host": "ip",
    "request_method": "method",
    "request_url": "path",
    "elb_status_code": "status",
    "received_bytes": "bytes_in",
    "sent_bytes": "bytes_out",
    "user_agent": "user_agent",
    "trace_id": "request_id",
    "timestamp": "ts",
}

DIFFERENCES = {
    ("envoy/crowdsec__envoy-logs", "ip"): "the peer is the last of X-Forwarded-For; theirs is the first, unproven one",
    ("aws_elb/crowdsec__aws-alb-logs", "ts"): "theirs is when the request was made; ours when the line was written",
    ("iis/crowdsec__iis-xml-logs", "user_agent"): "IIS writes + for a space, which they keep",
    ("iis/crowdsec__iis-xml-logs", "host"): "theirs is the site's number (W3SVC1)",
    ("aws_cloudfront/logstash__CLOUDFRONT_ACCESS_LOG", "user_agent"): "they keep the percent escapes",
}
"""(file, field) to why we differ."""


def crowdsec(folder: Path, name: str, text: str) -> Iterator[tuple[int, Fields]]:
    for event in json.loads((folder / f"{name}.expected.json").read_text())["events"]:
        if event["success"] and event.get("meta", {}).get("http_status"):
            yield event["index"], event["meta"] | ({"ts": event["enriched_time"]} if "enriched_time" in event else {})
    assert text


def cases(folder: Path, name: str, text: str) -> Iterator[tuple[int, Fields]]:
    lines = text.splitlines()
    for case in json.loads((folder / f"{name}.expected.json").read_text())["cases"]:
        wanted = case.get("want") or case.get("legacy_fields")
        if case["input"] in lines and wanted:
            yield lines.index(case["input"]), wanted


FILES = (
    ("haproxy/crowdsec__haproxy-logs", crowdsec, CROWDSEC, 2),
    ("haproxy/logstash__HAPROXYHTTP", cases, LOGSTASH, 4),
    ("haproxy/logstash__HAPROXYHTTPBASE", cases, LOGSTASH, 3),
    ("envoy/crowdsec__envoy-logs", crowdsec, CROWDSEC, 4),
    ("iis/crowdsec__iis-xml-logs", crowdsec, CROWDSEC, 1),
    ("aws_cloudfront/crowdsec__aws-cloudfront-logs", crowdsec, CROWDSEC, 2),
    ("aws_cloudfront/logstash__CLOUDFRONT_ACCESS_LOG", cases, LOGSTASH, 1),
    ("aws_elb/crowdsec__aws-alb-logs", crowdsec, CROWDSEC, 14),
    ("aws_elb/logstash__ELB_ACCESS_LOG", cases, LOGSTASH, 2),
    ("aws_elb/vrl__parse_aws_alb_log__any", cases, VRL, 12),
    ("aws_s3access/logstash__S3_ACCESS_LOG", cases, LOGSTASH, 3),
    ("zoraxy/crowdsec__zoraxy-http-logs", crowdsec, CROWDSEC, 13),
    ("upsun/crowdsec__base-upsun-httplog-logs", crowdsec, CROWDSEC, 1),
)


def lines_of(path: Path) -> list[str]:
    lines = path.read_text().splitlines()
    if path.parent.name == "envoy":  # half of its lines are JSON, which is another format's
        return [line.split(" F ", 1)[1] if " F [" in line else "" for line in lines]
    if path.parent.name == "upsun":  # in JSON, which is peeled off before
        return [json.loads(line)["message"] for line in lines]
    return lines


@pytest.mark.parametrize(("name", "expected", "names", "count"), FILES, ids=[row[0] for row in FILES])
def test_our_events_say_what_the_peer_s_say(
    read: Read, shared: Path, name: str, expected: Expected, names: dict[str, str], count: int
) -> None:
    path = shared / "formats" / f"{name}.log"
    text = "\n".join(lines_of(path)) + "\n"

    events = {event["line"]: event for event in read(text).events}

    wanted = [(at, fields) for at, fields in expected(path.parent, path.stem, text) if text.splitlines()[at]]
    differing = {}
    for at, fields in wanted:
        for theirs, value in fields.items():
            ours = "ts" if theirs == "ts" else names.get(theirs)
            if ours is None or (name, ours) in DIFFERENCES:
                continue
            found = events[at + 1][ours]
            # What looks like a secret is taken out of an event.
            if alike(ours, value) != alike(ours, found) and "[redacted]" not in str(found):
                differing[at, ours] = (value, found)
    assert {} == differing
    assert count == len(wanted)


def alike(field: str, value: object) -> object:
    """Both spellings of a value as one."""
    text = str(value).strip('"')
    if value is None or text in {"", "-", "<BADREQ>"}:
        return None
    if field == "ts":
        return datetime.fromisoformat(text).astimezone(UTC)
    read: dict[str, Callable[[str], object]] = {"status": int, "bytes_out": int, "bytes_in": int, "duration_ms": float}
    read |= {"path": _path, "host": _host, "ip": _address}
    return read.get(field, str)(text)


def _path(text: str) -> str | None:
    """An event has no query, and no host in its path."""
    return (urlsplit(text).path if "://" in text else text.partition("?")[0]) or None


def _host(text: str) -> str:
    return text.partition(":")[0]


def _address(text: str) -> str:
    """Without a port, which stands behind an address of IPv4 or a whole one of IPv6."""
    address, _, port = text.rpartition(":")
    return address if text.count(":") in {1, 8} and port.isdigit() else text
