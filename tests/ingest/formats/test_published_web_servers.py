"""What peers test their parsers of web servers' logs on: our events say what theirs do, but for named differences."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

Read = Callable[..., Any]
Fields = dict[str, Any]

CROWDSEC = (
    "apache/crowdsec__apache2-logs",
    "apache/crowdsec__apache2-malformed",
    "litespeed/crowdsec__litespeed-logs",
    "nginx/crowdsec__bunkerweb-http-malformed",
    "nginx/crowdsec__nginx-http-malformed",
    "nginx/crowdsec__nginx_http-logs",
    "nginx_proxy_manager/crowdsec__nginx-proxy-manager-logs",
    "nginx_proxy_manager/crowdsec__nginx-proxy-manager-malformed",
    "nginx_proxy_manager/crowdsec__nginx_http-catch-npm",
    "nginx_proxy_manager/crowdsec__npmplus-logs",
    "traefik/crowdsec__traefik_clf",
)
OTHERS = (
    "apache/logstash__HTTPD_COMBINEDLOG",
    "apache/vrl__parse_apache_log__combined",
    "apache/vrl__parse_apache_log__common",
    "apache/vrl__parse_common_log__any",
    "nginx/vrl__parse_nginx_log__combined",
    "nginx/vrl__parse_nginx_log__ingress_upstreaminfo",
    "nginx/vrl__parse_nginx_log__main",
    "squid/logstash__SQUID3",
    "traefik/traefik__unit",
)
NAMES = {
    "ip": ("remote_addr", "clientip", "source_ip", "client", "host", "client_address", "ClientHost"),
    "ts": ("time_local", "timestamp", "StartUTC"),
    "method": ("verb", "method", "request_method", "RequestMethod"),
    "path": ("request", "path", "url", "RequestPath", "rawrequest"),
    "status": ("status", "response", "status_code", "OriginStatus"),
    "bytes_out": ("body_bytes_sent", "bytes", "size", "body_bytes_size", "OriginContentSize", "response_size"),
    "bytes_in": ("request_length",),
    "user_agent": ("http_user_agent", "agent", "request_User-Agent"),
    "host": ("target_fqdn",),
    "duration_ms": ("request_time", "duration", "Duration"),
    "request_id": ("req_id", "request_id"),
}
"""Column to the peers' names of it, the first that a case has."""
WITHOUT_TIME = {"- - - - - - -", '- - - [-] "-" - -'}
"""Difference: vrl makes an empty record of these; an event has a time, so they are rejects."""
NULLS = {None, "", "-", "_"}
"""Difference: nginx's catch-all server `_` is no host."""


def crowdsec(path: Path) -> Iterator[tuple[str, Fields | None, bool]]:
    """(line, fields, whether it is of an error log) of each line; crowdsec's events stand in their order."""
    lines = [
        line for line in path.with_name(path.name.replace(".expected.json", ".log")).read_text().split("\n") if line
    ]
    for line, case in zip(lines, json.loads(path.read_text())["events"], strict=True):
        parsed, meta = case.get("parsed") or {}, case.get("meta") or {}
        error = "access" not in meta.get("log_type", "http_access-log") or "sub_type" in meta
        yield line, parsed if case["success"] else None, error or "loglevel" in parsed


def others(path: Path) -> Iterator[tuple[str, Fields | None, bool]]:
    """The same of vrl, logstash and Traefik."""
    for case in json.loads(path.read_text())["cases"]:
        fields = case.get("want") or case.get("legacy_fields")
        yield case["input"], fields or None, False


def expected_of(fields: Fields) -> Fields:
    """The peer's fields under our names, as our types."""
    found: Fields = {}
    for column, names in NAMES.items():
        value = next((fields[name] for name in names if name in fields), None)
        text = None if value in NULLS else str(value).strip('"')
        if text is not None:
            found[column] = _typed(column, text, fields)
    return found


def _typed(column: str, text: str, fields: Fields) -> object:
    if column == "ts":
        return _moment(text)
    if column in {"bytes_out", "bytes_in", "status"}:
        return int(text) or (None if column == "status" else 0)
    if column == "duration_ms":
        milliseconds = "Duration" in fields or "cache_result" in fields
        return float(text.removesuffix("ms")) * (1 if milliseconds else 1000)
    if column == "path":
        return _path(text)
    # Difference: names of hosts are in lower case.
    return text.lower() if column in {"host", "ip"} else text


def _path(text: str) -> str:
    """Difference: peers keep the query, the fragment and the host of a proxied request; a path has none."""
    words = text.split(" ")
    target = words[1] if len(words) == 3 and words[2].startswith("HTTP/") else text
    bare = target.removeprefix("http://")
    path = target if bare == target else "/" + bare.partition("/")[2]
    return path.split("?")[0].split("#")[0]


def _moment(text: str) -> datetime:
    if "/" in text:
        return datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z").astimezone(UTC)
    return datetime.fromisoformat(text).astimezone(UTC)


