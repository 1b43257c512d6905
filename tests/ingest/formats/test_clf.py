"""Common, combined and vhost_combined: what servers and their clients really write into them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from ingest.fingerprint import Pepper
from ingest.formats.interface import KeyPlace, Options
from ingest.formats.registry import recognise
from model.errors import FormatError

Read = Callable[..., Any]
TIME = "[01/Oct/2026:09:30:00 +0000]"
REST = f'{TIME} "GET /v1/agents HTTP/1.1" 200 512'
PLAIN = f'192.0.2.7 - - {REST} "-" "curl/8.9.1"'
SECRET = "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F"


def seen(found: Any, *names: str) -> list[tuple[object, ...]]:  # noqa: ANN401 (what `read` gives)
    return [tuple(event[name] for name in names) for event in found.events]


@pytest.mark.parametrize(
    ("head", "host"),
    [
        ("www.shop.example:443 192.0.2.7 - -", "www.shop.example"),
        ("www.shop.example 192.0.2.7 - ada", "www.shop.example"),
        ("localhost:80 192.0.2.7 session1 Ada Lovelace", "localhost"),
        ("127.0.1.1:80 192.0.2.7 - -", "127.0.1.1"),
        ("www.shop.example 192.0.2.7 -", "www.shop.example"),
        ("192.0.2.7 www.shop.example -", "www.shop.example"),
    ],
)
def test_a_virtual_host_before_or_behind_the_client_is_the_host(read: Read, head: str, host: str) -> None:
    found = read(f'{PLAIN}\n{head} {REST} "-" "curl/8.9.1"\n{PLAIN}\n')

    assert [("192.0.2.7", None), ("192.0.2.7", host), ("192.0.2.7", None)] == seen(found, "ip", "host")


@pytest.mark.parametrize(
    ("head", "ip"),
    [
        ("198.51.100.4, 198.51.100.5, 192.0.2.7 - -", "192.0.2.7"),
        ('"198.51.100.4, 198.51.100.5" 192.0.2.7 - -', "192.0.2.7"),
        ("2001:db8::4, 198.51.100.5 192.0.2.7 - ada", "192.0.2.7"),
        ("- 192.0.2.7 -", "192.0.2.7"),
        ("198.51.100.4 192.0.2.7 -", "192.0.2.7"),
    ],
)
def test_the_last_address_before_the_user_is_the_client(read: Read, head: str, ip: str) -> None:
    found = read(f'{PLAIN}\n{head} {REST} "-" "curl/8.9.1"\n')

    assert [(ip,)] == seen(found, "ip")[1:]


@pytest.mark.parametrize("user", ["-", "ada", "Ada Lovelace", "ada@shop.example", "-ada", "x-y"])
def test_a_user_s_name_moves_no_column(read: Read, user: str) -> None:
    assert [("192.0.2.7", 200)] == seen(read(f"192.0.2.7 - {user} {REST}\n"), "ip", "status")


@pytest.mark.parametrize(
    ("time", "moment"),
    [
        ("26/Jan/2019:19:45:25 +0330", datetime(2019, 1, 26, 16, 15, 25, tzinfo=UTC)),
        ("01/Oct/2026:09:30:00.250 +0200", datetime(2026, 10, 1, 7, 30, 0, 250_000, tzinfo=UTC)),
        ("01/Oct/2026:09:30:00", datetime(2026, 10, 1, 9, 30, tzinfo=UTC)),
        ("01/Oct/2026 09:30:00", datetime(2026, 10, 1, 9, 30, tzinfo=UTC)),
        ("2026-10-01T09:30:00+02:00", datetime(2026, 10, 1, 7, 30, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("end", ["", ' "-" "curl/8.9.1"'])
def test_times_with_a_fraction_without_a_zone_or_in_iso_8601_are_read(
    read: Read, time: str, moment: datetime, end: str
) -> None:
    found = read(f'192.0.2.7 - - [{time}] "GET / HTTP/1.1" 200 5{end}\n')

    assert [(moment,)] == seen(found, "ts")


def test_a_time_that_is_none_is_a_reject_that_says_so(read: Read) -> None:
    found = read(f"{PLAIN}\n" + '- - - [-] "-" - -\n' + f"{PLAIN}\n")

    assert [(2, "the time cannot be read")] == [(line, reason) for line, reason, _ in found.rejects]


@pytest.mark.parametrize(
    "line",
    [
        '2026/10/01 09:30:00 [error] 31#31: *46 open() "/x" failed (2: No such file), client: 192.0.2.7, server: _',
        "[Thu Oct 01 09:30:00.880562 2026] [auth_basic:error] [pid 10:tid 14] [client 192.0.2.7:5] AH01618: user ada",
        "2026-10-01 09:30:00.774649 [NOTICE] [1226033] [192.0.2.7:45164:HTTP2-41] [STDERR] Failed Login Attempt",
    ],
)
def test_lines_of_an_error_log_are_skipped_and_do_not_hide_the_format(read: Read, line: str) -> None:
    found = read(f"{line}\n" * 9 + f"{PLAIN}\n")

    assert ("combined", 1, 9, []) == (found.format, len(found.events), found.skipped, found.rejects)


def test_a_log_of_common_and_combined_lines_is_read_whole(read: Read) -> None:
    found = read(f"192.0.2.7 - - {REST}\n{PLAIN}\n")

    assert [(200, 512, None), (200, 512, "curl/8.9.1")] == seen(found, "status", "bytes_out", "user_agent")


@pytest.mark.parametrize("cut", ['"-" "Mozilla/5.0 (X1', '"-"', '"https://shop.exa', "", "3413", '"-" "a b" "'])
def test_a_line_that_was_cut_behind_its_status_is_an_event(read: Read, cut: str) -> None:
    found = read(f"{PLAIN}\n192.0.2.7 - - {REST} {cut}\n")

    assert [(200, 512)] * 2 == seen(found, "status", "bytes_out")


def test_a_line_that_was_cut_before_its_status_is_a_reject(read: Read) -> None:
    found = read(f'{PLAIN}\n192.0.2.7 - - {TIME} "GET /v1/age\n')

    assert [(2, "does not match combined")] == [(line, reason) for line, reason, _ in found.rejects]


@pytest.mark.parametrize(
    "request_line", ["", "-", r"\x16\x03\x01", "HELP", r"\n", "Gh0st\\xAD\\x00", "<X>Y</X> / HTTP/1.1"]
)
def test_what_is_no_request_is_an_event_without_a_method(read: Read, request_line: str) -> None:
    found = read(f'{PLAIN}\n192.0.2.7 - - {TIME} "{request_line}" 400 226 "-" "-"\n')

    assert (None, 400, "client_error") == seen(found, "method", "status", "outcome")[1]


@pytest.mark.parametrize("status", ["-", "000"])
def test_a_status_that_was_never_sent_is_null(read: Read, status: str) -> None:
    found = read(f'{PLAIN}\n192.0.2.7 - - {TIME} "GET / HTTP/1.1" {status} 0 "-" "-"\n')

    assert (None, "unknown") == seen(found, "status", "outcome")[1]


def forwarded(*lines: str) -> list[str | None]:
    """The raw column of each line, by the plan of the format that they are."""
    fmt, _ = recognise(lines, Options(), where="a test")
    plan = fmt.plan(lines, Options())
    taken = "SELECT unnest($lines) AS text, CAST(NULL AS VARCHAR) AS envelope"
    for step in plan.prepare:
        taken = f"SELECT *, {step} FROM ({taken})"
    with duckdb.connect(":memory:") as duck:
        query = f"SELECT {plan.columns.get('forwarded', 'NULL')} FROM ({taken})"
        return [row[0] for row in duck.execute(query, {"lines": list(lines)}).fetchall()]


def test_forwarded_addresses_are_those_before_the_client_or_behind_the_agent() -> None:
    both = "198.51.100.4, 198.51.100.5"

    assert [None, both] == forwarded(PLAIN, f"{both}, {PLAIN}")
    assert [both, None] == forwarded(f'"{both}" {PLAIN}', f'- 192.0.2.7 - {REST} "-" "curl/8.9.1"')
    assert [both, None, None] == forwarded(f'{PLAIN} "{both}"', f'{PLAIN} "-"', PLAIN)
    assert [both] == forwarded(f'www.shop.example {PLAIN} "{both}"')
    assert [None] == forwarded(f'{PLAIN} "2.75"')


def test_a_forwarded_list_behind_the_agent_is_told_from_another_column(read: Read) -> None:
    plan_of_main = read(f'{PLAIN} "198.51.100.4, 198.51.100.5"\n{PLAIN} "-"\n{PLAIN}\n')
    plan_of_ratio = read(f'{PLAIN} "2.75"\n')

    assert [("192.0.2.7", "curl/8.9.1")] * 3 == seen(plan_of_main, "ip", "user_agent")
    assert [("192.0.2.7", "curl/8.9.1")] == seen(plan_of_ratio, "ip", "user_agent")


def test_escaped_quotes_do_not_move_the_columns_of_nginx_main(read: Read) -> None:
    agent = r"a \"b\" c"

    # The second has as many quotes as a line of nginx main.
    found = read(f'{PLAIN} "-"\n192.0.2.7 - - {REST} "-" "{agent}"\n192.0.2.7 - - {REST} "-" "{agent}" "-"\n')

    assert [("curl/8.9.1",), (agent,), (agent,)] == seen(found, "user_agent")


def test_the_user_can_be_the_key(read: Read) -> None:
    found = read(PLAIN.replace("- -", "- ada") + "\n", key="$remote_user", kind="id")

    assert [("id:ada",)] == seen(found, "key_ref")


def test_a_key_in_the_query_is_found_by_its_own_name(read: Read, pepper: Pepper) -> None:
    line = PLAIN.replace("/v1/agents", f"/v1/agents?credential={SECRET}&token=other")

    found = read(line + "\n", keys=(KeyPlace(carrier="query", name="credential"),))

    assert [(pepper.key_ref(SECRET), "key_in_url")] == seen(found, "key_ref", "flags")


def test_a_key_s_header_that_the_log_does_not_hold_is_an_error_that_names_its_fields(read: Read) -> None:
    with pytest.raises(FormatError, match="hold no X-Api-Token; their fields are: ip, user"):
        read(PLAIN + "\n", keys=(KeyPlace(carrier="header", name="X-Api-Token"),))
