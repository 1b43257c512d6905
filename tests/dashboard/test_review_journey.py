"""A review in a real browser: a blank rationale is refused, the keys are decided, it is closed and verified."""

import json
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from keywatch.reporting.taking import asked, make_report
from keywatch.workspace import Workspace
from model.actor import actor
from reports import worksheet
from reports.verify import verify
from store.state import audit, chain
from store.state.reports import open_reviews
from tests.dashboard.conftest import BILLING, CRM, OLD, STRAY
from tests.dashboard.test_browser import CHROMIUM, ROW, address, click_first_row, page, shown
from tests.e2e.leaks import in_bytes

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["address", "page", "shown"]

pytestmark = pytest.mark.skipif(not CHROMIUM.exists() and not os.environ.get("CI"), reason="Chromium is not installed")
DRAWN = 300
"""Milliseconds."""
COLUMNS = {"decision": 680, "rationale": 800}
"""Pixels from the table's left edge to a cell of the column."""


@pytest.fixture
def review(shown: Workspace) -> Path:
    now = datetime.now(UTC)
    ask = asked(shown, "last-7d", now=now, review=True)
    make_report(shown, ask, now=now)
    return ask.folder


def write(page: "Page", row: int, column: str, text: str) -> None:
    """Write into a cell, and again where the table was not ready for it: on a busy machine it takes its time."""
    cells = page.get_by_test_id("stDataFrame").last.locator(f"[role=gridcell][data-testid$='-{row}']")
    for _ in range(3):
        type_into(page, row, column, text)
        if text in cells.all_text_contents():
            return
    pytest.fail(f"{text} does not come into row {row}; there is {cells.all_text_contents()}")


def type_into(page: "Page", row: int, column: str, text: str) -> None:
    """A table is drawn on a canvas, so a cell is a place in it, and whether it is drawn shows only after a while."""
    still(page)
    box = page.get_by_test_id("stDataFrame").last.bounding_box()
    assert box is not None
    for across in (60, COLUMNS[column]):  # the first click after another control only brings the focus back
        page.mouse.click(box["x"] + across, box["y"] + (row + 1.5) * ROW)
        page.wait_for_timeout(DRAWN)
    page.keyboard.press("Enter")
    page.locator("#portal textarea, #portal input").last.wait_for()
    page.wait_for_timeout(DRAWN)
    page.keyboard.type(text, delay=10)
    page.keyboard.press("Enter")
    page.locator("#portal textarea, #portal input").last.wait_for(state="detached")
    still(page)


def still(page: "Page") -> None:
    page.wait_for_timeout(DRAWN)
    page.locator("[data-test-script-state=notRunning]").wait_for(state="attached")
    page.wait_for_timeout(DRAWN)


def save(page: "Page", label: str) -> None:
    page.get_by_role("button", name=label).click()


def test_from_the_open_review_to_the_verified_files(
    page: "Page", review: Path, shown: Workspace, tmp_path: Path
) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    with shown.store.reading() as tx:
        (one,) = open_reviews(tx)
    page.goto(f"/reports?report={one.id}")
    page.get_by_text("0 of 2 keys are decided.").wait_for()
    write(page, 0, "decision", "keep")
    save(page, "Save 1 key")
    page.get_by_text("The rationale is blank.").wait_for()

    assert {""} == {row.values["decision"] for row in worksheet.read(review / worksheet.NAME)}

    write(page, 0, "rationale", "used every day")
    write(page, 1, "decision", "keep")
    write(page, 1, "rationale", "*new* product")
    save(page, "Save 2 keys")
    page.get_by_text("2 of 2 keys are decided.").wait_for()
    page.get_by_role("button", name="Close the review").click()
    page.get_by_role("button", name="Check and seal").click()
    page.get_by_text("What was decided").wait_for()
    page.get_by_role("button", name="Verify").click()
    page.get_by_text("The report is whole").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the files").click()
    download.value.save_as(tmp_path / "report.zip")
    with zipfile.ZipFile(tmp_path / "report.zip") as packed:
        packed.extractall(tmp_path / "taken")
    (taken,) = (tmp_path / "taken").iterdir()

    assert () == verify(taken).faults
    assert [] == in_bytes(taken, (BILLING, CRM, OLD, STRAY))
    assert "closed" == verify(taken).stage
    assert {"keep": 2} == json.loads((taken / "closing.json").read_bytes())["decisions"]
    page.get_by_test_id("stDownloadButton").wait_for()
    with shown.store.reading() as tx:
        acts = [(row["actor"], row["action"]) for row in audit.audit_frame(tx, 3).to_dict("records")]
        assert () == chain.check(tx).faults
    assert [(actor(), "report downloaded"), (actor(), "report closed"), (actor(), "keys decided")] == acts
    assert not complaints


def test_from_a_hygiene_card_over_its_keys_and_one_of_them_to_its_decision_in_a_report(
    page: "Page", review: Path
) -> None:
    page.goto("/keys")
    page.get_by_role("button", name="1 Never expires").click()
    page.wait_for_url("**/keys?hygiene=endless")
    page.get_by_text("Never expires: Active, and the inventory has no date that ends it.").wait_for()
    page.reload()
    page.get_by_text("1 of 6 rows").wait_for()
    click_first_row(page, "Keys with health and why")
    page.wait_for_url("**/key?*key=key_2*")
    page.get_by_test_id("stText").get_by_text("crm-dev", exact=True).wait_for()
    page.go_back()
    page.wait_for_url("**/keys?*hygiene=endless*")
    page.go_forward()
    page.get_by_role("link", name="Decide in the review of last-7d").click()
    page.wait_for_url("**/reports?*q=key_2*")
    page.get_by_text("0 of 2 keys are decided.").wait_for()
    write(page, 0, "decision", "keep")
    write(page, 0, "rationale", "it ends with the project")
    save(page, "Save 1 key")
    page.get_by_text("1 of 2 keys are decided.").wait_for()
    rows = {row.values["key_id"]: row.values["decision"] for row in worksheet.read(review / worksheet.NAME)}

    assert {"key_1": "", "key_2": "keep"} == rows
