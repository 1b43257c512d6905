"""A store with more addresses than a table lists, in countries and of operators that a GeoIP file knows."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from dashboard.environment import EVENTS, STATE_URL
from dashboard.reads import data, explored
from ingest.inventory.read import read_keys
from keywatch.collecting.ingesting import ingest_source
from keywatch.config.root import SourceConfig
from keywatch.new_workspace import CONFIG, make
from keywatch.workspace import Workspace
from model.clock import SystemClock
from store.queries.matching import Match
from store.state.inventory import save_keys
from tests.dashboard.conftest import BILLING, inventory, line
from tests.ingest.test_geo import COUNTRIES, OPERATORS, write

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

    from tests.dashboard.conftest import Pages

    Visit = Callable[..., AppTest]

pytest.importorskip("maxminddb")

MANY, BUSY = 1200, 4
HERE, OPERATOR = "203.0.113.9", "AS64500 Example Net"


def lines(now: datetime) -> Iterator[dict[str, object]]:
    for number in range(1, MANY + 1):
        yield line(now - timedelta(hours=5), BILLING, f"2001:db8:{number:x}::1", 200)
    for minutes in range(BUSY):
        at = now - timedelta(minutes=minutes)
        yield line(at, BILLING, HERE, 401) | {"request_uri": "/v1/agents/7", "request_method": "POST"}


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    now, root = datetime.now(UTC), tmp_path_factory.mktemp("wide")
    make(root, f'{CONFIG}\n[geo]\ndatabases = ["countries.mmdb", "operators.mmdb"]\n')
    write(root / "countries.mmdb", COUNTRIES)
    write(root / "operators.mmdb", OPERATORS)
    (root / "keys.json").write_text(json.dumps(inventory(now)))
    (root / "access.log").write_text("".join(json.dumps(each) + "\n" for each in lines(now)))
    workspace = Workspace.at(root / "keywatch.toml")
    with workspace.store.transaction() as tx:
        save_keys(tx, read_keys(root / "keys.json", pulled_at=now, pepper=workspace.pepper), now)
    ingest_source(workspace, SourceConfig(name="edge", path=str(root / "access.log")), clock=SystemClock())
    yield workspace
    workspace.close()


@pytest.fixture
def visit(pages: "Pages", wide: Workspace, monkeypatch: pytest.MonkeyPatch) -> "Visit":
    monkeypatch.setenv(STATE_URL, wide.state_url)
    monkeypatch.setenv(EVENTS, str(wide.root / wide.config.store.events))
    return pages.open


def counted(pages: "Pages", page: "AppTest") -> dict[str, int]:
    frame = pages.table(page, "groups")
    return dict(zip(frame["group"], frame["requests"], strict=True))


@pytest.mark.parametrize("by", ["Address", "Network"])
def test_what_is_not_listed_counts_in_totals_and_shares(pages: "Pages", visit: "Visit", by: str) -> None:
    page = visit("explore", by=by)
    frame = pages.table(page, "groups")

    assert explored.GROUPS + 1 == len(frame)
    assert [BUSY, "0.3 %"] == list(frame[["requests", "share"]].iloc[0])
    assert ["All others", MANY + 1 - explored.GROUPS, "16.7 %"] == list(frame[["group", "requests", "share"]].iloc[-1])
    assert MANY + BUSY == frame["requests"].sum()
    assert any(
        each.value.startswith("The 1,000 busiest of 1,201 groups, the last row is all others, 1,204 requests")
        for each in page.caption
    )


def test_the_row_of_all_others_leads_nowhere(pages: "Pages", visit: "Visit") -> None:
    page = pages.click(visit("explore", by="Address"), "groups", "group", "All others")

    assert {"by": "Address"} == pages.url(page)
    assert "Requests" == page.header[-1].value
    assert explored.GROUPS + 1 == len(pages.table(page, "groups"))


def test_the_file_has_every_group(visit: "Visit") -> None:
    visit("explore")
    known = data.known()
    assert known.span is not None
    found = explored.exported(explored.question(known.version, known.span, Match()), "ip", {})

    assert (MANY + 1, MANY + 1, MANY + BUSY) == (found.number, len(found.rows), found.requests)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("Country", {"NL": MANY, "DE": BUSY}),
        ("Operator", {"AS64501 Six": MANY, OPERATOR: BUSY}),
        ("Route", {"GET /v1/invoices/{id}": MANY, "POST /v1/agents/{id}": BUSY}),
        ("Method", {"GET": MANY, "POST": BUSY}),
        ("Client", {"curl/8": MANY + BUSY}),
    ],
)
def test_requests_are_told_apart_by_where_they_come_from_and_go_to(
    pages: "Pages", visit: "Visit", by: str, expected: dict[str, int]
) -> None:
    assert expected == counted(pages, visit("explore", by=by))


@pytest.mark.parametrize("parameters", [{"country": "DE"}, {"asn": OPERATOR}, {"country": "DE", "asn": OPERATOR}])
def test_requests_are_filtered_by_country_and_operator(
    pages: "Pages", visit: "Visit", parameters: dict[str, str]
) -> None:
    page = visit("explore", by="Address", **parameters)

    assert {HERE: BUSY} == counted(pages, page)
    assert {"DE AS64500 Example Net"} == set(page.dataframe[-1].value["place"])


def test_an_address_of_a_key_has_its_network_operator_and_country(visit: "Visit") -> None:
    page = visit("key", key="key_1", window="24h")
    addresses = next(each.value for each in page.dataframe if {"ip", "asn"} <= set(each.value.columns))

    assert [HERE, "203.0.113.0/24", OPERATOR, "DE"] == list(addresses.loc[0, ["ip", "network", "asn", "country"]])
    assert not any("GeoIP" in each.value for each in page.caption)
