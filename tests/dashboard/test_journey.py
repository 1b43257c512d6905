"""From the link in an alert to the incident, and what an analyst does there, in a real browser."""

import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alerts.config import Route, Target, Telling
from alerts.delivery import deliver
from alerts.outbox import tell
from keywatch.workspace import Workspace
from model.actor import actor
from model.clock import SystemClock
from model.incident import Incident
from store.state import audit, chain, silences
from store.state.incidents import get_incident
from tests.dashboard.test_browser import CHROMIUM, ROW, address, page, parameters, resting, shown

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


__all__ = ["address", "page", "shown"]

pytestmark = pytest.mark.skipif(not CHROMIUM.exists() and not os.environ.get("CI"), reason="Chromium is not installed")


FEW = re.compile("^[12]$")
"""Requests of the key within ten minutes of what was found: it sends one every fifteen."""


def stands(shown: Workspace) -> Incident:
    with shown.store.reading() as tx:
        found = get_incident(tx, "inc_1")
    assert found is not None
    return found


@pytest.fixture
def link(shown: Workspace, address: str, tmp_path: Path) -> str:
    """What an alert that was really delivered links to."""
    telling = Telling(routes=(Route(to=("file",)),), link_base=address)
    now = datetime.now(UTC)
    with shown.store.transaction() as tx:
        tell(tx, [], telling, now=now, standing=[stands(shown)])
    deliver(shown.store, [Target(name="file", url=f"jsonl:{tmp_path}/alerts.jsonl")], SystemClock(), "w1")
    return str(json.loads((tmp_path / "alerts.jsonl").read_text())["links"]["incident"])


def test_from_an_alerts_link_by_clicks_to_the_requests_the_key_one_request_and_a_silence(
    page: "Page", link: str, shown: Workspace
) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(link)
    page.get_by_role("button", name="Acknowledge").click()
    page.get_by_text("Acknowledged.", exact=True).wait_for()
    page.get_by_role("button", name="Acknowledge").wait_for(state="detached")
    page.locator("[aria-label^='Calls per hour over']").wait_for()

    assert "acknowledged" == stands(shown).status

    page.get_by_text("Key billing-prod from 198.51.100.7, ").wait_for()
    cell(page, "The requests behind this incident", "/v1/invoices/4711").wait_for(state="attached")
    page.get_by_role("link", name="Open the key").click()
    page.wait_for_url("**/key?*window=custom*")
    page.get_by_test_id("stText").get_by_text("billing-prod", exact=True).wait_for()
    page.locator("[class*=st-key-tile_requests]").get_by_text(FEW).wait_for()

    assert "key_1" == parameters(page)["key"][-1]

    back(page)
    page.get_by_role("link", name="Explore them").click()
    page.wait_for_url("**/explore?*window=custom*")
    page.get_by_role("heading", name="Explore").wait_for()
    page.get_by_role("radio", name="custom", exact=True, checked=True).wait_for()
    cell(page, "The newest requests that match", "/v1/invoices/4711").wait_for(state="attached")
    asked = parameters(page)

    assert (["key_1"], ["198.51.100.7"], "custom") == (asked["keys"], asked["ip"], asked["window"][-1])

    back(page)
    page.get_by_test_id("stPopoverButton").filter(has_text="Silence").click()
    page.get_by_role("textbox", name="Why").fill("a load test")
    page.get_by_test_id("stPopoverBody").get_by_role("button", name="Silence").click()
    page.get_by_text("Silenced for 1 hour.").wait_for()
    page.get_by_text(f"Silence 1 by {actor()}").wait_for()
    with shown.store.reading() as tx:
        (made,) = silences.list_silences(tx)

    assert ("a load test", timedelta(hours=1)) == (made.reason, made.until - made.since)

    page.get_by_test_id("stPopoverButton").filter(has_text="Resolve").click()
    page.get_by_role("radiogroup", name="What was it?").get_by_text("A false alarm").click()
    page.get_by_test_id("stPopoverBody").get_by_role("button", name="Resolve").click()
    page.get_by_text("Resolved. Who heard of it hears the end of it.").wait_for()
    page.get_by_role("button", name="Reopen").click()
    page.get_by_text("Reopened. The verdict counts no more.").wait_for()
    with shown.store.reading() as tx:
        done = list(audit.audit_frame(tx)["action"])[:5]
        assert () == chain.check(tx).faults

    assert "open" == stands(shown).status
    assert [
        "incident reopened", "incident resolved", "incident silenced", "silence added", "incident acknowledged",
    ] == done  # fmt: skip
    assert not complaints


def test_a_span_drawn_over_a_chart_of_an_incident_is_the_time_of_its_requests_alone(page: "Page", link: str) -> None:
    page.goto(link)
    said = page.get_by_text("Key billing-prod from 198.51.100.7, ")
    own = said.inner_text()
    box = resting(page, page.locator("[aria-label^='Calls per hour over']"))
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.6 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.6 * box["height"], steps=8)
    page.mouse.up()
    page.wait_for_url("**/incidents?*span=*")
    page.get_by_role("button", name="The incident's own time").wait_for()
    page.get_by_text(own).wait_for(state="detached")
    said.wait_for()

    assert {"incident", "span"} == parameters(page).keys()

    page.get_by_role("button", name="The incident's own time").click()
    page.get_by_text(own).wait_for()

    assert {"incident"} == parameters(page).keys()


def cell(page: "Page", table: str, text: str) -> "Locator":
    """A cell with that text of a table; a table is drawn once it is looked at."""
    found = page.get_by_test_id("stDataFrame").filter(has=page.get_by_role("button", name=table))
    found.scroll_into_view_if_needed()
    return found.locator("[role=gridcell]").filter(has_text=text).first


def back(page: "Page") -> None:
    """To the incident; a link's own window stands in the history before the one that was drawn."""
    page.go_back()
    if "/incidents?" not in page.url:
        page.go_back()
    page.wait_for_url("**/incidents?*incident=inc_1*")
    page.get_by_role("heading", name="Incidents").wait_for()


def test_several_incidents_are_ticked_and_taken_in_the_browser(page: "Page", shown: Workspace) -> None:
    page.goto("/incidents")
    table = page.get_by_test_id("stDataFrame").filter(visible=True)
    box = resting(page, table)
    page.mouse.click(box["x"] + 15, box["y"] + 1.5 * ROW)
    page.get_by_text("1 chosen").wait_for()
    page.get_by_role("button", name="Acknowledge").click()
    page.get_by_text("Acknowledged.", exact=True).wait_for()

    assert "acknowledged" == stands(shown).status
    page.get_by_text("0 open · 1 in progress · 0 closed.").wait_for()
