"""Shapes that peers test their parsers of clouds and proxies with; the lines are our own."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import ingest.formats

Read = Callable[..., Any]
SAMPLES = Path(ingest.formats.__file__).parent / "samples"
AT = "[01/Oct/2026:09:30:00 +0000]"
GOOD = f'203.0.113.9 - - {AT} "GET /v1 HTTP/1.1" 200 12 "-" "curl/8.9.1"\n'


def sample(name: str) -> str:
    return (SAMPLES / f"{name}.log").read_text()


def test_a_request_for_a_blob_counts_for_the_hash_of_what_signed_it(read: Read) -> None:
    first, second = read(sample("azure-storage")).events

    assert ("203.0.113.9", 200, 8100, 9.0) == (first["ip"], first["status"], first["bytes_out"], first["duration_ms"])
    assert "id:key1(7F0A41C2D95E83B6)" == first["key_ref"]
    assert ("shoplogs.blob.core.windows.net", "/invoices/2026/10.pdf") == (first["host"], first["path"])
    assert ("2001:db8::9", "forbidden", 4096) == (second["ip"], second["outcome"], second["bytes_in"])
    assert "Xq9vTz8LmWc2Rb7NxYk4Pd9FHa1sQe3u" not in str(second)


@pytest.mark.parametrize(
    ("said", "ip"),
    [
        ("203.0.113.9:43210", "203.0.113.9"),
        ("203.0.113.9", "203.0.113.9"),
        ("[2001:db8::9]:443", "2001:db8::9"),
        ("[2001:db8::9]", "2001:db8::9"),
        ("2001:db8::9", "2001:db8::9"),
    ],
)
def test_who_asks_for_a_blob_may_stand_with_a_port(read: Read, said: str, ip: str) -> None:
    record = json.loads(sample("azure-storage").splitlines()[0]) | {"callerIpAddress": said}

    assert ip == read(f"{json.dumps(record)}\n", format="azure-storage").events[0]["ip"]


def test_headers_of_a_siem_event_are_decoded(read: Read) -> None:
    first, second = read(sample("akamai-siem")).events

    assert ("scanner/0.1 (made up)", "DE", "AS64500") == (first["user_agent"], first["country"], first["asn"])
    assert ("curl/8.9.1", datetime(2026, 10, 1, 9, 30, 1, 250_000, tzinfo=UTC)) == (second["user_agent"], second["ts"])


@pytest.mark.parametrize("name", ["azure-app-service", "azure-front-door", "azure-apim"])
@pytest.mark.parametrize("listed", [False, True])
def test_properties_that_are_a_text_are_read_as_the_object_that_they_are(read: Read, name: str, listed: bool) -> None:  # noqa: FBT001
    records = [json.loads(line) for line in sample(name).splitlines()]
    records = [record for record in records if isinstance(record.get("properties"), dict)]
    texts = [record | {"properties": json.dumps(record["properties"])} for record in records]
    told = (lambda rows: json.dumps({"records": rows}, indent=1)) if listed else "\n".join
    shown = told(texts) if listed else told(map(json.dumps, texts)) + "\n"  # type: ignore[operator, arg-type]

    assert records
    assert [row | {"line": 0} for row in read("".join(json.dumps(one) + "\n" for one in records)).events] == [
        row | {"line": 0} for row in read(shown).events
    ]


def test_a_url_s_own_port_is_no_part_of_the_host(read: Read) -> None:
    record = json.loads(sample("azure-front-door").splitlines()[0])
    record["properties"] |= {"requestUri": "https://cdn.shop.example:443/a", "hostName": None, "host": None}
    other = record | {"properties": record["properties"] | {"requestUri": "https://cdn.shop.example:8443/a"}}

    found = read(json.dumps(record) + "\n" + json.dumps(other) + "\n")

    assert ["cdn.shop.example", "cdn.shop.example:8443"] == [event["host"] for event in found.events]


def test_traefik_s_local_start_counts_where_it_leaves_out_that_in_utc(read: Read) -> None:
    record = json.loads(sample("traefik-json").splitlines()[0])
    record.pop("StartUTC")
    record |= {"StartLocal": "2026-10-01T11:30:00.125+02:00", "time": "2026-10-01T11:30:03+02:00"}

    assert datetime(2026, 10, 1, 9, 30, 0, 125_000, tzinfo=UTC) == read(json.dumps(record) + "\n").events[0]["ts"]


@pytest.mark.parametrize("between", ["192.0.2.1 + 400", "X 400", "ms:71198", "ms:3214 2001:db8::1 40", "3413"])
def test_what_tomcat_writes_behind_the_bytes_hides_no_user_agent(read: Read, between: str) -> None:
    found = read(f'203.0.113.9 - ada {AT} "POST /v1 HTTP/1.1" 200 20 {between} "-" "curl/8.9.1" X-Forwarded-For="-"\n')

    assert [("curl/8.9.1", 20)] == [(event["user_agent"], event["bytes_out"]) for event in found.events]


@pytest.mark.parametrize(
    "remark",
    [
        "[2026-10-01 09:33:24 +0000] [17] [INFO] Booting worker with pid: 17",
        "[2026-10-01 09:31:11,580] ERROR in app: Exception on /api/users [POST]",
        "E1001 13:00:58.488494       7 controller.go:202] Initial sync failed",
    ],
)
def test_what_a_server_says_of_itself_is_skipped(read: Read, remark: str) -> None:
    found = read(GOOD * 2 + remark + "\n" + GOOD)

    assert (3, 1, []) == (len(found.events), found.skipped, found.rejects)


def test_what_envoy_and_squid_say_of_themselves_is_skipped(read: Read) -> None:
    for name, remark in (
        ("envoy-text", "[2026-10-01 15:31:30.492][1][warning][runtime] [source/common/runtime.cc:31] no such feature"),
        ("squid", "2026/10/01 09:14:49 kid1| Accepting HTTP Socket connections at local=[::]:3128 FD 11 flags=9"),
    ):
        alone, found = read(sample(name)), read(sample(name) + remark + "\n")

        assert (len(alone.events), alone.skipped + 1, []) == (len(found.events), found.skipped, found.rejects)


def test_squid_writes_whole_seconds_and_requests_without_a_host(read: Read) -> None:
    whole = "1790847000      0 203.0.113.9 TCP_DENIED/403 3920 CONNECT api.shop.example:443 - HIER_NONE/- text/html\n"
    path = "1790847001.500      0 203.0.113.9 NONE_NONE/400 3913 GET /favicon.ico - HIER_NONE/- text/html\n"

    first, second = read(whole + path).events

    assert (datetime(2026, 10, 1, 9, 30, tzinfo=UTC), "api.shop.example") == (first["ts"], first["host"])
    assert (None, "/favicon.ico") == (second["host"], second["path"])


def test_a_request_that_never_came_has_no_status(read: Read) -> None:
    found = read(GOOD + f'203.0.113.9 - - {AT} "- error:transaction-end-before-headers NONE/0.0" 0 0 NONE:HIER_NONE\n')

    assert ([200, None], []) == ([event["status"] for event in found.events], found.rejects)


def test_a_path_ends_where_a_request_without_protocol_does(read: Read) -> None:
    assert ["/v1"] == [row["path"] for row in read(f'203.0.113.9 - - {AT} "GET /v1 " 200 17\n').events]


def test_google_s_usage_logs_of_buckets_are_read(read: Read) -> None:
    head = "time_micros c_ip c_ip_type c_ip_region cs_method cs_uri sc_status cs_bytes sc_bytes time_taken_micros"
    names = [*head.split(), "cs_host", "cs_referer", "cs_user_agent", "s_request_id", "cs_operation", "cs_bucket"]
    row = ["1790847000250000", "203.0.113.9", "1", "", "GET", "/storage/v1/b/shop/o?prefix=a", "200", "7", "4521"]
    rest = ["12000", "storage.googleapis.com", "", "gsutil/5.30", "rid-1", "storage.objects.list", "shop"]

    (found,) = read("".join(",".join(f'"{text}"' for text in texts) + "\n" for texts in (names, row + rest))).events

    assert datetime(2026, 10, 1, 9, 30, 0, 250_000, tzinfo=UTC) == found["ts"]
    assert ("203.0.113.9", "GET", "/storage/v1/b/shop/o", 200) == (
        found["ip"],
        found["method"],
        found["path"],
        found["status"],
    )
    assert (7, 4521, 12.0, "gsutil/5.30") == (
        found["bytes_in"],
        found["bytes_out"],
        found["duration_ms"],
        found["user_agent"],
    )


@pytest.mark.parametrize("took", ["NaN", "inf", "-"])
def test_a_duration_that_is_no_number_is_none(read: Read, took: str) -> None:
    line = (
        '[2026-10-01T09:30:03.000Z] "GET /v1 HTTP/1.1" 200 - via_upstream - "-" 0 135 {} 1 "-" "okhttp/4.12.0" "id-4"'
        ' "agents:8000" "192.0.2.11:80" inbound|8000|| 127.0.0.1:41854 192.0.2.11:80 198.51.100.24:37 - default\n'
    )

    found = read(line.format(7) * 20 + line.format(took))

    assert [None] == [event["duration_ms"] for event in found.events[20:]]