def compare(read: Read, lines: list[str], cases: list[tuple[str, Fields | None, bool]]) -> list[str]:
    """What differs, in words."""
    found = read("".join(line + "\n" for line in lines))
    events = {event["line"]: event for event in found.events}
    rejected = {line for line, _, _ in found.rejects}
    wrong = []
    for number, (line, fields, error) in enumerate(cases, start=1):
        if line.strip() in WITHOUT_TIME or (fields is None and number not in events):
            continue
        if error:
            # Difference: crowdsec makes an event of what the error log says of a request; it is no request.
            wrong += [f"{line}: not skipped"] if number in events or number in rejected else []
            continue
        event = events.get(number)
        if event is None or fields is None:
            wrong.append(f"{line}: {'no event' if event is None else 'an event'}")
            continue
        for column, value in expected_of(fields).items():
            # Difference: what looks like a token is redacted in our path.
            same = event[column] == value or (column == "path" and "[redacted]" in str(event[column]))
            wrong += [] if same else [f"{line[:60]}: {column} {event[column]!r}, not {value!r}"]
    return wrong


@pytest.mark.parametrize("name", CROWDSEC)
def test_our_events_say_what_crowdsec_s_say(read: Read, shared: Path, name: str) -> None:
    cases = list(crowdsec(shared / "formats" / f"{name}.expected.json"))

    assert cases
    assert [] == compare(read, [line for line, _, _ in cases], cases)


@pytest.mark.parametrize("name", OTHERS)
def test_our_events_say_what_vrl_s_logstash_s_and_traefik_s_say(read: Read, shared: Path, name: str) -> None:
    cases = list(others(shared / "formats" / f"{name}.expected.json"))

    assert cases
    assert [] == compare(read, [line for line, _, _ in cases], cases)


LIGHTTPD = (
    r'accesslog.format = "%{X-Forwarded-For}i %h %u %t \"%r\" %>s %b %I %O %T \"%{Referer}i\" \"%{User-Agent}i\""'
)


def test_lighttpd_s_lines_add_up_to_what_mtail_counts(read: Read, shared: Path) -> None:
    text = (shared / "formats" / "lighttpd" / "mtail__lighttpd_access.log").read_text()

    events = read(text, log_format=LIGHTTPD).events
    of_200 = [event for event in events if event["status"] == 200]

    assert (19, 16) == (len(events), sum(event["ip"] == "192.0.2.5" for event in events))
    assert {200: 16, 304: 3} == {s: sum(e["status"] == s for e in events) for s in (200, 304)}
    assert 2_338_666 == sum(event["bytes_out"] for event in of_200)
    assert 15_000 == sum(event["duration_ms"] for event in of_200)


def test_apache_s_lines_add_up_to_what_mtail_counts(read: Read, shared: Path) -> None:
    folder = shared / "formats" / "apache"
    combined = read((folder / "mtail__apache-combined.log").read_text()).events
    common = read(
        (folder / "mtail__apache-common.log").read_text(),
        log_format=r'%h %l %u %t "%r" %>s %b %D "%{Referer}i" "%{User-Agent}i"',
    ).events

    assert (4, 2602) == (sum(e["status"] == 200 for e in combined), sum(e["bytes_out"] or 0 for e in combined))
    assert [(304, None, 3.551), (200, 1880, 8.68), (404, 19, 2.167)] == [
        (e["status"], e["bytes_out"], e["duration_ms"]) for e in common
    ]


@pytest.mark.parametrize(
    ("name", "events", "rejects"),
    [
        ("apache/lnav__access_log_samples", 7, [3, 4]),  # difference: lines 3 and 4 are of another layout
        ("apache/lnav__logfile_access_log.0", 3, []),
        ("apache/lnav__logfile_access_log.1", 1, []),
        ("apache/lnav__logfile_bad_access_log.0", 2, [2]),
        ("apache/lnav__logfile_regexp_access_log.0", 2, []),
        ("apache/lnav__logfile_shop_access_log.0", 1000, []),
        ("nginx/crowdsec__http-dos-invalid-http-versions", 6, []),
        ("nginx/crowdsec__nginx-http-generic-bf", 6, []),
        ("nginx/crowdsec__nginx-http-open-proxy", 2, []),
        ("nginx/crowdsec__nginx-http-path-traversal", 9, []),
        ("nginx/crowdsec__nginx-http-sqli-probing", 16, []),
        ("uwsgi/lnav__logfile_uwsgi.0", 19, []),
        ("uwsgi/lnav__uwsgi_log_samples", 1, []),
    ],
)
def test_the_lines_of_other_peers_are_events(
    read: Read, shared: Path, name: str, events: int, rejects: list[int]
) -> None:
    found = read((shared / "formats" / f"{name}.log").read_bytes())

    assert (events, rejects) == (len(found.events), [line for line, _, _ in found.rejects])


def test_lnav_s_other_layout_is_read_when_it_is_pasted(read: Read, shared: Path) -> None:
    lines = (shared / "formats" / "apache" / "lnav__access_log_samples.log").read_text().splitlines()
    rest = '$x $status $body_bytes_sent "$http_referer" "$http_user_agent"'

    for line, uri in ((lines[2], '"$request_uri"'), (lines[3], "$request_uri")):
        pasted = f"$time_iso8601 $remote_addr $remote_user $request_method {uri} {rest}"
        (event,) = read(line + "\n", log_format=pasted).events

        assert ("/client/", 200, 5778) == (event["path"], event["status"], event["bytes_out"])
