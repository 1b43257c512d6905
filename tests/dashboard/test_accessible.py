"""Every page with axe-core, in light and in dark: nothing serious, nothing critical."""

import os
from typing import TYPE_CHECKING, Any, Literal

import pytest

from tests.dashboard.test_browser import CHROMIUM, page

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["page"]

pytestmark = pytest.mark.skipif(not CHROMIUM.exists() and not os.environ.get("CI"), reason="Chromium is not installed")


@pytest.fixture
def address(looked_at: str) -> str:
    return looked_at


STATES = ("/incidents?incident=inc_1", "/keys?hygiene=endless", "/key?key=key_1", "/incidents?text=nobody")
"""Pages beside those of the menu: one that is filled, one that is chosen, one that has nothing to show."""
GRAVE = {"serious", "critical"}


def settled(page: "Page", path: str) -> None:
    page.goto(path)
    page.get_by_test_id("stMainBlockContainer").locator("h1").wait_for()
    page.locator("[data-test-script-state=notRunning]").wait_for()
    page.wait_for_timeout(300)


def violations(page: "Page") -> list[str]:
    """What axe-core finds that is grave, in both schemes."""
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
            f"{scheme} {rule['id']}: {rule['nodes'][0]['target']} {rule['nodes'][0]['failureSummary']}"
            for rule in response["violations"]
            if rule["impact"] in GRAVE
        ]
    return found


def test_no_page_has_a_grave_obstacle_in_light_or_dark(page: "Page") -> None:
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


def test_an_open_form_has_no_grave_obstacle(page: "Page") -> None:
    settled(page, "/incidents?incident=inc_1")
    page.get_by_test_id("stPopoverButton").filter(has_text="Resolve").click()
    page.get_by_test_id("stPopoverBody").get_by_role("button", name="Resolve").hover()

    assert [] == violations(page)
