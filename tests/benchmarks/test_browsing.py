"""What a reader waits for on a page of Streamlit's in a real browser: its own clicks, not what goes on by itself."""

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import BrowserContext

from benchmarks.browsing import CHROMIUM, Reader, Unanswered, browser, rest
from benchmarks.serving import bare

pytestmark = pytest.mark.skipif(not CHROMIUM.exists() and not os.environ.get("CI"), reason="Chromium is not installed")

SCRIPT = """
import time
import streamlit as st

@st.fragment(run_every=1)
def by_itself():
    st.text("looks again")

by_itself()
st.segmented_control("Which", ["24h", "7d", "14d", "6h"], default="24h", required=True, key="which")
if st.button("Again"):
    time.sleep(2)
    st.text("done")
"""
SWALLOWED = """
times => {
  for (const kind of ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click']) {
    window.addEventListener(kind, event => {
      if (times > 0) { event.stopImmediatePropagation(); event.preventDefault(); }
      times -= kind === 'click';
    }, {capture: true});
  }
}
"""
"""So many clicks come to nothing, as those on what is drawn anew between the mouse's going down and up."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("page")
    (folder / "page.py").write_text(SCRIPT)
    with bare(folder / "page.py", folder / "log") as server:
        yield server.url


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    with browser() as opened:
        yield opened


@pytest.fixture
def reader(context: BrowserContext, url: str) -> Iterator[Reader]:
    page = context.new_page()
    page.goto(url)
    page.get_by_role("button", name="Again").wait_for()
    page.locator("[data-test-script-state=notRunning]").wait_for()
    rest(page, 1)
    yield Reader(page, heed=3)
    page.close()


def test_a_click_lasts_until_the_end_of_its_run_whatever_runs_by_itself_meanwhile(reader: Reader) -> None:
    seconds = reader.press("Again").whole

    assert reader.page.get_by_text("done").is_visible()
    assert 2 <= seconds < 20
    assert 0 == reader.unheeded


def test_each_choice_is_another_than_the_one_before(reader: Reader) -> None:
    chosen = []
    for _ in range(5):
        reader.preset()
        (now,) = [name for name in ("24h", "7d", "14d", "6h") if checked(reader, name)]
        chosen.append(now)

    assert "24h" != chosen[0]
    assert all(before != after for before, after in pairwise(chosen))
    assert 0 == reader.unheeded


def test_a_click_that_hits_nothing_is_made_again(reader: Reader) -> None:
    reader.page.evaluate(SWALLOWED, 1)
    before = reader.page.evaluate("performance.now()")
    seconds = reader.preset().whole
    whole = (reader.page.evaluate("performance.now()") - before) / 1000

    assert not checked(reader, "24h")
    assert 1 == reader.unheeded
    assert seconds < whole - 3


def test_a_click_that_never_hits_anything_ends_and_is_no_answer_though_the_page_looks_again_by_itself(
    reader: Reader,
) -> None:
    reader.page.evaluate(SWALLOWED, 9)

    with pytest.raises(Unanswered, match="asked the server for nothing, in 3 clicks"):
        reader.preset()
    assert 3 == reader.unheeded


def checked(reader: Reader, name: str) -> bool:
    return reader.page.get_by_role("radio", name=name, exact=True).is_checked()
