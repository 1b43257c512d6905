"""The time control, on a small real workspace."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from streamlit.util import calc_hash

from dashboard.controls.period import written
from dashboard.zones import Zone
from tests.dashboard.looking import open_tables

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

    from tests.dashboard.conftest import Pages, Small

    Visit = Callable[..., AppTest]


def test_a_window_of_ones_own_stands_in_the_url(pages: "Pages", visit: "Visit", small: "Small") -> None:
    since, until = (written(small.now - timedelta(minutes=m), Zone()) for m in (75, 45))
    page = visit("key", key="key_1", window="custom", **{"from": since, "to": until})

    assert "2" == pages.values(page)["Requests"]
    assert since[:10] in page.caption[0].value


def test_going_from_a_preset_to_custom_begins_with_what_is_shown(pages: "Pages", visit: "Visit") -> None:
    page = visit(window="24h")
    preset = pages.values(page)["Requests"]
    page.segmented_control(key="window").set_value("custom").run()

    assert pages.url(page).keys() == {"window", "from", "to"}
    assert preset == pages.values(page)["Requests"] != pages.values(visit())["Requests"]

    page.segmented_control(key="window").set_value("7d").run()

    assert {} == pages.url(page)


def test_a_window_that_cannot_be_read_is_said_and_the_default_shown(pages: "Pages", visit: "Visit") -> None:
    page = visit(window="custom", **{"from": "**soon**"})

    assert any(text.startswith("△") and "Shown are the last 7d." in text for text in pages.texts(page))
    assert "333" == pages.values(page)["Requests"]


def test_the_zone_stands_in_the_url_and_on_every_moment(visit: "Visit") -> None:
    page = open_tables(visit("key", key="key_1", zone="Asia/Kolkata"))

    assert "IST to" in page.caption[0].value
    assert [frame for frame in page.dataframe if "From (Kolkata)" in frame.value.columns]


def test_a_zone_that_does_not_exist_is_utc(visit: "Visit") -> None:
    assert "UTC to" in visit(zone="Mars/Olympus").caption[0].value


def test_another_page_shows_the_window_that_its_link_says(visit: "Visit", pages: "Pages") -> None:
    page = visit("key", key="key_1", window="24h")
    page._page_hash = calc_hash("explore")
    page.query_params["window"] = ["24h", "14d"]
    page.run()

    assert "14d" == page.session_state["window"]
    assert [] == list(page.exception)
    assert not any("default value" in text for text in pages.texts(page))


def test_another_window_of_ones_own_is_taken_from_the_link_too(pages: "Pages", visit: "Visit", small: "Small") -> None:
    first, second = ((written(small.now - timedelta(minutes=m), Zone()) for m in ms) for ms in ((75, 45), (75, 15)))
    page = visit("key", key="key_1", window="custom", **dict(zip(("from", "to"), first, strict=True)))
    counted = pages.values(page)["Requests"]
    page._page_hash = calc_hash("")
    for name, value in zip(("from", "to"), second, strict=True):
        page.query_params[name] = value
    page.run()

    assert ("2", "custom") == (counted, page.session_state["window"])
    assert "5" == pages.values(page)["Requests"]


def test_a_page_whose_link_names_no_window_shows_the_usual_one(pages: "Pages", visit: "Visit") -> None:
    page = visit("explore", window="24h")
    page._page_hash = calc_hash("key")
    page.query_params.clear()
    page.query_params["key"] = "key_1"
    page.run()

    assert "7d" == page.session_state["window"]
    assert "288" == pages.values(page)["Requests"]
    assert [] == list(page.exception)
