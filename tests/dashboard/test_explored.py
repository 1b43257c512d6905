"""In a real browser: a span drawn on a chart, the requests behind it on a page of their own, and their file."""

import csv
import os
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.dashboard.test_browser import CHROMIUM, page, parameters, resting

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["page"]

pytestmark = pytest.mark.skipif(not CHROMIUM.exists() and not os.environ.get("CI"), reason="Chromium is not installed")


@pytest.fixture
def address(looked_at: str) -> str:
    return looked_at


def draw(page: "Page", chart: str, begin: float, end: float) -> None:
    """Draw over a chart, from one share of its width to another."""
    box = resting(page, page.locator(f"[aria-label^='{chart}']").first)
    height = box["y"] + 0.6 * box["height"]
    page.mouse.move(box["x"] + begin * box["width"], height)
    page.mouse.down()
    for share in (0.5, 1):
        page.mouse.move(box["x"] + (begin + share * (end - begin)) * box["width"], height, steps=5)
    page.mouse.up()


def window_of(page: "Page") -> tuple[datetime, datetime]:
    said = parameters(page)
    return datetime.fromisoformat(said["from"][0]), datetime.fromisoformat(said["to"][0])


def test_from_a_drawn_span_to_the_requests_and_their_file(page: "Page", tmp_path: Path) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/key?key=key_1&window=24h&zone=Asia/Kolkata")
    page.locator("[aria-label^='Requests per 15 minutes']").wait_for()
    page.locator("[aria-label^='Bytes sent per 15 minutes']").wait_for()
    draw(page, "Requests per 15 minutes", 0.4, 0.6)
    page.wait_for_url(re.compile("window=custom"))
    page.wait_for_url(re.compile("to="))
    since, until = window_of(page)

    assert timedelta(hours=5, minutes=30) == since.utcoffset()
    assert timedelta(hours=3) < until - since < timedelta(hours=7)
    assert not (since - since.min.replace(tzinfo=since.tzinfo)) % timedelta(minutes=15)

    page.locator("[aria-label^='Requests per 5 minutes']").wait_for()
    # The link is drawn anew after the chart is.
    page.locator("a[href*='window=custom']").filter(has_text="Explore these requests").click()
    page.get_by_role("button", name="Requests as CSV").wait_for()

    assert (since, until) == window_of(page)
    assert ["billing-prod · key_1"] == parameters(page)["keys"]

    page.mouse.move(0, 0)  # over the table, its own toolbar would lie above the button
    with page.expect_download() as saved:
        page.get_by_role("button", name="Requests as CSV").click()
    saved.value.save_as(tmp_path / "requests.csv")
    rows = list(csv.DictReader((tmp_path / "requests.csv").read_text(encoding="utf-8").splitlines()))

    assert {"billing-prod"} == {row["key"] for row in rows}
    assert all(since <= datetime.fromisoformat(row["ts"]) < until for row in rows)
    assert (until - since) // timedelta(minutes=15) == len(rows)
    assert saved.value.suggested_filename.startswith("keywatch_requests_20")
    assert not complaints


def test_a_file_of_groups_has_the_hours_of_which_no_more_is_known_without_minutes(page: "Page", tmp_path: Path) -> None:
    page.goto("/explore?by=Host")
    page.get_by_role("button", name="Requests as CSV").wait_for()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Table as CSV").click()
    saved.value.save_as(tmp_path / "by_host.csv")
    rows = {row["host"]: row for row in csv.DictReader((tmp_path / "by_host.csv").read_text("utf-8").splitlines())}

    assert "333" == rows["api.example"]["requests"]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\dZ", row["last_seen"]) for row in rows.values())


def test_a_custom_window_is_written_by_hand_and_survives_the_menu_and_a_reload(page: "Page") -> None:
    page.goto("/?window=6h")
    page.get_by_role("radio", name="custom").click()
    since = page.get_by_role("textbox", name="From")
    since.wait_for()
    since.fill("2d")
    since.press("Enter")
    page.wait_for_url(re.compile("from=2d"))
    page.get_by_role("link", name="Explore").click()
    page.get_by_role("button", name="Table as CSV").wait_for()
    page.reload()
    page.get_by_role("button", name="Table as CSV").wait_for()

    assert {"window", "from", "to"} == parameters(page).keys()
    assert "2d" == since.input_value()
