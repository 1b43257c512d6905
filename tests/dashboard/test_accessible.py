"""Every page with axe-core, in light and in dark: it finds nothing, however slight."""

import os
from typing import TYPE_CHECKING, Any, Literal

import pytest

from keywatch.reporting.taking import asked, make_report
from keywatch.workspace import Workspace
from model.clock import SystemClock
from store.state.reports import made
from tests.dashboard.test_alerts_page import excuse, lose, write
from tests.dashboard.test_browser import CHROMIUM, ROW, page, resting, served, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

__all__ = ["page", "shown"]

pytestmark = pytest.mark.skipif(not CHROMIUM.exists() and not os.environ.get("CI"), reason="Chromium is not installed")


@pytest.fixture
def address(looked_at: str) -> str:
    return looked_at


@pytest.fixture
def busy(shown: Workspace) -> "Iterator[tuple[str, str]]":
    """A server of a workspace with much on its pages, and the id of a review that is open there."""
    now = SystemClock().now()
    write(shown.store, 2, "pager")
    lose(shown.store, 1, "chat")
    excuse(shown.store, "key_2", days=9)
    make_report(shown, asked(shown, "last-7d", now=now, review=True), now=now)
    with shown.store.reading() as tx:
        report = str(made(tx)[-1].id)
    with served(shown) as url:
        yield url, report


STATES = ("/incidents?incident=inc_1", "/keys?hygiene=endless", "/key?key=key_1", "/incidents?text=nobody")
"""Pages beside those of the menu: one that is filled, one that is chosen, one that has nothing to show."""


OPENED = {"region", "landmark-banner-is-top-level", "landmark-no-duplicate-banner", "landmark-unique"}
"""Rules that menus and calendars of Streamlit's break while they are open: they lie behind the page's landmarks, a
calendar with a head of its own. No option changes that, and nothing in them is ours."""


def settled(page: "Page", path: str) -> None:
    page.goto(path)
    page.get_by_test_id("stMainBlockContainer").locator("h1").wait_for()
    page.locator("[data-test-script-state=notRunning]").wait_for()
    # What Streamlit loads late, controls and tables, is a grey bar until then.
    page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')")
    page.wait_for_timeout(300)


def violations(page: "Page") -> list[str]:
    """What axe-core finds, in both schemes."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    # Colours fade from one scheme to the other: half way, nothing can be read.
    page.add_style_tag(content="*, *::before, *::after { transition: none !important; animation: none !important }")
    schemes: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
    found = []
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(f"getComputedStyle(document.querySelector('.stApp')).colorScheme === '{scheme}'")
        page.wait_for_function("!document.getAnimations().some(each => each instanceof CSSTransition)")
        response: dict[str, Any] = axe.run(page).response
        found += [
            f"{scheme} {rule['impact']} {rule['id']}: {rule['nodes'][0]['target']} {rule['nodes'][0]['failureSummary']}"
            for rule in response["violations"]
        ]
    return found


def test_no_page_has_an_obstacle_in_light_or_dark(page: "Page") -> None:
    page.goto("/")
    links = page.get_by_test_id("stTopNavLink")
    links.first.wait_for()
    menu = [str(link.get_attribute("href")) for link in links.all()]
    found = {}
    for path in (*menu, *STATES):
        settled(page, path)
        found[path] = violations(page)

    assert len(menu) >= 5
    assert {path: [] for path in found} == found


def test_an_open_form_has_no_obstacle(page: "Page") -> None:
    settled(page, "/incidents?incident=inc_1")
    page.get_by_test_id("stPopoverButton").filter(has_text="Resolve").click()
    page.get_by_test_id("stPopoverBody").get_by_role("button", name="Resolve").hover()

    assert [] == violations(page)


def test_a_page_whose_tables_are_all_open_has_no_obstacle(page: "Page") -> None:
    settled(page, "/key?key=key_1")
    closed = page.locator("details:not([open]) summary").filter(has_text="Show as table")
    for left in range(closed.count(), 0, -1):
        closed.first.click()
        page.wait_for_function(f"document.querySelectorAll('details:not([open])').length < {left}")
    page.locator("[aria-label='Latency by hour, as a table.']").wait_for()

    assert [] == violations(page)


def test_pages_with_much_on_them_have_no_obstacle(page: "Page", busy: tuple[str, str]) -> None:
    url, report = busy
    found = {}
    for path in ("/alerts", f"/reports?report={report}", "/admin", "/admin?part=Audit+log", "/admin?part=Config"):
        settled(page, url + path)
        found[path] = violations(page)
    settled(page, f"{url}/reports?report={report}")
    page.get_by_text("Decide one key").click()
    page.get_by_role("button", name="Save the decision").wait_for()
    found["deciding"] = violations(page)
    settled(page, f"{url}/incidents")
    box = resting(page, page.get_by_test_id("stDataFrame").first)
    page.mouse.click(box["x"] + 16, box["y"] + 1.5 * ROW)
    page.get_by_text("1 chosen").wait_for()
    found["ticked"] = violations(page)

    assert {name: [] for name in found} == found


def test_an_open_menu_and_an_open_calendar_have_only_what_streamlit_puts_there(
    page: "Page", busy: tuple[str, str]
) -> None:
    url, report = busy
    settled(page, f"{url}/explore")
    page.get_by_role("combobox", name="Owner").click()
    page.get_by_role("option", name="(none)").wait_for()
    found = violations(page)
    settled(page, f"{url}/reports?report={report}")
    page.get_by_text("Decide one key").click()
    page.get_by_role("button", name="Choose date").click()
    page.get_by_role("grid", name="20").wait_for()
    found += violations(page)

    assert found
    assert {each.split()[2].rstrip(":") for each in found} <= OPENED
