"""The pages' logic, on a small real workspace."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from dashboard.environment import EVENTS, STATE_URL
from model.clock import SystemClock
from store.handle import Store
from tests.dashboard.looking import figures

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

    from tests.dashboard.conftest import Pages, Small

    Visit = Callable[..., AppTest]


def test_the_overview_counts_what_came_in_and_what_was_refused(pages: "Pages", visit: "Visit") -> None:
    shown = pages.values(visit())

    assert {
        "Requests": "333",
        "Successful": "94.9 %",
        "401": "14",
        "403": "1",
        "429": "1",
        "Active keys": "3",
        "Addresses": "5",
        "Standing incidents": "1",
    } == shown


def test_the_overview_shows_no_change_where_the_logs_do_not_reach_back(visit: "Visit") -> None:
    page = visit(window="7d")

    assert [""] * 7 == [change for _, change in figures(page).values()][:7]
    assert "too late for the 7d before" in page.caption[0].value


def test_the_overview_compares_with_the_window_before(visit: "Visit") -> None:
    """As of now: the log was made some minutes before, a call every fifteen of them leaves the window since."""
    changes = {name: change for name, (_, change) in figures(visit(window="24h")).items()}

    assert changes["401"] == "new"
    assert changes["Requests"] in {f"+{n} %" for n in range(28, 35)}
    assert re.fullmatch(r"-1[23]\.\d pp", changes["Successful"])


def test_what_is_compared_is_told_where_changes_are_shown(visit: "Visit") -> None:
    """Of the others nobody could say what it means."""
    opened = {"": {}, "key": {"key": "key_1"}, "keys": {}, "incidents": {}, "explore": {}, "alerts": {}}
    told = {path: visit(path, window="24h", **more).caption[0].value for path, more in opened.items()}

    assert ["", "key"] == [path for path, text in told.items() if "Changes are against the 24h before." in text]
    assert all(" UTC" in text for text in told.values())


def test_an_open_incident_leads_to_its_page(pages: "Pages", visit: "Visit") -> None:
    page = pages.click(visit(window="24h"), "open_incidents", "key", "billing-prod")

    assert "Incidents" == page.title[0].value
    assert "inc_1" == pages.url(page)["incident"]


def test_a_busy_key_leads_to_its_page(pages: "Pages", visit: "Visit") -> None:
    page = pages.click(visit(), "busiest", "name", "crm-dev")

    assert "Key" == page.title[0].value
    assert {"key": "key_2"} == pages.url(page)
    assert "crm-dev" in pages.texts(page)


def test_the_keys_stand_beside_the_traffic_that_belongs_to_none(pages: "Pages", visit: "Visit") -> None:
    frame = pages.table(visit("keys"), "keys")

    assert {
        "billing-prod": 288,
        "crm-dev": 30,
        "ac_live_…ssss": 5,
        "No credential presented": 5,
        "Unknown credentials from 1 network": 5,
    } == {str(name).partition(" (fp:")[0]: n for name, n in zip(frame["name"], frame["requests"], strict=True)}


def test_of_traffic_that_belongs_to_no_key_the_hour_is_told(pages: "Pages", visit: "Visit", small: "Small") -> None:
    frame = pages.table(visit("keys"), "keys").set_index("name")

    assert f"{small.now:%Y-%m-%d %H}:00 to {small.now:%H}:59" == frame["last_used_at"]["No credential presented"]
    assert f"{small.now:%Y-%m-%d %H:%M}" == frame["last_used_at"]["billing-prod"]


def test_an_inactive_key_is_hidden_until_asked_for(pages: "Pages", visit: "Visit") -> None:
    page = visit("keys")
    before = list(pages.table(page, "keys")["name"])
    label = page.toggle[0].label
    page.toggle[0].set_value(True).run()

    assert "Show inactive (1)" == label
    assert "old-export" not in before
    assert "old-export" in list(pages.table(page, "keys")["name"])


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"q": "PAY@co"}, ["billing-prod"]),
        ({"q": "…cccc"}, ["crm-dev"]),
        ({"environment": "development"}, ["crm-dev"]),
        ({"owner": "pay@co.example", "inactive": "true"}, ["billing-prod", "old-export"]),
        ({"state": "revoked", "inactive": "true"}, ["old-export"]),
    ],
)
def test_the_filters_of_the_keys_stand_in_the_url(
    pages: "Pages", visit: "Visit", filters: dict[str, str], names: list[str]
) -> None:
    page = visit("keys", **filters)

    assert names == list(pages.table(page, "keys")["name"])


def test_a_search_that_finds_nothing_says_so(visit: "Visit") -> None:
    page = visit("keys", q="nobody")

    assert "No key matches" in page.info[0].value


def test_a_hygiene_card_leads_to_its_keys_and_stands_in_the_url(pages: "Pages", visit: "Visit") -> None:
    page = visit("keys")
    card = next(button for button in page.button if button.key == "card_endless")
    label = card.label
    card.click().run()
    shown, url = list(pages.table(page, "keys")["name"]), pages.url(page)
    next(button for button in page.button if button.key == "card_endless").click().run()

    assert "**1** Never expires" == label
    assert (["crm-dev"], {"hygiene": "endless"}) == (shown, url)
    assert {} == pages.url(page)
    assert len(pages.table(page, "keys")) > 1


def test_a_card_and_the_filters_both_hold(pages: "Pages", visit: "Visit") -> None:
    page = visit("keys", hygiene="age", environment="production")

    assert ["billing-prod"] == list(pages.table(page, "keys")["name"])
    assert any(caption.value.startswith("Over 90 days old: ") for caption in page.caption)


def test_a_card_that_there_is_not_shows_all_keys(pages: "Pages", visit: "Visit") -> None:
    assert len(pages.table(visit("keys", hygiene="x"), "keys")) > 1


def test_a_key_says_its_health_and_why(pages: "Pages", visit: "Visit") -> None:
    frame = pages.table(visit("keys"), "keys").set_index("name")

    assert ["▲ accused"] == list(frame.loc["billing-prod", "health"])
    assert frame.loc["billing-prod", "why"].startswith("4 failed calls with key billing-prod")
    assert ["● fine"] == list(frame.loc["crm-dev", "health"])


def test_a_key_page_shows_its_facts_its_use_and_its_findings(pages: "Pages", visit: "Visit") -> None:
    page = visit("key", key="key_1")

    assert {"billing-prod", "key_1", "ac_live_…bbbb", "pay@co.example", "production"} <= set(pages.texts(page))
    assert {"Requests": "288", "401": "4", "403": "1", "429": "1", "Addresses": "1"}.items() <= pages.values(
        page
    ).items()
    assert ["auth-burst-key", "new-origin"] == list(pages.table(page, "key_findings")["detector"])


def test_the_latest_requests_of_a_key_come_newest_first(visit: "Visit") -> None:
    latest = visit("key", key="key_1").dataframe[-1].value

    assert 200 == len(latest)
    assert ["401 unauthenticated", "/v1/invoices/4711", "198.51.100.7"] == list(
        latest.loc[0, ["outcome", "path", "ip"]]
    )
    assert latest["ts"].is_monotonic_decreasing


def test_a_finding_leads_to_its_incident(pages: "Pages", visit: "Visit") -> None:
    page = pages.click(visit("key", key="key_1"), "key_findings", "detector", "new-origin")

    assert {"key": "key_1", "incident": "inc_1"} == pages.url(page)


def test_a_key_that_no_inventory_row_knows_has_a_page_too(pages: "Pages", visit: "Visit") -> None:
    page = pages.click(visit("keys"), "keys", "status", ["△ unregistered"])

    assert "Key" == page.title[0].value
    assert "5" == pages.values(page)["Requests"]


def test_unknown_credentials_have_one_page_together(pages: "Pages", visit: "Visit") -> None:
    page = pages.click(visit("keys"), "keys", "id", "unknown:")

    assert "5" == pages.values(page)["401"]
    assert any("counted by network, not listed" in each.value for each in page.caption)


def test_requests_without_a_credential_open_no_page(pages: "Pages", visit: "Visit") -> None:
    page = pages.click(visit("keys"), "keys", "id", "-")

    assert "Keys" == page.title[0].value
    assert "no credential" in page.toast[0].value


def test_a_key_can_be_found_when_the_url_names_none(pages: "Pages", visit: "Visit") -> None:
    page = visit("key")
    next(each for each in page.text_input if each.label == "Find a key").set_value("CRM").run()
    page = pages.click(page, "found", "name", "crm-dev")

    assert {"key": "key_2"} == pages.url(page)
    assert "crm-dev" in pages.texts(page)


def test_a_key_that_nobody_knows_is_said_to_be_unknown(pages: "Pages", visit: "Visit") -> None:
    page = visit("key", key="key_9\n**x**")

    assert [r"Neither the inventory nor the logs know a key key_9\x0a**x**."] == pages.texts(page)[-1:]


def test_an_unused_key_says_so_instead_of_drawing_nothing(visit: "Visit") -> None:
    page = visit("key", key="key_3")

    assert "Not used in the last 7d" in page.info[0].value


def test_an_incident_shows_its_findings_with_evidence_and_what_to_do(pages: "Pages", visit: "Visit") -> None:
    page = visit("incidents", incident="inc_1")

    assert {"billing-prod", "198.51.100.7", "Ask the owner."} <= set(pages.texts(page))
    assert ["failed: 4", "failed: 4"] == [f.value["detail"].iloc[0] for f in page.dataframe if "detail" in f.value]


def test_an_incident_links_to_its_key(visit: "Visit") -> None:
    links = [each.proto for each in visit("incidents", incident="inc_1").get("page_link")]
    (link,) = [each for each in links if each.page == "key"]

    assert ("Open the key", "key") == (link.label, link.page)
    assert {"incident", "window", "from", "to", "key"} == parse_qs(link.query_string).keys()


def test_what_came_from_a_log_is_never_read_as_markup(pages: "Pages", visit: "Visit") -> None:
    shown = [visit(), visit("keys"), visit("key", key="key_1"), visit("incidents", incident="inc_1")]

    assert any(pages.markup in text for text in pages.texts(shown[3]))
    for page in shown:
        read = [*page.markdown, *page.caption, *page.title, *page.header, *page.info, *page.warning]
        assert not [each.value for each in read if "<img" in each.value or "[a](" in each.value]


def test_an_empty_store_says_what_to_do(tmp_path: Path, pages: "Pages", monkeypatch: pytest.MonkeyPatch) -> None:
    Store.open(f"sqlite:///{tmp_path}/state.db", tmp_path / "events").close()
    monkeypatch.setenv(STATE_URL, f"sqlite:///{tmp_path}/state.db")
    monkeypatch.setenv(EVENTS, str(tmp_path / "events"))
    page = pages.open()

    assert "No events yet" == page.header[0].value
    assert "keywatch ingest" in page.code[0].value


def test_a_store_that_cannot_be_opened_is_said_in_a_sentence(
    tmp_path: Path, pages: "Pages", monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state.db").write_text("this is no database, and it is long enough to be looked at" * 40)
    monkeypatch.setenv(STATE_URL, f"sqlite:///{tmp_path}/state.db")
    monkeypatch.setenv(EVENTS, str(tmp_path / "events"))

    assert any("is damaged" in text for text in pages.texts(pages.open()))


def test_without_its_environment_the_dashboard_says_how_to_start_it(pages: "Pages") -> None:
    assert any("keywatch dashboard" in text for text in pages.texts(pages.open()))


def test_a_late_source_is_named_and_windows_end_with_the_logs(
    pages: "Pages", visit: "Visit", monkeypatch: pytest.MonkeyPatch
) -> None:
    later = SystemClock().now() + timedelta(days=400)
    monkeypatch.setattr(SystemClock, "now", lambda _: later)
    page = visit(window="24h")

    assert any(text.startswith("Source edge is late: last event 400 d ago") for text in pages.texts(page))
    assert any("this page ends there and not now" in text for text in pages.texts(page))
    assert "135" == pages.values(page)["Requests"]


def test_the_keys_stand_in_the_order_that_is_asked_for_and_a_page_beyond_the_last_is_the_last(visit: "Visit") -> None:
    page = visit("keys", order="By name", page="9")
    names = next(list(each.value["name"]) for each in page.dataframe if "health" in each.value)

    assert sorted(names) == names
    assert len(names) > 2
