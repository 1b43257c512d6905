"""A file in which two formats alternate: each line is read in its own, unless the config names one."""

import json
from collections.abc import Callable
from itertools import chain, zip_longest
from typing import Any

import pytest
from commandline import Cli

KEY = "ac_live_Hq3vTz8LmWc2Rb7N"


def combined(n: int) -> str:
    when = f"01/Oct/2026:09:{n // 60 % 60:02d}:{n % 60:02d} +0000"
    return f'203.0.113.9 - - [{when}] "GET /v1/agents/{n}?api_key={KEY}{n % 7} HTTP/1.1" 200 5 "-" "curl/8.9.1"'


def as_json(n: int) -> str:
    when = f"2026-10-01T10:{n // 60 % 60:02d}:{n % 60:02d}Z"
    names = {"remote_addr": "203.0.113.8", "request_method": "POST", "request_uri": f"/v2/{n}", "status": 401}
    return json.dumps({"time_iso8601": when, **names, "http_x_api_token": f"{KEY}{n % 5}"})


def in_docker(line: str) -> str:
    return json.dumps({"log": line + "\n", "stream": "stdout", "time": "2026-10-01T11:00:00Z"})


def tried(cli: Cli, lines: list[str], *options: str) -> dict[str, Any]:
    found: dict[str, Any] = cli("formats", "test", cli.log(lines), "--json", *options).json()
    return found


@pytest.mark.parametrize("each", [1, 2, 40], ids=["every other", "one in three", "one in forty"])
def test_lines_of_two_formats_are_the_events_that_each_gives_alone(cli: Cli, each: int) -> None:
    most = [combined(n) for n in range(200)]
    some = [as_json(n) for n in range(200 // each)]
    rows = [most[at : at + each] for at in range(0, 200, each)]
    mixed = list(chain.from_iterable([*row, one] if one else row for row, one in zip_longest(rows, some)))

    together = tried(cli, mixed)
    alone = [*tried(cli, most)["events"], *tried(cli, some)["events"]]

    without = lambda events: sorted(json.dumps({**one, "line": 0}) for one in events)  # noqa: E731
    assert not together["rejects"]
    assert without(alone) == without(together["events"])
    assert all(mixed[one["line"] - 1].startswith("{") == (one["method"] == "POST") for one in together["events"])


@pytest.mark.parametrize("wrapped", [str, in_docker], ids=["bare", "docker"])
def test_lines_that_neither_reads_are_rejects_with_the_reason_of_the_first(
    cli: Cli, wrapped: Callable[[str], str]
) -> None:
    lines = [wrapped(one) for one in [combined(1), as_json(1), "neither of them", combined(2), as_json(2), combined(3)]]

    found = tried(cli, lines)

    assert [{"line": 3, "reason": "does not match combined"}] == found["rejects"]
    assert [1, 2, 4, 5, 6] == sorted(one["line"] for one in found["events"])


def test_a_file_that_changes_its_format_is_read_to_its_end(cli: Cli) -> None:
    path = cli.log([combined(n) for n in range(500)])
    first = cli("ingest", path).err
    cli.log([*(combined(n) for n in range(500)), *(as_json(n) for n in range(500))])
    second = cli("ingest", path).err

    assert "500 events, 0 rejects" in first
    assert "500 events, 0 rejects" in second
    assert 1000 == cli("store", "status", "--json").json()["events"]


def test_an_ingest_tells_both_formats(cli: Cli) -> None:
    done = cli("ingest", cli.log([combined(1), as_json(1), combined(2)]))

    assert "as combined, nginx-json: 3 events, 0 rejects" in done.err


def test_where_the_config_names_a_format_the_others_are_rejects_and_the_remedy_is_told(cli: Cli) -> None:
    path = cli.log([combined(1), as_json(1), combined(2)])
    cli.configure(f'[[sources]]\nname = "edge"\npath = "{path}"\nformat = "combined"\n')

    assert "2 events, 1 rejects" in cli("ingest").err
    said = cli("formats", "test", path, "--format", "combined").err
    assert "Lines that are no combined look like nginx-json. Without a format of the config's both are read." in said


def test_broken_lines_do_not_become_events_of_another_format(cli: Cli) -> None:
    broken = ['{"time_iso8601": "2026-10-01T09:00:0', "GET /v1 HTTP/1.1", "a=b c=d", "203.0.113.9 - - [01/Oct/2026:09:"]

    found = tried(cli, [*(combined(n) for n in range(8)), *broken])

    assert [9, 10, 11, 12] == [one["line"] for one in found["rejects"]]
