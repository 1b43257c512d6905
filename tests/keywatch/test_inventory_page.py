"""docs/inventory.md: each of its sources pulls keys from a server of its kind, and there is one of each type."""

import re
import sqlite3
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from answering import Answering, Asked, Reply, serve

from keywatch.config.inventories import InventoryConfig, KeySource
from keywatch.config.root import Config
from keywatch.inventory.syncing import pull_source
from keywatch.workspace import Workspace
from model.clock import FixedClock
from model.key import KeyStatus

sys.path.insert(0, str(Path(__file__).parents[1] / "ingest" / "inventory"))  # the providers' servers

import providers
from services import SERVICES

PAGE = (Path(__file__).parents[2] / "docs" / "inventory.md").read_text()
BLOCKS = re.findall(r"^```toml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
KNOWN = {get_args(one.model_fields["type"].annotation)[0] for one in get_args(get_args(KeySource)[0])}
HEADERS = {
    "kong": "kong-admin-token", "tyk": "x-tyk-authorization", "apisix": "x-api-key", "http": "x-api-token",
    "unkey": "authorization", "litellm": "authorization", "github": "authorization", "gcp": "authorization",
}  # fmt: skip


def sources(block: str, **more: Any) -> KeySource:  # noqa: ANN401 (fields of a source)
    (table,) = tomllib.loads(block)["inventory"]["sources"]
    (source,) = InventoryConfig(sources=[table | more]).sources  # type: ignore[list-item]  # pydantic makes them
    return source


def kind(block: str) -> str:
    return str(tomllib.loads(block)["inventory"]["sources"][0]["type"])


def service(block: str) -> str:
    return str(tomllib.loads(block)["inventory"]["sources"][0].get("name"))


@pytest.fixture
def server() -> Iterator[Answering]:
    with serve() as running:
        yield running


@pytest.fixture
def house(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with the files, the database and the tokens that the page speaks of."""
    for name in re.findall(r'"env:(\w+)"', PAGE):
        monkeypatch.setenv(name, "t")
    for name in re.findall(r'"file:([\w.]+)"', PAGE):
        path = workspace.root / name
        path.write_text("t")
        path.chmod(0o600)
    (workspace.root / "keys.csv").write_text("Id,Label,Token\nk1,billing,ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F\n")
    (workspace.root / "keys.json").write_text('[{"meta": {"id": "k1"}}]')
    with sqlite3.connect(workspace.root / "app.db") as db:
        db.execute("CREATE TABLE api_keys (uuid TEXT, title TEXT, owner_email TEXT, created TEXT, live INTEGER)")
        db.execute("INSERT INTO api_keys VALUES ('k1', 'billing', 'ada@example.com', '2026-10-01', 1)")
    db.close()
    monkeypatch.setenv("APP_DATABASE", f"sqlite:///{workspace.root}/app.db")
    return workspace


def test_the_page_shows_every_type_and_its_table_names_each() -> None:
    assert KNOWN == {kind(block) for block in BLOCKS}
    rows = re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
    assert KNOWN == {name for row in rows for name in re.findall(r"`(\w+)`", row)}


@pytest.mark.parametrize("block", [b for b in BLOCKS if kind(b) != "aws" and service(b) not in SERVICES], ids=kind)
def test_each_source_of_the_page_pulls_keys(house: Workspace, server: Answering, block: str) -> None:
    name = kind(block)
    more: dict[str, Any] = {}
    if name in providers.PROVIDERS:
        answer = providers.PROVIDERS[name].answer(3)
        more = {"url": server.url, "allow_private": True}

        def signed(asked: Asked) -> Reply:
            return answer(asked) if asked.headers.get(HEADERS[name], "").endswith("t") else Reply(status=401)

        server.answer = signed

    pulled = pull_source(house, sources(block, **more), FixedClock(providers.T0))

    assert pulled.error is None
    assert {key.key_id for key in pulled.keys}


@pytest.mark.parametrize("block", [block for block in BLOCKS if service(block) in SERVICES], ids=service)
def test_each_other_service_of_the_page_lists_all_its_keys(house: Workspace, server: Answering, block: str) -> None:
    answer, header, count = SERVICES[service(block)]
    server.answer = lambda asked: answer(asked) if asked.headers.get(header, "").endswith("t") else Reply(status=401)

    pulled = pull_source(house, sources(block, url=server.url, allow_private=True), FixedClock(providers.T0))

    assert (None, count) == (pulled.error, len({key.key_id for key in pulled.keys}))
    assert [] == [key for key in pulled.keys if not (key.name and key.hint and key.owner and key.created_at)]
    assert ("anthropic" == service(block)) == any(key.status == KeyStatus.REVOKED for key in pulled.keys)


@pytest.mark.parametrize("block", [block for block in BLOCKS if kind(block) == "aws"])
def test_the_sources_of_aws_are_right(block: str) -> None:
    assert sources(block).type == "aws"


def test_the_defaults_that_the_page_names_are_those_of_the_config() -> None:
    inventory = Config.model_fields["inventory"].default

    assert (3600, ("name",)) == (inventory.every.total_seconds(), inventory.successors)
