"""What is done with the keyboard alone beside going from page to page: rows that are ticked, keys that are decided."""

from pathlib import Path
from typing import TYPE_CHECKING

from keywatch.workspace import Workspace
from reports import worksheet
from store.state.incidents import get_incident
from store.state.reports import open_reviews
from tests.dashboard.test_browser import DRAWN, NAMED, address, page, pytestmark, reach, shown
from tests.dashboard.test_review_journey import review

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["address", "page", "pytestmark", "review", "shown"]


def press(page: "Page", *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(DRAWN)


def write(page: "Page", text: str) -> None:
    """Into the cell that has the focus, and back to it: what closes a cell goes one down."""
    press(page, "Enter")
    page.locator("#portal input, #portal textarea").last.wait_for()
    page.keyboard.type(text, delay=20)
    press(page, "Enter", "ArrowUp")


def go_to_review(page: "Page", shown: Workspace) -> None:
    with shown.store.reading() as tx:
        (one,) = open_reviews(tx)
    page.goto(f"/reports?report={one.id}")
    page.get_by_text("0 of 2 keys are decided.").wait_for()


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


def test_a_key_is_decided_and_the_decision_is_saved(page: "Page", review: Path, shown: Workspace) -> None:
    go_to_review(page, shown)
    reach(page, "Fullscreen: Keys with owner, state, last use and flags")
    press(page, "Tab", *["ArrowRight"] * 5)
    write(page, "keep")
    press(page, "ArrowRight")
    write(page, "used every day")
    page.get_by_role("button", name="Save 1 key").wait_for()
    reach(page, "Decide one key", "Shift+Tab")
    press(page, "Enter")
    page.get_by_text("First save what you wrote into the table.").wait_for()
    reach(page, "Save 1 key", "Shift+Tab")
    press(page, "Enter")
    page.get_by_text("1 of 2 keys are decided.").wait_for()
    rows = {row.values["key_id"]: row.values for row in worksheet.read(review / worksheet.NAME)}

    assert ("keep", "used every day") == (rows["key_1"]["decision"], rows["key_1"]["rationale"])
    assert "" == rows["key_2"]["decision"]


def test_keys_are_decided_one_after_the_other_in_a_form(page: "Page", review: Path, shown: Workspace) -> None:
    go_to_review(page, shown)
    reach(page, "Decide one key")
    press(page, "Enter")
    page.get_by_role("button", name="Save the decision").wait_for()
    press(page, "Tab")
    page.keyboard.type("crm")
    press(page, "Enter", "Tab", "Space", "ArrowRight", "ArrowRight")
    reach(page, "Save the decision")
    press(page, "Enter")
    page.get_by_text("The rationale is blank.").wait_for()
    reach(page, "Rationale", "Shift+Tab")
    page.keyboard.type("it is *used* nowhere")
    reach(page, "year, Due")
    page.keyboard.type("20301231")
    reach(page, "Save the decision")
    press(page, "Enter")
    page.get_by_text("1 of 2 keys are decided.").wait_for()

    assert "billing-prod · key_1" == page.get_by_role("combobox", name="Key").input_value()
    assert "Save the decision" == page.evaluate(NAMED)

    reach(page, "Key", "Shift+Tab")
    press(
        page, "Tab", "Space", "ArrowRight"
    )  # back through the choices, it was the last one; behind it comes the first
    reach(page, "Rationale")
    page.keyboard.type("used every day")
    reach(page, "Save the decision")
    press(page, "Enter")
    page.get_by_text("2 of 2 keys are decided.").wait_for()
    written = ("decision", "rationale", "due")
    rows = {row.values["key_id"]: row.values for row in worksheet.read(review / worksheet.NAME)}

    assert ["revoke", "it is *used* nowhere", "2030-12-31"] == [rows["key_2"][name] for name in written]
    assert ["keep", "used every day", ""] == [rows["key_1"][name] for name in written]
