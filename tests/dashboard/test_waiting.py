"""What a page shows while it reads, what it looks at again, and what it shows when it cannot be made."""

import sqlite3
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from dashboard.reads.data import TICK
from keywatch.workspace import Workspace
from tests.dashboard.test_alerts_page import write
from tests.dashboard.test_browser import page, refreshing, served, shown
from tests.dashboard.test_browser import pytestmark as needs_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.dashboard.conftest import Pages

__all__ = ["page", "shown"]

WORK = "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 3000000) SELECT count(*) FROM c)"
"""A second or so of a database's time."""
WATCH = """
window.said = [];
new MutationObserver(() => {
  for (const one of document.querySelectorAll("[data-testid=stSpinner]")) window.said.push(one.innerText.trim());
}).observe(document, { childList: true, subtree: true, characterData: true });
"""


@pytest.fixture
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server whose database is slow, or the one that all share which only look."""
    if getattr(request, "param", None) != "slow":
        yield request.getfixturevalue("looked_at")
        return
    workspace: Workspace = request.getfixturevalue("shown")
    write(workspace.store, 1, "pager")
    with sqlite3.connect(workspace.root / "keywatch.db") as database:
        for table in ("key_activity", "findings", "incidents", "deliveries", "sources"):
            database.execute(f"ALTER TABLE {table} RENAME TO kept_{table}")
            database.execute(f"CREATE VIEW {table} AS SELECT * FROM kept_{table} WHERE {WORK} > 0")
    database.close()
    with served(workspace) as url:
        yield url


@needs_chromium
@pytest.mark.parametrize("address", ["slow"], indirect=True)
def test_a_page_that_waits_for_its_first_answer_says_what_it_reads(page: "Page") -> None:
    page.add_init_script(WATCH)
    for path, said in (
        ("/sources", "Reading the sources …"),
        ("/", "Reading the requests of this window …"),
        ("/keys", "Reading the keys …"),
        ("/incidents", "Reading the incidents …"),
        ("/alerts", "Reading the messages …"),
    ):
        page.goto(path)
        page.wait_for_function("said => window.said.includes(said)", arg=said)
        page.get_by_test_id("stSpinner").wait_for(state="detached")


@needs_chromium
def test_a_page_that_knows_its_answers_shows_nothing_of_the_kind(page: "Page") -> None:
    page.add_init_script(WATCH)
    for path in ("/", "/keys", "/incidents", "/alerts", "/sources") * 2:
        page.goto(path)
        page.locator("h1").wait_for()
        page.locator("[data-test-script-state=notRunning]").wait_for(state="attached")
        page.get_by_test_id("stDataFrame").or_(page.get_by_role("heading", name="Silences")).first.wait_for()
        said = page.evaluate("window.said")

    assert [] == said


@needs_chromium
@pytest.mark.parametrize(("path", "parts"), [("/sources", 1), ("/alerts", 2)])
def test_alerts_and_sources_look_again_by_themselves(page: "Page", path: str, parts: int) -> None:
    """On Alerts the banner of late sources does too."""
    intervals = refreshing(page)
    page.goto(path)
    page.get_by_test_id("stDataFrame").or_(page.get_by_role("heading", name="Silences")).first.wait_for()
    page.locator("[data-test-script-state=notRunning]").wait_for(state="attached")

    assert [TICK.total_seconds()] * parts == intervals


def test_a_page_that_breaks_says_so_and_no_more(
    copied: Workspace, pages: "Pages", caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing of ours expects a list of controls that is no list."""
    with sqlite3.connect(copied.root / "keywatch.db") as database:
        database.execute("UPDATE findings SET controls = '{broken'")
    database.close()
    page = pages.open("incidents", incident="inc_1")

    assert ["This page could not be made. The log of the dashboard's process says why; nothing was changed."] == [
        text for text in pages.texts(page) if "page" in text
    ]
    assert "broken" not in " ".join([*pages.texts(page), *(one.value for one in page.markdown)])
    assert "The page incidents failed." in caplog.text
    assert "JSONDecodeError" in caplog.text
    assert "Sources" == pages.open("sources").title[0].value
