"""What the page of a key tells beyond its facts, on a small real workspace."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from dashboard.navigation import literal
from ingest.inventory.read import read_keys
from keywatch.collecting.ingesting import ingest_source
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import SystemClock
from store.state.inventory import save_keys
from tests.dashboard.conftest import BILLING, line
from tests.dashboard.looking import open_tables

if TYPE_CHECKING:
    import pandas as pd
    from streamlit.testing.v1 import AppTest

    from tests.dashboard.conftest import Pages, Small

    Visit = Callable[..., AppTest]


def having(page: "AppTest", *columns: str) -> "pd.DataFrame":
    return next(each.value for each in page.dataframe if set(columns) <= set(each.value.columns))


def test_its_use_is_told_by_outcome_route_address_and_client(visit: "Visit") -> None:
    page = visit("key", key="key_1")

    assert {"Successful": 282, "401 unauthenticated": 4, "403 forbidden": 1, "429 throttled": 1} == dict(
        having(page, "status", "share")[["status", "requests"]].itertuples(index=False)
    )
    assert ["GET /v1/invoices/{id}"] == list(having(page, "route")["route"])
    assert ["198.51.100.7", "198.51.100.0/24", "—", "—"] == list(
        having(page, "ip", "asn").loc[0, ["ip", "network", "asn", "country"]]
    )
    assert ["curl/8"] == list(having(page, "client", "unauthorized")["client"])


@pytest.mark.parametrize(
    ("table", "column", "value", "filters"),
    [
        ("key_status", "status", "401 unauthenticated", {"status": "401 unauthenticated"}),
        ("key_route", "route", "GET /v1/invoices/{id}", {"route": "GET /v1/invoices/{id}"}),
        ("key_ip", "network", "198.51.100.0/24", {"ip": "198.51.100.7"}),
        ("key_client", "requests", 24, {"client": "curl/8"}),
        ("raw_rows", "status", 429, {"status": "429 throttled"}),
        ("raw_rows", "ip", "198.51.100.7", {"ip": "198.51.100.7"}),
    ],
)
def test_a_row_leads_to_its_requests_of_this_key_in_this_window(
    pages: "Pages", visit: "Visit", table: str, column: str, value: object, filters: dict[str, str]
) -> None:
    page = pages.click(visit("key", key="key_1", window="6h"), table, column, value)

    assert "Explore" == page.title[0].value
    assert {"key": "key_1", "keys": "billing-prod · key_1", "window": "6h", **filters} == pages.url(page)
    assert "6h" == page.session_state["window"]
    assert {"billing-prod"} == set(pages.table(page, "raw_rows")["key"])


def test_what_is_new_leads_to_its_requests_since_then(
    pages: "Pages", small: "Small", copied: Workspace, tmp_path: Path
) -> None:
    when, log = small.now - timedelta(minutes=90), tmp_path / "later.log"
    fresh = [line(when + timedelta(minutes=n), BILLING, "192.0.2.44", 200) for n in range(3)]
    log.write_text("".join(json.dumps(each) + "\n" for each in fresh))
    ingest_source(copied, SourceConfig(name="later", path=str(log)), clock=SystemClock())
    page = pages.click(pages.open("key", key="key_1", window="24h"), "key_news", "value", "192.0.2.44")
    said = pages.url(page)

    assert "Explore" == page.title[0].value
    assert ("billing-prod · key_1", "192.0.2.44", "custom") == (said["keys"], said["ip"], said["window"])
    assert f"{when:%Y-%m-%dT%H:%M}Z" == said["from"].replace("+00:00", "Z")
    assert 3 == len(pages.table(page, "raw_rows"))


def test_of_unknown_credentials_no_row_leads_anywhere(visit: "Visit") -> None:
    page = visit("key", key="unknown:")

    assert not [each.key for each in page.dataframe if (each.key or "").startswith("key_ip")]


def test_latency_and_bytes_have_charts_with_tables(visit: "Visit") -> None:
    page = open_tables(visit("key", key="key_1", window="24h"))
    latency = having(page, "p50", "p95")

    assert {20.0} == {*latency["p50"], *latency["p95"]}
    assert 96 * 512 == having(page, "Sent")["Sent"].sum()
    told = ["Requests per 15 minutes", "Requests by hour of day", "Latency by 15 minutes", "Bytes sent per 15 minutes"]
    alternatives = [each.proto.alt for each in page.get("vega_lite_chart")]
    assert all(alt.startswith(begin) for alt, begin in zip(alternatives, told, strict=True))


def test_a_key_that_began_in_the_window_is_all_new(visit: "Visit") -> None:
    page = visit("key", key="key_1", window="7d")

    assert any("all of it is new" in each.value for each in page.caption)


def test_what_was_seen_before_the_window_is_not_new(visit: "Visit") -> None:
    page = visit("key", key="key_1", window="24h")

    assert any(each.value.startswith("Nothing: it had all been seen") for each in page.caption)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland"])
def test_the_heat_map_goes_by_the_clocks_of_the_zone(visit: "Visit", small: "Small", zone: str) -> None:
    page = visit("key", key="key_2", window="24h", zone=zone)
    (alternative,) = (
        each.proto.alt for each in page.get("vega_lite_chart") if each.proto.alt.startswith("Requests by hour")
    )
    told = having(open_tables(page), "day", "00h").melt("day", var_name="hour", value_name="requests")
    used = [(small.now - timedelta(hours=hours)).astimezone(ZoneInfo(zone)) for hours in range(24)]

    assert f"weekday, {zone}." in alternative
    assert Counter((f"{at:%a}", f"{at:%H}h") for at in used) == {
        (day, hour): requests for day, hour, requests in told.itertuples(index=False) if requests
    }


def test_up_to_three_keys_stand_beside_it(pages: "Pages", visit: "Visit") -> None:
    page = visit("key", key="key_1", **{"with": "crm-dev · key_2"})
    compared = having(page, "label", "addresses")

    assert [("billing-prod · key_1", 288), ("crm-dev · key_2", 30)] == list(
        compared[["label", "requests"]].itertuples(index=False, name=None)
    )
    assert {"key": "key_1", "with": "crm-dev · key_2"} == pages.url(page)


def test_a_fourth_key_beside_it_is_left_out(pages: "Pages", small: "Small", copied: Workspace, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps([{"key_id": f"key_{n}", "name": f"number-{n}"} for n in range(4, 9)]))
    with copied.store.transaction() as tx:
        save_keys(tx, read_keys(keys, pulled_at=small.now, pepper=copied.pepper), small.now)
    three = pages.open("key", key="key_1", **{"with": ["key_4", "key_5", "key_2"]})
    four = pages.open("key", key="key_1", **{"with": ["key_4", "key_5", "key_6", "key_2"]})

    assert ["billing-prod · key_1", "number-4 · key_4", "number-5 · key_5", "crm-dev · key_2"] == list(
        having(three, "label", "addresses")["label"]
    )
    assert ["billing-prod · key_1", "number-4 · key_4", "number-5 · key_5", "number-6 · key_6"] == list(
        having(four, "label", "addresses")["label"]
    )


def test_a_key_beside_itself_or_a_stranger_is_left_out(visit: "Visit") -> None:
    for other in ("key_1", "key_9"):
        page = visit("key", key="key_1", **{"with": other})

        assert not [each for each in page.dataframe if "addresses" in each.value.columns]


def test_a_key_without_a_rotation_says_so_and_shows_what_changed(visit: "Visit") -> None:
    page = visit("key", key="key_1")

    assert any(each.value.startswith("No rotation is known") for each in page.caption)
    assert ["added"] == list(having(page, "field", "after")["after"])


def test_a_rotation_is_told_in_its_four_steps(
    pages: "Pages", small: "Small", copied: Workspace, tmp_path: Path
) -> None:
    issued = (small.now - timedelta(days=10)).isoformat()
    keys = tmp_path / "keys.json"
    keys.write_text(
        json.dumps(
            [
                {"key_id": "key_4", "name": "crm-new", "status": "active", "created_at": issued},
                {"key_id": "key_2", "name": "crm-dev", "status": "active", "successor": "key_4"},
            ]
        )
    )
    with copied.store.transaction() as tx:
        save_keys(tx, read_keys(keys, pulled_at=small.now, pepper=copied.pepper), small.now)
    shown = [pages.texts(pages.open("key", key=key)) for key in ("key_2", "key_4")]

    for texts in shown:
        assert "crm-dev is replaced by crm-new. The new key was issued and has not worked yet." in texts
        assert ["✓ 1. New key, done", "○ 2. Update clients, open", "○ 3. Test, open", "○ 4. Revoke, open"] == [
            text for text in texts if text[:1] in "✓○?" and text[2:3].isdigit()
        ]


def test_its_requests_can_be_explored(visit: "Visit") -> None:
    page = visit("key", key="key_1", window="24h")
    (link,) = (each for each in page.get("page_link") if each.proto.label.startswith("Explore"))

    assert "window=24h&key=key_1&keys=billing-prod+%C2%B7+key_1" == link.proto.query_string


@pytest.mark.parametrize(
    ("text", "written"), [("a_b", r"a\_b"), ("[x](http://y)", r"\[x\]\(http\://y\)"), ("a\nb", r"a\\x0ab")]
)
def test_marks_in_a_name_stand_for_themselves(text: str, written: str) -> None:
    assert written == literal(text)


def test_what_no_key_is_called_is_said_with_what_is_like_it(pages: "Pages", visit: "Visit") -> None:
    page = visit("key", key="key_1", **{"with": "old"})

    assert "△ No single key is called old; 1 is like it: old-export · key_3" in pages.texts(page)
    assert not [each for each in page.dataframe if "addresses" in each.value.columns]


def test_a_key_is_compared_by_its_name_too(visit: "Visit") -> None:
    page = visit("key", key="key_1", **{"with": "crm-dev"})

    assert ["billing-prod · key_1", "crm-dev · key_2"] == list(having(page, "label", "addresses")["label"])
