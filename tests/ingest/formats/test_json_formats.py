"""What is particular to one JSON format: places of keys, kinds of lines, times."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import ingest.formats
from ingest.fingerprint import Pepper
from ingest.formats.interface import Carrier, KeyPlace, Options
from ingest.formats.registry import FORMATS

Read = Callable[..., Any]
SAMPLES = Path(ingest.formats.__file__).parent / "samples"
SECRET = "kx-0123456789abcdefXYZ"


def first_record(name: str) -> dict[str, Any]:
    return dict(json.loads((SAMPLES / f"{name}.log").read_text().splitlines()[0]))


def with_field(record: dict[str, Any], path: str, value: object) -> str:
    at = record
    *outer, last = path.split("/")
    for part in outer:
        at = at.setdefault(part, {})
    at[last] = value
    return json.dumps(record) + "\n"


@pytest.mark.parametrize(
    ("name", "carrier", "place", "path", "value"),
    [
        ("traefik-json", "header", "x-customer-key", "request_X-Customer-Key", SECRET),
        ("caddy", "header", "x-customer-key", "request/headers/X-Customer-Key", [SECRET]),
        ("caddy", "cookie", "session", "request/headers/Cookie", [f"a=1; session={SECRET}"]),
        ("cloudflare", "header", "X-Customer-Key", "RequestHeaders/x-customer-key", SECRET),
        ("cloudflare", "cookie", "session", "Cookies/session", SECRET),
        ("kong", "header", "X-Customer-Key", "request/headers/x-customer-key", SECRET),
        ("apisix", "header", "X-Customer-Key", "request/headers/x-customer-key", SECRET),
        ("apisix", "cookie", "session", "request/headers/cookie", f"session={SECRET}"),
        ("gravitee", "header", "x-customer-key", "entrypointRequest/headers/X-Customer-Key", [SECRET]),
        ("ngrok", "header", "x-customer-key", "object/http/request/headers/X-Customer-Key", [SECRET]),
        ("envoy-json", "header", "X-Customer-Key", "x_customer_key", SECRET),
        ("azure-apim", "header", "x-customer-key", "properties/requestHeaders/X-Customer-Key", SECRET),
    ],
)
def test_a_place_of_the_config_is_found_in_the_format_s_own_field(
    read: Read, pepper: Pepper, name: str, carrier: Carrier, place: str, path: str, value: object
) -> None:
    line = with_field(first_record(name), path, value)

    found = read(line, format=name, keys=(KeyPlace(carrier=carrier, name=place),))

    assert [pepper.key_ref(SECRET)] == [event["key_ref"] for event in found.events]


@pytest.mark.parametrize("name", ["traefik-json", "caddy", "cloudflare", "kong", "apisix", "gravitee", "azure-apim"])
def test_a_header_that_the_sample_lacks_is_looked_for_all_the_same(read: Read, pepper: Pepper, name: str) -> None:
    paths = {
        "traefik-json": ("request_X-Customer-Key", SECRET),
        "caddy": ("request/headers/X-Customer-Key", [SECRET]),
        "cloudflare": ("RequestHeaders/x-customer-key", SECRET),
        "kong": ("request/headers/x-customer-key", SECRET),
        "apisix": ("request/headers/x-customer-key", SECRET),
        "gravitee": ("entrypointRequest/headers/X-Customer-Key", [SECRET]),
        "azure-apim": ("properties/requestHeaders/X-Customer-Key", SECRET),
    }
    options = Options(keys=(KeyPlace(carrier="header", name="X-CUSTOMER-KEY"),))
    bare = json.dumps(first_record(name)) + "\n"

    plan = FORMATS[name].plan([bare], options)

    assert plan.reads_keys
    found = read(bare * 500 + with_field(first_record(name), *paths[name]) + bare * 500, format=name, keys=options.keys)
    assert [pepper.key_ref(SECRET)] == [event["key_ref"] for event in found.events if event["key_ref"]]


def test_a_key_field_that_the_sample_lacks_is_known_to_the_format(read: Read) -> None:
    record = first_record("kong")
    known = record.pop("authenticated_entity")
    bare = json.dumps(record) + "\n"

    found = read(bare * 500 + json.dumps({**record, "authenticated_entity": known}) + "\n" + bare * 500)

    assert [f"id:{known['id']}"] == [e["key_ref"] for e in found.events if e["key_ref"] and "c1" in e["key_ref"]]


@pytest.mark.parametrize(
    "remark",
    [
        "DEBUG: BouncerPlugin: 2026/10/01 09:30:00 cache updated",
        'time="2026-10-01T09:30:00Z" level=info msg="Configuration loaded"',
        "2026-10-01T09:30:00Z ERR provider failed error=EOF",
        '{"level":"error","msg":"Unable to obtain a certificate","time":"2026-10-01T09:30:00Z"}',
    ],
)
def test_what_traefik_says_of_itself_is_skipped(read: Read, remark: str) -> None:
    line = json.dumps(first_record("traefik-json")) + "\n"

    found = read(line + remark + "\n" + line)

    assert ("traefik-json", 2, 1, []) == (found.format, len(found.events), found.skipped, found.rejects)


def test_caddy_s_own_lines_are_skipped_even_where_they_are_most(read: Read) -> None:
    line = json.dumps(first_record("caddy")) + "\n"
    remark = '{"level":"info","ts":1790847000.5,"logger":"tls","msg":"finished cleaning storage units"}\n'

    found = read(remark * 5 + line)

    assert ("caddy", 1, 5, []) == (found.format, len(found.events), found.skipped, found.rejects)


def test_lines_of_docker_compose_keep_their_service_name(read: Read) -> None:
    found = read(f"caddy  | {json.dumps(first_record('caddy'))}\n", format="caddy")

    assert (1, []) == (len(found.events), found.rejects)


def test_a_tcp_connection_of_envoy_is_skipped(read: Read) -> None:
    record = first_record("envoy-json")
    tcp = {**record, "method": None, "path": None, "protocol": None, "response_code": 0}

    found = read(json.dumps(record) + "\n" + json.dumps(tcp) + "\n")

    assert (1, 1, []) == (len(found.events), found.skipped, found.rejects)


def test_the_firewall_and_performance_lines_of_azure_are_skipped(read: Read) -> None:
    record = first_record("azure-application-gateway")
    others = [{**record, "category": f"ApplicationGateway{kind}Log"} for kind in ("Firewall", "Performance")]

    found = read("".join(json.dumps(each) + "\n" for each in (record, *others)))

    assert (1, 2) == (len(found.events), found.skipped)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("01/09/2007 09:41:00", datetime(2007, 1, 9, 9, 41, tzinfo=UTC)),
        ("1/9/2007 9:41:00 AM", datetime(2007, 1, 9, 9, 41, tzinfo=UTC)),
        ("1/9/2007 10:41:00 AM +01:00", datetime(2007, 1, 9, 9, 41, tzinfo=UTC)),
        ("01/09/2007 10:41:00 +01:00", datetime(2007, 1, 9, 9, 41, tzinfo=UTC)),
        ("12/31/2007 11:41:00 PM", datetime(2007, 12, 31, 23, 41, tzinfo=UTC)),
        ("2007-01-09T09:41:00.535404056Z", datetime(2007, 1, 9, 9, 41, 0, 535404, tzinfo=UTC)),
        ("2007-01-09T09:41:00", datetime(2007, 1, 9, 9, 41, tzinfo=UTC)),
    ],
)
def test_azure_s_odd_times_are_read(read: Read, text: str, moment: datetime) -> None:
    found = read(json.dumps({"time": text, "category": "ApplicationGatewayAccess"}) + "\n")

    assert [moment] == [event["ts"] for event in found.events]


def test_a_tyk_time_without_a_year_is_of_the_last_twelve_months(read: Read) -> None:
    lines = (SAMPLES / "tyk.log").read_text().splitlines(keepends=True)

    found = read(lines[3].replace("Oct 01", "Dec 31"))

    # The tests' own now is of November 2026.
    assert (2025, 12, 31) == found.events[0]["ts"].timetuple()[:3]


def test_tyk_s_application_log_is_skipped(read: Read) -> None:
    line = (SAMPLES / "tyk.log").read_text().splitlines(keepends=True)[0]

    found = read(line + 'time="2026-10-01T09:30:00Z" level=info msg="Loading API" prefix=main\n')

    assert ("tyk", 1, 1) == (found.format, len(found.events), found.skipped)


def test_functions_and_builds_of_vercel_are_skipped(read: Read) -> None:
    record = first_record("vercel")
    function = {name: value for name, value in record.items() if name != "proxy"}

    found = read(json.dumps(record) + "\n" + json.dumps(function) + "\n")

    assert (1, 1, []) == (len(found.events), found.skipped, found.rejects)


@pytest.mark.parametrize(
    ("response", "status", "outcome"),
    [
        ({"errorResponseType": "MISSING_AUTHENTICATION_TOKEN"}, 403, "unauthenticated"),
        ({"errorResponseType": "QUOTA_EXCEEDED"}, 429, "throttled"),
        ({"errorResponseType": "WAF_FILTERED"}, 403, "forbidden"),
        ({"error": {"responseType": "EXPIRED_TOKEN"}}, 403, "unauthenticated"),
        ({"authorizerError": "User is not authorized to access this resource"}, 403, "forbidden"),
        ({"authorizerError": "Unauthorized"}, 500, "unauthenticated"),
        ({"errorMessage": "Invalid mapping expression"}, 400, "client_error"),
        ({"errorResponseType": "-", "errorMessage": "-"}, 200, "ok"),
    ],
)
def test_an_error_of_the_authoriser_tells_the_outcome(
    read: Read, response: dict[str, Any], status: int, outcome: str
) -> None:
    found = read(json.dumps({**first_record("aws-api-gateway"), "status": str(status), **response}) + "\n")

    assert [(outcome, status)] == [(event["outcome"], event["status"]) for event in found.events]


def test_a_failed_console_login_has_no_error_code_and_is_unauthenticated(read: Read) -> None:
    record = {
        **first_record("cloudtrail"),
        "eventName": "ConsoleLogin",
        "responseElements": {"ConsoleLogin": "Failure"},
    }

    found = read(json.dumps(record) + "\n")

    assert ["unauthenticated"] == [event["outcome"] for event in found.events]
