"""An incident's page: which requests it shows, of which time, and where it leads; in a store without events too."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from dashboard.controls.period import written
from dashboard.environment import EVENTS, STATE_URL
from dashboard.zones import Zone
from model.finding import Severity, Subject, SubjectKind
from store.handle import Store
from store.state.findings import save_findings
from store.state.incidents import save_incidents
from tests.dashboard.conftest import finding, incident
from tests.dashboard.looking import open_tables

if TYPE_CHECKING:
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    from tests.dashboard.conftest import Pages, Small

    Visit = Callable[..., AppTest]

MINUTE = timedelta(minutes=1)


def window(small: "Small", since: int, until: int) -> tuple[str, str]:
    """From so many minutes ago to so many."""
    return written(small.now - since * MINUTE, Zone()), written(small.now - until * MINUTE, Zone())


def listed(page: "AppTest") -> int:
    return next((len(each.value) for each in page.dataframe if "path" in each.value), 0)


def links(page: "AppTest", to: str) -> dict[str, list[str]]:
    return next(parse_qs(each.proto.query_string) for each in page.get("page_link") if each.proto.page == to)


def test_whose_requests_are_shown_stands_in_the_url(pages: "Pages", visit: "Visit") -> None:
    page = visit("incidents", incident="inc_1", requests="Address")

    assert any(text.startswith("All from 198.51.100.7, ") for text in pages.texts(page))
    assert {"incident": "inc_1", "requests": "Address"} == pages.url(page)


def test_of_which_time_requests_are_shown_stands_in_the_url_and_leads_on(
    pages: "Pages", visit: "Visit", small: "Small"
) -> None:
    since, until = window(small, 300, 120)
    page = visit("incidents", incident="inc_1", span=f"{since}/{until}")
    explored = links(page, "explore")

    assert 12 == listed(page)
    assert ([since], [until]) == (explored["from"], explored["to"])
    assert {"custom"} == set(explored["window"])

    next(one for one in page.button if one.label == "The incident's own time").click().run()

    assert {"incident": "inc_1"} == pages.url(page)
    assert listed(page) < 12


def test_a_time_that_cannot_be_read_is_that_of_the_incident(visit: "Visit") -> None:
    page = visit("incidents", incident="inc_1", span="**soon**/now")

    assert listed(visit("incidents", incident="inc_1")) == listed(page) > 0


def test_another_incident_is_shown_in_its_own_time(pages: "Pages", visit: "Visit", small: "Small") -> None:
    page = visit("incidents", incident="inc_1", span="/".join(window(small, 300, 120)))
    next(one for one in page.button if one.label == "All incidents").click().run()

    assert {} == pages.url(page)


def test_what_was_usual_is_not_cut_at_the_window_of_the_page(visit: "Visit", small: "Small") -> None:
    since, until = window(small, 2800, 2700)
    named = {"window": "custom", "from": since, "to": until}
    whole, cut = (visit("incidents", incident="inc_1", **given) for given in ({}, named))
    first, second = (next(each.proto.alt for each in page.get("vega_lite_chart")) for page in (whole, cut))

    assert first == second
    assert "yes" in set(open_tables(cut).dataframe[1].value["Evidence"])


def test_a_key_is_opened_in_the_time_of_its_incident(visit: "Visit", small: "Small") -> None:
    asked = links(visit("incidents", incident="inc_1"), "key")
    began = finding(small.now, "x", Severity.LOW, "").first_seen

    assert ["key_1"] == asked["key"]
    assert (["custom"], [written(began - 10 * MINUTE, Zone())]) == (asked["window"], asked["from"])


@pytest.fixture(params=[Subject(SubjectKind.SOURCE, "edge"), Subject(SubjectKind.PLATFORM, "all"), None], ids=str)
def eventless(
    request: pytest.FixtureRequest, tmp_path: "Path", pages: "Pages", small: "Small", monkeypatch: pytest.MonkeyPatch
) -> "Pages":
    """A store with an incident about a source, the platform or a key, and no event."""
    store = Store.open(f"sqlite:///{tmp_path}/state.db", tmp_path / "events")
    silent = finding(small.now, "silent", Severity.HIGH, "It is silent")
    told = incident(small.now, (silent,))
    if request.param is not None:
        silent = replace(silent, key_id=None, ip=None, subject=request.param)
        told = replace(told, key_id=None, key_name=None, ip=None, findings=(silent,))
    with store.transaction() as tx:
        save_findings(tx, (silent,))
        save_incidents(tx, [told])
    store.close()
    monkeypatch.setenv(STATE_URL, f"sqlite:///{tmp_path}/state.db")
    monkeypatch.setenv(EVENTS, str(tmp_path / "events"))
    return pages


def test_an_incident_opens_in_a_store_without_events(eventless: "Pages") -> None:
    page = eventless.open("incidents", incident="inc_1")

    assert "It is silent" in eventless.texts(page)
    assert "No events are stored." == page.caption[0].value
    assert ["inc_1"] == list(eventless.table(eventless.open("incidents"), "incidents")["id"])


def test_other_pages_of_a_store_without_events_say_what_to_do(eventless: "Pages") -> None:
    assert "No events yet" == eventless.open("keys").header[0].value
