"""keys sync: complete pulls, failures, tombstones, secrets, and what is shown of it."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from answering import Answering, Asked, Reply, serve
from commandline import Cli, line

from ingest.sources import asking
from keywatch.inventory.puller import Puller
from keywatch.inventory.syncing import due, pull_source, save_pull
from keywatch.running import cycle
from keywatch.running.turn import Turn
from keywatch.workspace import Workspace
from model.clock import FixedClock
from store.state.inventory import key_frame

T0 = datetime(2026, 10, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOKEN = "kt_live_7fQ2mVx9LbZc4Wd8RkYp3Ns6"


def secret(number: int) -> str:
    return f"kw_live_Hq3vTz8LmWc2Rb7NxYk4P{number:04d}"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answering]:
    monkeypatch.setattr(asking, "_FIRST_WAIT", 0.0)
    monkeypatch.setenv("KEYS_TOKEN", TOKEN)
    with serve() as running:
        yield running


class Issuer:
    """A service that lists its keys two at a time."""

    def __init__(self, server: Answering, count: int) -> None:
        self.keys: list[dict[str, Any]] = [
            {"id": f"k{n}", "name": f"app-{n}", "state": "active", "token": secret(n)} for n in range(count)
        ]
        self.broken_from: int | None = None
        server.answer = self

    def __call__(self, asked: Asked) -> Reply:
        if asked.headers.get("x-api-token") != TOKEN:
            return Reply({"message": f"no {TOKEN}"}, status=401)
        page = int(asked.query["page"])
        if self.broken_from is not None and page >= self.broken_from:
            return Reply({"message": secret(0)}, status=500)
        return Reply({"items": self.keys[2 * page - 2 : 2 * page]})


def config(server: Answering, more: str = "") -> str:
    return f"""
[inventory]
{more}

