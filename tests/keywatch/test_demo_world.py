"""The demo world is the same for a seed, and what it says of itself is true of its files.

Long for a file: one world of one second serves all of these tests, and it is made in one place.
"""

import csv
import gzip
import ipaddress
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from keywatch.demo.attacks import ESCAPE, MARKUP
from keywatch.demo.planted import Planted
from keywatch.demo.traffic import TELLTALE
from keywatch.demo.world import World, make_world

NOW = datetime(2026, 11, 23, 5, 10, 30, tzinfo=UTC)
RESERVED = [
    ipaddress.ip_network(n)
    for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "2001:db8::/32")
]
Row = dict[str, Any]


def lines_of(world: World) -> Iterator[str]:
    for path in reversed(world.logs):
        data = path.read_bytes()
        yield from (gzip.decompress(data) if path.suffix == ".gz" else data).decode().splitlines()


def parsed(line: str) -> Row | None:
    try:
        row: Row = json.loads(line)
    except ValueError:
        return None
    return row | {"at": datetime.fromisoformat(row["time_iso8601"])}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("demo"), now=NOW, seed=1, scale=0.02)


@pytest.fixture(scope="module")
def rows(world: World) -> list[Row]:
    return [row for line in lines_of(world) if (row := parsed(line))]


@pytest.fixture(scope="module")
def inventory(world: World) -> dict[str, dict[str, str]]:
    with world.inventory.open(newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def planted(world: World, kind: str) -> Planted:
    return next(p for p in world.planted if p.kind == kind)


def lines_within(rows: list[Row], what: Planted, **fields: object) -> list[Row]:
    return [r for r in rows if what.since <= r["at"] < what.until and all(r[f] == v for f, v in fields.items())]


def test_the_same_seed_and_moment_give_the_same_bytes(world: World, tmp_path: Path) -> None:
    again = make_world(tmp_path, now=NOW, seed=1, scale=0.02)

    assert [p.name for p in world.logs] == [p.name for p in again.logs]
    assert [p.read_bytes() for p in world.logs] == [p.read_bytes() for p in again.logs]
    assert world.inventory.read_bytes() == again.inventory.read_bytes()
    assert world.planted == again.planted


def test_another_seed_gives_other_secrets_and_the_same_stories(world: World, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    other = make_world(tmp_path, now=NOW, seed=2, scale=0.02, progress=lambda done, total: steps.append((done, total)))

    assert not set(world.secrets) & set(other.secrets)
    assert [p.kind for p in world.planted] == [p.kind for p in other.planted]
    assert [(n, len(steps)) for n in range(1, len(steps) + 1)] == steps


def test_the_full_world_has_the_promised_size_and_every_key_but_the_idle_ones(tmp_path: Path) -> None:
    full = make_world(tmp_path, now=NOW, seed=1)
    lines = list(lines_of(full))
    tokens = {line.rpartition('"http_x_api_token":"')[2].partition('"')[0] for line in lines}
    idle = {key.name for key in full.keys if key.secret not in tokens}
    telltale = next(key.secret for key in full.keys if key.name == TELLTALE)
    in_url = [line for line in lines if "api_key=" in line]

    assert 250_000 <= full.lines <= 400_000
    assert full.lines == len(lines)
    assert idle == {"kavir-pilot", "nilgoon-migration", "zagros-trial", "anar-paused"}
    assert in_url
    assert all(line.count(telltale) == 2 for line in in_url)


def test_days_are_rotated_and_the_older_ones_are_compressed(world: World) -> None:
    names = [p.name for p in world.logs]

    assert ["access.log", "access.log.1", "access.log.2.gz", "access.log.3.gz"] == names[:4]
    assert 16 == len(names)
    assert {p.name for p in world.folder.iterdir()} == {*names, "keys.csv"}


def test_a_smaller_world_in_the_same_folder_leaves_no_older_file(tmp_path: Path) -> None:
    (tmp_path / "access.log.99.gz").write_bytes(b"old")
    make_world(tmp_path, now=NOW, seed=1, scale=0)

    assert not (tmp_path / "access.log.99.gz").exists()


def test_lines_are_in_order_within_the_window_and_all_but_two_are_json(world: World, rows: list[Row]) -> None:
    times = [row["at"] for row in rows]

    assert sorted(times) == times
    assert world.since <= times[0]
    assert times[-1] < world.now
    assert 2 == world.rejects
    assert world.lines == len(rows) + world.rejects == sum(1 for _ in lines_of(world))


def test_every_address_belongs_to_nobody(rows: list[Row]) -> None:
    seen = {ipaddress.ip_address(row["remote_addr"]) for row in rows}

    assert [] == [a for a in seen if not any(a in network for network in RESERVED)]


def test_the_inventory_lists_some_60_keys_of_all_statuses(world: World, inventory: dict[str, dict[str, str]]) -> None:
    assert 62 == len(inventory) == len(world.keys)
    assert {"active": 59, "inactive": 1, "revoked": 1, "expired": 1} == Counter(k["status"] for k in inventory.values())
    assert {"production": 52, "development": 10} == Counter(k["environment"] for k in inventory.values())


def test_the_secrets_are_those_of_the_inventory_and_of_the_log(
    world: World, rows: list[Row], inventory: dict[str, dict[str, str]]
) -> None:
    logged = {row["http_x_api_token"] for row in rows} - {""}
    listed = {key["secret"] for key in inventory.values()}

    assert set(world.secrets) == logged | listed
    assert 64 + 70 + 1 == len(logged - listed)


def test_last_use_is_the_last_success_in_the_log(rows: list[Row], inventory: dict[str, dict[str, str]]) -> None:
    last: dict[str, datetime] = {}
    for row in rows:
        if row["status"] < 400:
            last[row["http_x_api_token"]] = row["at"]
    told = {key["secret"]: key["last_used_at"] for key in inventory.values()}

    assert [] == [s for s, at in last.items() if s in told and datetime.fromisoformat(told[s]) != at]


def test_development_keys_succeed_on_the_development_host_only(world: World, rows: list[Row]) -> None:
    development = {key.secret for key in world.keys if key.development}
    hosts = {(r["http_x_api_token"] in development, r["host"]) for r in rows if r["status"] < 400}

    assert {(False, "api.aloochat.example"), (True, "api.dev.aloochat.example")} == hosts


def test_ordinary_failures_are_rare(world: World, rows: list[Row]) -> None:
    calm = [r for r in rows if r["at"] < world.now - timedelta(hours=61) and r["http_x_api_token"]]
    shares = {code: n / len(calm) for code, n in Counter(r["status"] for r in calm).items()}

    assert {401, 403, 404, 429, 500} <= shares.keys()
    assert 0.96 < sum(share for code, share in shares.items() if code < 400)
    assert shares[401] + shares[403] < 0.01


@pytest.mark.parametrize("kind", ["disabled-key", "revoked-key", "expired-key"])
def test_a_refused_key_gets_the_counted_401s_and_nothing_else(world: World, rows: list[Row], kind: str) -> None:
    what = planted(world, kind)
    statuses = Counter(r["status"] for r in lines_within(rows, what, http_x_api_token=what.secret))

    assert {401: what.requests} == statuses


def test_the_disabled_key_worked_before_and_works_again(world: World, rows: list[Row]) -> None:
    what = planted(world, "disabled-key")
    good = [r["at"] for r in rows if r["http_x_api_token"] == what.secret and r["status"] < 400]

    assert 220 == what.requests
    assert what.until - what.since < timedelta(minutes=12)
    assert min(good) < what.since
    assert what.until < max(good)


def test_the_test_runner_is_refused_with_nine_development_keys(world: World, rows: list[Row]) -> None:
    what = planted(world, "wrong-host")
    tries = lines_within(rows, what, remote_addr=what.ip, status=401)
    known = {key.secret for key in world.keys if key.development}

    assert what.requests == len(tries) == 126
    assert 9 == len({r["http_x_api_token"] for r in tries} & known)


def test_guesses_are_64_unknown_keys_from_one_address_with_nasty_clients(world: World, rows: list[Row]) -> None:
    what = planted(world, "key-guessing")
    tries = lines_within(rows, what, remote_addr=what.ip, status=401)
    known = {key.secret for key in world.keys}

    assert what.requests == len(tries) == 80
    assert 64 == len({r["http_x_api_token"] for r in tries} - known)
    assert {MARKUP, ESCAPE} < {r["http_user_agent"] for r in tries}


def test_the_burst_ends_in_success_with_a_key_of_the_inventory(world: World, rows: list[Row]) -> None:
    what = planted(world, "burst-then-success")
    story = lines_within(rows, what, remote_addr=what.ip)
    good = [r for r in story if r["status"] < 400]

    assert what.requests == len(story) == 115
    assert {what.secret} == {r["http_x_api_token"] for r in good}
    assert [401] * 70 == [r["status"] for r in story if r["http_x_api_token"] != what.secret]
    assert max(r["at"] for r in story if r["status"] == 401) <= min(r["at"] for r in good)


def test_the_leaked_key_comes_from_a_network_it_never_had(world: World, rows: list[Row]) -> None:
    what = planted(world, "leaked-key")
    its = [r for r in rows if r["http_x_api_token"] == what.secret]
    elsewhere = [r for r in its if r["remote_addr"].startswith("198.51.100.")]
    usual = [r for r in its if not r["remote_addr"].startswith("198.51.100.")]

    assert what.requests == len(elsewhere) == 400
    assert len(its) > 10 * len(elsewhere)
    assert {r["status"] for r in elsewhere} <= {200, 201, 202, 204}
    assert not {r["http_user_agent"] for r in elsewhere} & {r["http_user_agent"] for r in usual}


def test_the_spike_is_about_eight_times_the_usual(world: World, rows: list[Row]) -> None:
    what = planted(world, "volume-spike")
    during = len(lines_within(rows, what, http_x_api_token=what.secret))
    earlier = Planted(
        kind="", detector="", story="", since=what.since - timedelta(days=7), until=what.until - timedelta(days=7)
    )

    assert 5 < during / len(lines_within(rows, earlier, http_x_api_token=what.secret)) < 12


def test_the_silent_key_was_steady_until_eight_hours_ago(world: World, rows: list[Row]) -> None:
    what = planted(world, "silent-key")
    its = [r["at"] for r in rows if r["http_x_api_token"] == what.secret]

    assert timedelta(hours=8) == world.now - what.since
    assert what.since - timedelta(minutes=40) < max(its) < what.since
    assert max(b - a for a, b in pairwise(its)) < timedelta(hours=1)


def test_the_unregistered_key_works_and_is_not_in_the_inventory(world: World, rows: list[Row]) -> None:
    what = planted(world, "unregistered-key")
    its = [r for r in rows if r["http_x_api_token"] == what.secret]

    assert what.secret not in {key.secret for key in world.keys}
    assert what.requests == len(its) == 1320
    assert {r["status"] for r in its} <= {200, 201}


def test_untidy_keys_are_as_old_and_as_idle_as_told(world: World, inventory: dict[str, dict[str, str]]) -> None:
    def days(name: str, column: str) -> float | None:
        told = inventory[name][column]
        return (world.now - datetime.fromisoformat(told)) / timedelta(days=1) if told else None

    found = {p.kind: days(str(p.key_name), "last_used_at") for p in world.planted if p.detector == "unused-key"}
    old = {str(p.key_name): days(str(p.key_name), "created_at") for p in world.planted if p.detector == "over-age-key"}

    assert {"unused-key:kavir-pilot": 60, "unused-key:nilgoon-migration": 120} == found
    assert {"data-warehouse": 412, "inbox-sync": 290, "shahrazad-desk": 215} == old
    assert days("zagros-trial", "last_used_at") is None
    assert 30 == days("zagros-trial", "created_at")


def test_no_other_active_key_is_over_age_or_unused(world: World, inventory: dict[str, dict[str, str]]) -> None:
    told = {p.key_name for p in world.planted if "over-age-key" in (p.detector, *p.also)}
    old = {n for n, k in inventory.items() if world.now - datetime.fromisoformat(k["created_at"]) > timedelta(days=89)}

    assert told == old
