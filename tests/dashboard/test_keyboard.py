"""What is done with the keyboard alone beside going from page to page: rows that are ticked, and an act on them."""

from typing import TYPE_CHECKING

from keywatch.workspace import Workspace
from store.state.incidents import get_incident
from tests.dashboard.test_browser import DRAWN, address, page, pytestmark, reach, shown

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["address", "page", "pytestmark", "shown"]


def test_a_row_of_the_queue_is_ticked_and_acknowledged(page: "Page", shown: Workspace) -> None:
    page.goto("/incidents")
    page.get_by_test_id("stDataFrame").wait_for()
    reach(page, "Fullscreen: Incidents, the gravest first")
    page.keyboard.press("Tab")
    page.wait_for_timeout(DRAWN)
    page.keyboard.press("Shift+Space")
    page.get_by_text("1 chosen").wait_for()
    reach(page, "Acknowledge")
    page.keyboard.press("Enter")
    page.get_by_text("1 chosen").wait_for(state="detached")
    with shown.store.reading() as tx:
        incident = get_incident(tx, "inc_1")

    assert incident is not None
    assert "acknowledged" == incident.status
