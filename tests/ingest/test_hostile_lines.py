"""Lines that want to do harm: none hangs a pattern, none hides, none spoils its neighbours, no secret of one stays.

What makes them stands in tests/fuzz; `python tests/fuzz/fuzz.py 1000000` reads many more than these tests do.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "fuzz"))  # tests are no package

from fuzz import faults, options_of
from invariants import Reader
from nasty import SAMPLES, samples

from ingest.formats.quick import quick_way
from ingest.formats.registry import FORMATS
from ingest.raw import ODD, quick_sql

Read = Callable[..., Any]
FUZZ = Path(__file__).parents[1] / "fuzz"
GOOD = '192.0.2.7 - - [01/Oct/2026:09:30:00 +0000] "GET /good HTTP/1.1" 200 12 "-" "curl/8.9.1"\n'
LIMIT = 60
"""Seconds; it takes four of processor time."""


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    made = Reader()
    yield made
    made.close()


def test_no_nasty_line_keeps_a_format_from_saying_how_sure_it_is() -> None:
    done = subprocess.run(
        [sys.executable, FUZZ / "recognising.py", "60"], cwd=FUZZ.parents[1], timeout=LIMIT, check=False
    )

    assert 0 == done.returncode


@pytest.mark.parametrize("name", list(FORMATS))
def test_no_hostile_line_hides_or_hurts_or_keeps_a_secret(reader: Reader, name: str) -> None:
    assert [] == faults(reader, name, "test")


@pytest.mark.parametrize("name", [n for n in FORMATS if quick_way(FORMATS[n].plan(samples()[n], options_of(n)))])
def test_a_quick_way_takes_most_lines_of_its_sample(name: str) -> None:
    plan = FORMATS[name].plan(samples()[name], options_of(name))
    quick = quick_way(plan)
    assert quick is not None

    with duckdb.connect() as duck:
        rows = duck.execute(f"SELECT reason FROM ({quick_sql(quick, str(SAMPLES / f'{name}.log'))})").fetchall()

    assert len(samples()[name]) == len(rows)
    assert [(None,)] == rows[:1] != [(ODD,)]


def test_a_thousand_long_rejects_are_redacted_in_a_moment(read: Read) -> None:
    random_words = "b-9d3d-3c7a4a4b00020c5bd1a2-2b2f" * 600

    found = read(GOOD + f"{random_words}\n" * 1000 + GOOD, format="combined")

    assert 1000 == len(found.rejects)


def test_the_sample_of_a_long_reject_ends_before_the_word_that_is_cut(read: Read) -> None:
    line = "x" * 5 + " ghp_16C7e42F292c6912E7710c838347Ae178B4a" * 48 + " " + "Hq3vTz8LmWc2Rb7NxYk4Pd9F" * 3

    ((_, _, sample),) = read(GOOD + line + "\n" + GOOD, format="combined").rejects

    assert {"xxxxx", "[redacted]"} >= set(sample.rstrip("…").split()[:-1])


def test_a_zone_holds_for_its_own_line_only(read: Read) -> None:
    record = (
        '{{"time":"{}","category":"ApplicationGatewayAccessLog","properties":{{"clientIP":"203.0.113.9",'
        '"httpMethod":"GET","requestUri":"/v1","httpStatus":200}}}}\n'
    )
    times = (
        "10/01/2026 09:30:02 AM +02:00",
        "10/01/2026 09:30:02",
        "10/01/2026 09:30:02 +02:00",
        "10/01/2026 09:30:02",
    )

    found = read("".join(map(record.format, times)))

    assert [7, 9, 7, 9] == [event["ts"].hour for event in found.events]


def test_what_stands_between_request_and_status_makes_a_combined_line_a_reject(read: Read) -> None:
    broken = GOOD.replace('" 200 12', '"W200 512')

    for good in (1, 20):
        found = read(GOOD * good + broken + GOOD * good)

        assert [good + 1] == [line for line, _, _ in found.rejects]


def test_a_secret_in_place_of_an_address_is_no_address(read: Read) -> None:
    secret = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"

    (event,) = read(GOOD.replace("192.0.2.7", secret)).events

    assert (None, None) == (event["ip"], event["network"])


def test_an_access_key_id_with_a_secret_behind_it_is_no_id(read: Read) -> None:
    secret = "glpat-20CharsOfToken-1234"
    record = (
        '{"eventVersion":"1.08","userIdentity":{"accessKeyId":"AKIAEXAMPLEKEY00%20' + secret + '"},'
        '"eventTime":"2026-10-01T09:30:00Z","eventSource":"iam.amazonaws.com","eventName":"ListUsers"}\n'
    )

    (event,) = read(record).events

    assert secret not in str(event)


def test_a_secret_in_the_name_of_an_operation_goes(read: Read) -> None:
    secret = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
    record = (
        '{"eventVersion":"1.08","userIdentity":{"accessKeyId":"AKIAEXAMPLEKEY000001"},'
        f'"eventTime":"2026-10-01T09:30:00Z","eventSource":"iam.amazonaws.com","eventName":"List {secret}"}}\n'
    )

    (event,) = read(record).events

    assert secret not in str(event)
    assert datetime(2026, 10, 1, 9, 30, tzinfo=UTC) == event["ts"]
