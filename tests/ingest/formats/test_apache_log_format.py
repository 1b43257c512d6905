"""A pasted Apache LogFormat: every directive stands for what Apache says it does."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.fingerprint import Pepper
from ingest.formats.interface import KeyPlace
from model.errors import FormatError

Read = Callable[..., Any]
SECRET = "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F"
T = "[01/Oct/2026:09:30:00 +0200]"
MOMENT = datetime(2026, 10, 1, 7, 30, tzinfo=UTC)


def one(read: Read, log_format: str, line: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401 (fields of Options)
    found = read(line + "\n", log_format=log_format, **options)
    assert [] == found.rejects
    (event,) = found.events
    return {name: value for name, value in event.items() if value is not None}


@pytest.mark.parametrize(
    "pasted",
    [
        r'LogFormat "%h %l %u %t \"%r\" %>s %b" common',
        r'"%h %l %u %t \"%r\" %>s %b"',
        r"%h %l %u %t \"%r\" %>s %b",
        '%h %l %u %t "%r" %>s %b',
        r'CustomLog logs/access_log "%h %l %u %t \"%r\" %>s %b"',
        r'accesslog.format = "%h %l %u %t \"%r\" %>s %b"',
    ],
)
def test_the_whole_directive_or_its_string_can_be_pasted(read: Read, pasted: str) -> None:
    event = one(read, pasted, f'192.0.2.7 - ada {T} "GET /v1/agents HTTP/1.1" 200 512')

    assert (MOMENT, "192.0.2.7", "GET", "/v1/agents", 200, 512) == tuple(
        event[name] for name in ("ts", "ip", "method", "path", "status", "bytes_out")
    )


@pytest.mark.parametrize(
    ("directive", "text", "column", "expected"),
    [
        ("%v", "www.shop.example", "host", "www.shop.example"),
        ("%V", "www.shop.example", "host", "www.shop.example"),
        ("%{Host}i", "www.shop.example", "host", "www.shop.example"),
        ("%>s", "403", "status", 403),
        ("%s", "403", "status", 403),
        ("%!200,304s", "403", "status", 403),
        ("%b", "-", "bytes_out", None),
        ("%B", "0", "bytes_out", 0),
        ("%O", "900", "bytes_out", 900),
        ("%I", "320", "bytes_in", 320),
        ("%D", "4711", "duration_ms", 4.711),
        ("%Dus", "4711us", "duration_ms", 4.711),
        ("%T", "3", "duration_ms", 3000.0),
        ("%{ms}T", "45", "duration_ms", 45.0),
        ("%{us}T", "4711", "duration_ms", 4.711),
        ("%m", "PATCH", "method", "PATCH"),
        ("%U%q", "/v1/agents?x=1", "path", "/v1/agents"),
        ("%U", "/v1/agents", "path", "/v1/agents"),
        ('"%{User-Agent}i"', r'"a \"b\" c/1"', "user_agent", r"a \"b\" c/1"),
        ('"%400,501{User-agent}i"', '"-"', "user_agent", None),
        ("%{UNIQUE_ID}e", "ZvuT-4711", "request_id", "ZvuT-4711"),
        ("%A %p %P %k %X %f %R %l %u %H %L", "::1 443 7 0 + /srv/x proxy - - HTTP/1.1 -", "ip", "192.0.2.7"),
    ],
)
def test_a_directive_gives_its_column(read: Read, directive: str, text: str, column: str, expected: object) -> None:
    event = one(read, f"%a %t {directive} end", f"192.0.2.7 {T} {text} end")

    assert expected == event.get(column)


@pytest.mark.parametrize(
    ("directive", "text", "moment"),
    [
        ("%t", T, MOMENT),
        ("%{sec}t", "1790839800", MOMENT),
        ("%{msec}t", "1790839800250", MOMENT.replace(microsecond=250_000)),
        ("%{usec}t", "1790839800000001", MOMENT.replace(microsecond=1)),
        ("%{sec}t.%{usec_frac}t", "1790839800.000042", MOMENT.replace(microsecond=42)),
        ("[%{%d/%b/%Y:%H:%M:%S}t.%{msec_frac}t %{%z}t]", "[01/Oct/2026:09:30:00.250 +0200]",
         MOMENT.replace(microsecond=250_000)),
        ("%{%Y-%m-%d}t %{%H:%M:%S}t", "2026-10-01 07:30:00", MOMENT),
        ("%{%Y-%m-%d %H:%M:%S %z}t", "2026-10-01 09:30:00 +0200", MOMENT),
        ("%{begin:%FT%T%z}t %{end:%FT%T%z}t", "2026-10-01T09:30:00+0200 2026-10-01T09:30:07+0200", MOMENT),
        ("%{%Y-%m-%dT%H:%M:%S}t.%{usec_frac}tZ", "2026-10-01T07:30:00.147454Z", MOMENT.replace(microsecond=147_454)),
    ],
)  # fmt: skip
def test_a_time_in_any_form_is_read(read: Read, directive: str, text: str, moment: datetime) -> None:
    assert moment == one(read, f"%a {directive} %>s", f"192.0.2.7 {text} 200")["ts"]


def test_a_time_that_no_parser_reads_is_an_error_that_says_which(read: Read) -> None:
    with pytest.raises(FormatError, match=r"%\{%c\}t of the LogFormat cannot be read"):
        read("x\n", log_format="%a %{%c}t %>s")


def test_of_two_statuses_the_last_sent_counts(read: Read) -> None:
    assert 200 == one(read, "%a %t %<s %>s", f"192.0.2.7 {T} 302 200")["status"]


def test_of_three_addresses_that_of_the_client_counts(read: Read) -> None:
    line = f"192.0.2.7 198.51.100.1 203.0.113.4, 198.51.100.2 {T} 200"

    assert "192.0.2.7" == one(read, "%a %{c}a %{X-Forwarded-For}i %t %>s", line)["ip"]


def test_a_template_that_writes_json_is_read_with_apache_s_escapes(read: Read) -> None:
    fields = r"\"at\":\"%t\", \"who\":\"%a\", \"path\":\"%U\", \"q\":\"%q\", \"agent\":\"%{User-agent}i\""
    pasted = f'LogFormat "{{ {fields} }}" json'
    line = rf'{{ "at":"{T}", "who":"192.0.2.7", "path":"/v1", "q":"?a=\x22", "agent":"a \"b\"" }}'

    event = one(read, pasted, line)

    assert (MOMENT, "192.0.2.7", "/v1", r"a \"b\"") == tuple(event[n] for n in ("ts", "ip", "path", "user_agent"))


PLACES = [
    ("%{X-Api-Token}i", SECRET, None),
    ("%{Authorization}i", f"Bearer {SECRET}", None),
    ("%{X-My-Credential}i", SECRET, KeyPlace(carrier="header", name="X-My-Credential")),
    ("%{X-My-Credential}i", SECRET, KeyPlace(name="%{X-My-Credential}i")),
    ("%{X-My-Credential}i", SECRET, KeyPlace(name="X-My-Credential")),
    ('"%{Cookie}i"', f'"a=b; sid={SECRET}; c=d"', KeyPlace(carrier="cookie", name="sid")),
    ("%{sid}C", SECRET, KeyPlace(carrier="cookie", name="sid")),
    ("%{API_KEY}e", SECRET, KeyPlace(name="%{API_KEY}e")),
    ("%{api-key}n", SECRET, KeyPlace(name="%{api-key}n")),
    ("%{X-Issued}o", SECRET, KeyPlace(name="%{X-Issued}o")),
    ('"%r"', f'"GET /v1?credential={SECRET} HTTP/1.1"', KeyPlace(carrier="query", name="credential")),
    ('"%r"', f'"GET /bot{SECRET}/send HTTP/1.1"', KeyPlace(carrier="path", name="/bot{key}/send")),
]


@pytest.mark.parametrize(("directive", "text", "place"), PLACES)
def test_a_key_is_found_where_the_format_writes_it_and_stands_nowhere_else(
    read: Read, pepper: Pepper, directive: str, text: str, place: KeyPlace | None
) -> None:
    keys = (place,) if place is not None else ()

    event = one(read, f"%a %t {directive} %>s", f"192.0.2.7 {T} {text} 200", keys=keys)

    assert pepper.key_ref(SECRET) == event["key_ref"]
    assert SECRET not in str(event)


def test_a_user_can_be_the_key_s_id(read: Read) -> None:
    event = one(read, "%a %u %t %>s", f"192.0.2.7 billing {T} 200", key="%u", kind="id")

    assert "id:billing" == event["key_ref"]


def test_a_key_that_the_format_does_not_write_is_an_error_that_names_its_variables(read: Read) -> None:
    with pytest.raises(FormatError, match="holds no header X-Api-Token; its variables are: remote_addr, time_local"):
        read("x\n", log_format="%a %t %>s", keys=(KeyPlace(carrier="header", name="X-Api-Token"),))


def test_a_key_is_compared_without_apache_s_escapes(read: Read, pepper: Pepper) -> None:
    line = rf'192.0.2.7 {T} "k%-\\a\"b\xc3\xa9x41" 200'

    event = one(read, '%a %t "%{X-Api-Token}i" %>s', line)

    assert pepper.key_ref('k%-\\a"b\u00e9x41') == event["key_ref"]