[[inventory.sources]]
type = "http"
name = "shop"
url = "{server.url}/v1/keys"
allow_private = true
items = "items"
auth = {{ headers = {{ x-api-token = "env:KEYS_TOKEN" }} }}
columns = {{ key_id = "id", status = "state", secret = "token" }}
pages = {{ kind = "page", parameter = "page" }}
"""


def shown(cli: Cli) -> dict[str, tuple[str, str | None]]:
    return {row["key_id"]: (row["status"], row["removed_at"]) for row in cli("keys", "list", "--json").json()}


def test_a_sync_saves_all_keys_and_a_second_one_changes_nothing(cli: Cli, server: Answering) -> None:
    Issuer(server, 5)
    cli.configure(config(server))

    assert "shop: 5 keys, 5 added." in cli("keys", "sync").err
    assert "shop: 5 keys, nothing changed." in cli("keys", "sync", "shop").err
    assert 5 == len(shown(cli))


def test_a_failure_in_the_middle_of_paging_removes_nothing_and_is_shown(cli: Cli, server: Answering) -> None:
    issuer = Issuer(server, 5)
    cli.configure(config(server))
    cli("keys", "sync")
    issuer.keys.pop(0)
    issuer.broken_from = 2

    done = cli("keys", "sync")

    assert 1 == done.code
    assert "answered 500" in done.err
    assert {("active", None)} == set(shown(cli).values())
    (row,) = cli("keys", "sources", "--json").json()
    assert ("shop", "http", 5, 1) == (row["name"], row["type"], row["keys"], row["failures"])
    assert "answered 500" in row["last_error"]
    assert row["failed_since"]

    issuer.broken_from = None
    assert "1 removed" in cli("keys", "sync").err
    assert "removed" == shown(cli)["k0"][0]
    assert (0, None) == tuple(cli("keys", "sources", "--json").json()[0][name] for name in ("failures", "last_error"))


def test_an_empty_list_where_keys_were_is_a_failure_unless_it_may_be_empty(cli: Cli, server: Answering) -> None:
    issuer = Issuer(server, 2)
    cli.configure(config(server))
    cli("keys", "sync")
    issuer.keys.clear()

    assert "it lists no key, and listed 2 before" in cli("keys", "sync").err
    assert {("active", None)} == set(shown(cli).values())

    cli.configure(config(server).replace('name = "shop"', 'name = "shop"\nmay_be_empty = true'))
    assert "2 removed" in cli("keys", "sync").err


def test_a_key_that_slips_between_pages_while_another_is_deleted_is_not_removed(cli: Cli, server: Answering) -> None:
    issuer = Issuer(server, 5)
    cli.configure(config(server))
    cli("keys", "sync")
    asked = [0]

    def deleting(request: Asked) -> Reply:
        asked[0] += 1
        if asked[0] == 2:  # between two pages: what was third is on the first page now
            issuer.keys.pop(0)
        return issuer(request)

    server.answer = deleting
    cli("keys", "sync")

    assert 5 == len(shown(cli))
    assert {("active", None)} == set(shown(cli).values())


def test_no_byte_of_a_secret_that_an_endpoint_returns_is_at_rest_or_told(cli: Cli, server: Answering) -> None:
    issuer = Issuer(server, 5)
    cli.configure(config(server))
    said = [cli("keys", "sync")]
    issuer.broken_from = 2
    said += [cli("keys", "sync"), cli("keys", "list"), cli("keys", "list", "--json"), cli("keys", "sources")]
    said += [
        cli("keys", "show", "k0"),
        cli("keys", "show", "k0", "--json"),
        cli("config", "show"),
        cli("run", "--once"),
    ]

    found = b"".join(path.read_bytes() for path in cli.root.rglob("*") if path.is_file())
    found += "".join(done.out + done.err for done in said).encode()
    assert b"k0" in found
    for number in range(5):
        assert secret(number)[8:-4].encode() not in found
    assert TOKEN.encode() not in found


def test_calls_with_a_pulled_key_are_that_key_s_also_those_before_the_sync(cli: Cli, server: Answering) -> None:
    Issuer(server, 2)
    cli.configure(config(server) + '[[sources]]\nname = "edge"\npath = "access.log"\n')
    cli.log([line(T0 + n * HOUR, token=secret(1)) for n in range(3)])
    cli("ingest")
    cli("keys", "sync")

    row = cli("keys", "show", "app-1", "--json").json()

    assert ("2026-10-01T11:00:00Z", "logs") == (row["last_used"]["at"], row["last_used"]["told_by"])
    assert "2026-10-01T09:00:00Z" == row["last_used"]["logs_since"]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('type = "kongg"\nurl = "https://x"', "Did you mean 'kong'?"),
        ('type = "kong"\nurl = "https://x"\ntokn = "env:X"', "Did you mean 'token'?"),
        ('type = "csv"\npath = "k.csv"\ncolumns = { key_idd = "id" }', "did you mean 'key_id'"),
        ('type = "csv"\npath = "k.csv"\ndefaults = { ownr = "a" }', "did you mean 'owner'"),
        ('path = "k.csv"', "has no type"),
        ('type = "http"\nurl = "https://x"\npages = { kind = "cursor", parameter = "c" }', "need a path"),
        ('type = "http"\nurl = "https://x"\npages = { knd = "page" }', "Did you mean 'kind'?"),
        ('type = "kong"\nurl = "https://x"\ntoken = "env:NOT_SET"', "NOT_SET is not set"),
        ('type = "kong"\nurl = "http://kong.example"', "without TLS"),
        ('type = "sql"\nurl = "sqlite:///a.db"\nquery = "DROP TABLE x"', "is no SELECT"),
        ('type = "csv"\npath = "a"\n[[inventory.sources]]\ntype = "csv"\npath = "b"', "'csv' twice"),
    ],
)
def test_a_wrong_source_is_told_at_the_start_with_what_was_meant(cli: Cli, text: str, meant: str) -> None:
    cli.configure(f"[[inventory.sources]]\n{text}\n")

    done = cli("config", "check")

    assert 4 == done.code
    assert meant in done.err


def test_a_wrong_way_to_find_successors_is_told(cli: Cli) -> None:
    cli.configure('[inventory]\nsuccessors = ["nam"]\n')

    assert "none of name, owner and label" in cli("config", "check").err


def test_tokens_that_are_no_references_are_not_shown(cli: Cli) -> None:
    cli.configure(f'[[inventory.sources]]\ntype = "kong"\nurl = "https://a:{TOKEN}@x.example"\ntoken = "{TOKEN}"\n')

    assert TOKEN not in cli("config", "show").out


def test_a_name_that_no_source_has_is_told(cli: Cli, server: Answering) -> None:
    assert "has no [inventory] sources" in cli("keys", "sync").err
    cli.configure(config(server))

    assert "has no source 'shopp'" in cli("keys", "sync", "shopp").err


def test_one_source_that_fails_does_not_keep_the_others(cli: Cli, server: Answering) -> None:
    Issuer(server, 2).broken_from = 1
    (cli.root / "keys.csv").write_text("key_id,name\nc1,other\n")
    cli.configure(config(server) + '[[inventory.sources]]\ntype = "csv"\npath = "keys.csv"\n')

    done = cli("keys", "sync")

    assert 5 == done.code
    assert "csv: 1 keys, 1 added." in done.err
    assert ["c1"] == list(shown(cli))


def test_files_and_databases_sync_too(cli: Cli) -> None:
    (cli.root / "keys.json").write_text(json.dumps([{"key_id": "j1", "secret": secret(1)}]))
    with sqlite3.connect(cli.root / "app.db") as db:
        db.execute("CREATE TABLE k (id TEXT, title TEXT)")
        db.execute("INSERT INTO k VALUES ('s1', 'billing')")
    db.close()
    cli.configure(
        """
