"""The Explore page's logic, on a small real workspace."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from dashboard.elements import export

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

    from tests.dashboard.conftest import Pages, Small

    Visit = Callable[..., AppTest]


AT_HOST = {"by": "Key", "host": "api.example"}


def counted(pages: "Pages", page: "AppTest") -> dict[str, int]:
    frame = pages.table(page, "groups")
    return dict(zip(frame["group"], frame["requests"], strict=True))


def test_as_it_is_it_tells_outcomes_apart(pages: "Pages", visit: "Visit") -> None:
    page = visit("explore")

    assert {"Successful": 316, "401 unauthenticated": 14, "403 forbidden": 1, "429 throttled": 1, "5xx": 1} == counted(
        pages, page
    )
    assert any("5 groups, 333 requests" in each.value for each in page.caption)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"keys": "key_1"}, {"Successful": 282, "401 unauthenticated": 4, "403 forbidden": 1, "429 throttled": 1}),
        ({"keys": "billing-prod · key_1", "status": "429"}, {"429 throttled": 1}),
        ({"keys": "(none)"}, {"401 unauthenticated": 5}),
        ({"owner": "crm@co.example"}, {"Successful": 29, "5xx": 1}),
        ({"owner": "(none)"}, {"Successful": 5, "401 unauthenticated": 10}),
        ({"environment": "(none)", "keys": "unknown:203.0.113.0/24"}, {"401 unauthenticated": 5}),
        ({"owner": "(none)", "ip": "203.0.113.66"}, {"401 unauthenticated": 5}),
        ({"owner": "(none)", "environment": "production"}, {}),
        ({"not": "owner:(none)", "status": "5xx"}, {"5xx": 1}),
        ({"not": "owner:(none)", "environment": "(none)"}, {}),
        ({"owner": "pay@co.example", "environment": "development"}, {}),
        ({"ip": "203.0.113.66"}, {"401 unauthenticated": 5}),
        ({"network": "198.51.100.0/24", "status": "5xx"}, {"5xx": 1}),
        ({"route": "GET /v1/invoices/{id}", "method": "POST"}, {}),
        ({"path": "INVOICES/47", "status": "5xx"}, {"5xx": 1}),
        ({"agent": "IMG src"}, {"Successful": 5}),
        ({"path": "/v2/"}, {}),
        ({"not": "keys:key_1"}, {"Successful": 34, "401 unauthenticated": 10, "5xx": 1}),
        ({"not": "owner:pay@co.example", "status": "401"}, {"401 unauthenticated": 10}),
        ({"not": "status:Successful", "keys": "key_2"}, {"5xx": 1}),
        ({"not": "ip:198.51.100.7", "environment": "production"}, {}),
        ({"host": "api.example", "client": "curl/8", "keys": "key_2"}, {"Successful": 29, "5xx": 1}),
    ],
)
def test_a_link_opens_exactly_the_requests_of_its_filters(
    pages: "Pages", visit: "Visit", parameters: dict[str, str], expected: dict[str, int]
) -> None:
    page = visit("explore", **parameters)

    if expected:
        assert expected == counted(pages, page)
    else:
        assert "No request of this window matches" in page.info[0].value
    assert parameters == pages.url(page)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("Owner", {"pay@co.example": 288, "crm@co.example": 30, "(none)": 15}),
        ("Environment", {"production": 288, "development": 30, "(none)": 15}),
        ("Address", {"198.51.100.7": 288, "198.51.100.8": 30, "203.0.113.5": 5, "203.0.113.6": 5, "203.0.113.66": 5}),
        ("Method", {"GET": 333}),
        ("Host", {"api.example": 333}),
    ],
)
def test_requests_are_told_apart_by_anything(pages: "Pages", visit: "Visit", by: str, expected: dict[str, int]) -> None:
    assert expected == counted(pages, visit("explore", by=by))


def test_keys_are_told_apart_by_name_and_the_others_by_what_is_known(pages: "Pages", visit: "Visit") -> None:
    labels = set(counted(pages, visit("explore", by="Key")))

    assert {"billing-prod · key_1", "crm-dev · key_2", "(none)", "unknown:203.0.113.0/24"} < labels


def test_an_hour_that_is_all_that_is_known_is_not_told_as_a_minute(
    pages: "Pages", visit: "Visit", small: "Small"
) -> None:
    by_host, at_host = (pages.table(visit("explore", **asked), "groups") for asked in ({"by": "Host"}, AT_HOST))
    hour = f"{small.now:%Y-%m-%d %H}:00 to {small.now:%H}:59"

    assert [hour] == list(by_host["last"])
    assert hour == dict(zip(at_host["group"], at_host["last"], strict=True))["billing-prod · key_1"]
    assert at_host["first"].str.endswith(":59").all()


@pytest.mark.parametrize(
    ("by", "group"),
    [
        ("Key", "billing-prod · key_1"),
        ("Owner", "pay@co.example"),
        ("Environment", "production"),
        ("Address", "198.51.100.7"),
    ],
)
def test_a_key_is_seen_to_the_minute_and_so_are_those_of_an_owner(
    pages: "Pages", visit: "Visit", small: "Small", by: str, group: str
) -> None:
    frame = pages.table(visit("explore", by=by), "groups").set_index("group")
    first = small.now - timedelta(minutes=3 * 1440 - 15)

    # At its beginning an hour is told as what it may be: all of it.
    assert frame.loc[group, "first"].startswith(f"{first:%Y-%m-%d %H:%M}")
    assert frame.loc[group, "last"].startswith(f"{small.now:%Y-%m-%d %H:%M}")


def test_a_click_on_a_group_filters_by_it(pages: "Pages", visit: "Visit") -> None:
    page = pages.click(visit("explore", by="Key", path="/v1/"), "groups", "group", "crm-dev · key_2")

    assert {"by": "Key", "path": "/v1/", "keys": "crm-dev · key_2"} == pages.url(page)
    assert {"crm-dev · key_2": 30} == counted(pages, page)

    next(button for button in page.button if button.label == "Clear filters").click().run()

    assert {"by": "Key"} == pages.url(page)


@pytest.mark.parametrize("by", ["Owner", "Environment"])
def test_what_nobody_owns_is_a_group_that_a_click_filters_by(pages: "Pages", visit: "Visit", by: str) -> None:
    page = pages.click(visit("explore", by=by), "groups", "group", "(none)")

    assert {"by": by, by.lower(): "(none)"} == pages.url(page)
    assert {"(none)": 15} == counted(pages, page)


def test_a_window_and_a_filter_hold_together(pages: "Pages", visit: "Visit") -> None:
    assert {"Successful": 18, "401 unauthenticated": 4, "403 forbidden": 1, "429 throttled": 1} == counted(
        pages, visit("explore", keys="key_1", window="6h")
    )


def test_the_requests_themselves_are_the_newest_and_know_their_key(visit: "Visit") -> None:
    newest = visit("explore", ip="203.0.113.5").dataframe[-1].value

    assert 5 == len(newest)
    assert newest["ts"].is_monotonic_decreasing
    assert newest["key"].iloc[0].startswith("ac_live_…ssss")


def test_a_group_that_is_filtered_by_already_can_be_clicked(pages: "Pages", visit: "Visit") -> None:
    page = pages.click(visit("explore", by="Host", host="api.example"), "groups", "group", "api.example")

    assert {"by": "Host", "host": "api.example"} == pages.url(page)


@pytest.mark.parametrize(
    ("column", "value", "parameter", "filtered"),
    [
        ("ip", "203.0.113.6", "ip", "203.0.113.6"),
        ("key", "crm-dev", "keys", "crm-dev · key_2"),
        ("outcome", "401 unauthenticated", "status", "401 unauthenticated"),
        ("status", 200, "status", "Successful"),
        ("path", "/v1/invoices/4711", "route", "GET /v1/invoices/{id}"),
        ("agent", "curl/8.5.0", "client", "curl/8"),
        ("host", "api.example", "host", "api.example"),
    ],
)
def test_a_click_on_a_cell_of_a_request_filters_by_it(
    pages: "Pages", visit: "Visit", column: str, value: object, parameter: str, filtered: str
) -> None:
    page = pages.click(visit("explore"), "raw_rows", column, value)

    assert {parameter: filtered} == pages.url(page)
    assert counted(pages, page)


@pytest.mark.parametrize(("ip", "filtered"), [("203.0.113.66", "unknown:203.0.113.0/24"), ("203.0.113.6", "(none)")])
def test_a_request_of_no_key_leads_to_those_that_are_counted_with_it(
    pages: "Pages", visit: "Visit", ip: str, filtered: str
) -> None:
    page = visit("explore", ip=ip)
    page = pages.click(page, "raw_rows", "key", pages.table(page, "raw_rows")["key"].iloc[0])

    assert filtered == pages.url(page)["keys"]
    assert {"401 unauthenticated": 5} == counted(pages, page)


def test_a_moment_of_a_request_filters_nothing(pages: "Pages", visit: "Visit") -> None:
    page = visit("explore")
    page = pages.click(page, "raw_rows", "at", pages.table(page, "raw_rows")["at"].iloc[0])

    assert {} == pages.url(page)


def test_a_request_has_its_status_and_its_source(pages: "Pages", visit: "Visit") -> None:
    frame = pages.table(visit("explore", ip="203.0.113.6"), "raw_rows")

    assert {(401, "edge")} == set(frame[["status", "source"]].itertuples(index=False, name=None))


def test_older_requests_are_those_up_to_the_oldest_that_is_listed(pages: "Pages", visit: "Visit") -> None:
    page = visit("explore", keys="key_1")
    first = pages.table(page, "raw_rows")
    next(button for button in page.button if button.label == "Older requests").click().run()
    second = pages.table(page, "raw_rows")

    assert "custom" == pages.url(page)["window"]
    assert [100, 100] == [len(first), len(second)]
    assert first["ts"].iloc[-1] == second["ts"].iloc[0]


def test_where_all_requests_are_listed_there_are_no_older_ones(visit: "Visit") -> None:
    assert not [button for button in visit("explore", keys="key_2").button if button.label == "Older requests"]


def test_what_came_from_a_log_is_shown_as_text(pages: "Pages", visit: "Visit") -> None:
    page = visit("explore", client=pages.markup, by="Client")
    read = [*page.markdown, *page.caption, *page.info, *page.header]

    assert not [each.value for each in read if "<img" in each.value]


def test_a_filter_that_nobody_heard_of_finds_nothing(visit: "Visit") -> None:
    for parameters in ({"keys": "key_9'; DROP TABLE events; --"}, {"status": "teapot"}, {"ip": "999"}):
        assert "No request of this window matches" in visit("explore", **parameters).info[0].value


def test_what_names_no_filter_leaves_nothing_out_and_says_so(pages: "Pages", visit: "Visit") -> None:
    page = visit("explore", **{"not": "colour:red"})

    assert 333 == sum(counted(pages, page).values())
    assert any(text.startswith("△ colour:red leaves nothing out.") for text in pages.texts(page))


def test_a_csv_file_holds_no_formula() -> None:
    frame = pd.DataFrame(
        {
            "agent": ["=cmd|'/c calc'!A0", "+1", "@SUM(A1)", "curl/8", "\t=1", None],
            "requests": [1, -2, 3, 4, 5, 6],
            "ts": pd.to_datetime(["2026-11-23T05:24:31Z"] * 5 + [None], utc=True, format="ISO8601"),
        }
    )
    rows = list(csv.DictReader(io.StringIO(export.csv(frame).decode())))

    assert ["'=cmd|'/c calc'!A0", "'+1", "'@SUM(A1)", "curl/8", "' =1", ""] == [row["agent"] for row in rows]
    assert ["1", "-2"] == [row["requests"] for row in rows[:2]]
    assert ["2026-11-23T05:24:31Z", ""] == [rows[0]["ts"], rows[-1]["ts"]]