[[inventory.sources]]
type = "json"
path = "keys.json"
hash_keys = true
defaults = { environment = "production", labels = { app = "shop" } }
last_use_since = 2026-01-01

[[inventory.sources]]
type = "sql"
url = "sqlite:///app.db"
query = "SELECT * FROM k"
columns = { key_id = "id", name = "title" }
prefix = "app:"
"""
    )

    assert 0 == cli("keys", "sync").code
    rows = {row["key_id"]: row for row in cli("keys", "list", "--json").json()}
    assert ("production", {"app": "shop"}, "2026-01-01T00:00:00Z") == tuple(
        rows["j1"][name] for name in ("environment", "labels", "telemetry_since")
    )
    assert ("billing", ["id:s1"]) == (rows["app:s1"]["name"], rows["app:s1"]["key_refs"])


@pytest.fixture
def shop(cli: Cli, server: Answering) -> Iterator[Workspace]:
    Issuer(server, 3)
    cli.configure(config(server, 'every = "1h"'))
    opened = Workspace.at(cli.config)
    yield opened
    opened.close()


def test_a_source_is_due_after_its_interval_and_sooner_after_a_failure(shop: Workspace, server: Answering) -> None:
    (source,) = due(shop, T0)
    save_pull(shop, pull_source(shop, source, FixedClock(T0)), T0)

    assert [] == due(shop, T0 + HOUR - timedelta(seconds=1))
    assert [source] == due(shop, T0 + HOUR)

    server.answer = lambda _: Reply(status=401)
    save_pull(shop, pull_source(shop, source, FixedClock(T0)), T0 + HOUR)
    assert [] == due(shop, T0 + HOUR + timedelta(minutes=4))
    assert [source] == due(shop, T0 + HOUR + timedelta(minutes=5))


def test_a_round_syncs_what_is_due_and_a_failure_becomes_a_finding_that_resolves(
    shop: Workspace, server: Answering
) -> None:
    answer, server.answer = server.answer, lambda _: Reply(status=401)
    first = cycle.run_once(shop, FixedClock(T0))
    assert any("answered 401" in error for error in first.errors)
    assert first.judgement is not None
    assert ["inventory-sync-failed"] == [one.detector for one in first.judgement.findings]

    server.answer = answer
    second = cycle.run_once(shop, FixedClock(T0 + 2 * HOUR))
    assert second.judgement is not None
    found = [one for one in second.judgement.findings if one.detector == "inventory-sync-failed"]
    assert ["resolved"] == [str(one.status) for one in found]
    assert [3] == [one.keys for one in second.synced]
    assert "1 inventories synced" in second.line()


def test_the_puller_pulls_beside_the_rounds_and_not_again_before_it_was_saved(
    shop: Workspace, server: Answering
) -> None:
    stop = threading.Event()
    puller = Puller(shop, FixedClock(T0), stop)
    puller._once()
    puller._once()
    asked = len(server.asked)
    (pulled,), errors = puller.take()

    assert ([], 3) == (errors, len(pulled.keys))
    puller._once()
    assert asked == len(server.asked)
    done = Turn(workspace=shop, clock=FixedClock(T0)).take([pulled])
    puller.saved(pulled)
    puller._once()
    assert ([], asked) == (done.errors, len(server.asked))
    with shop.store.reading() as tx:
        assert 3 == len(key_frame(tx))


def test_a_source_without_its_file_fails_and_ends_nothing(cli: Cli) -> None:
    cli.configure('[[inventory.sources]]\ntype = "csv"\npath = "none.csv"\n')

    done = cli("run", "--once")

    assert 5 == done.code
    assert "none.csv cannot be read" in done.err


def test_the_workspace_s_folder_is_where_relative_paths_begin(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("key_id\nk1\n")
    cli.configure('[[inventory.sources]]\ntype = "csv"\npath = "../out.csv"\n')

    assert 0 == cli("keys", "sync").code
