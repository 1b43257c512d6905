"""A click that is not answered ends nothing: it is told of and counted, and the reader goes on in a new tab."""

import os
import re
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api")

from benchmarks.browsing import CHROMIUM, PATIENCE, browser
from benchmarks.journey import Step
from benchmarks.measure import ROOT
from benchmarks.serving import bare, dashboard
from benchmarks.sitting import Sitting
from benchmarks.waited import Waited
from keywatch.new_workspace import make

pytestmark = pytest.mark.skipif(not CHROMIUM.exists() and not os.environ.get("CI"), reason="Chromium is not installed")


def press(name: str) -> Step:
    return Step(f"press {name}", lambda reader: reader.press(name))


def test_a_click_without_an_answer_is_told_of_and_counted_and_the_reader_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waited = Waited()
    with bare(ROOT / "benchmarks" / "bare.py", tmp_path / "log") as server, browser() as context:
        context.set_default_timeout(20_000)
        sitting = Sitting(context, server, waited)
        first = context.pages[-1]
        context.set_default_timeout(2_000)
        first.set_default_timeout(2_000)
        sitting.turn([press("Again"), press("Nothing"), press("Never")], [press("Again")])

        assert first.is_closed()
    told = capsys.readouterr().err

    assert {"press Again": 2} == {what: len(seconds) for what, seconds in waited.seconds.items()}
    assert {"press Nothing": 1} == dict(waited.never)
    assert 3 == sitting.held.clicks == sitting.held.mb[-1][0]
    assert re.search(r"Not answered: press Nothing\.\n.*Timeout.*" + re.escape(server.url), told, re.DOTALL)
    assert '"painted":' in told
    assert "Again" in told.splitlines()


def test_what_was_not_answered_counts_as_the_longest_wait() -> None:
    waited = Waited(seconds={"a": [0.2, 0.4], "b": [0.3]})
    waited.whole["a"] = [0.5, 0.5]
    waited.never["a"] += 1
    table = waited.table({"a": 0.7, "b": None, "c": 0.7}).splitlines()[2:]

    assert [
        f"| a | 3 | 0.40 | 108.04 | {PATIENCE:.2f} | 0.50, 0.50 | 1 | 0.7 |",
        "| b | 1 | 0.30 | 0.30 | 0.30 | - | 0 | - |",
    ] == table
    assert f"| both | 4 | 0.35 | 102.06 | {PATIENCE:.2f} | 0.50, 0.50 | 1 | 1.4 |" == waited.sum_row(
        "both", ["a", "b"], 1.4
    )


def test_the_server_says_what_its_threads_are_at_and_goes_on(tmp_path: Path) -> None:
    make(tmp_path / "workspace")
    with dashboard(tmp_path / "workspace") as server:
        stacks = server.stacks()
        with urllib.request.urlopen(f"{server.url}/livez") as answer:
            alive = answer.status

    assert "(most recent call first)" in stacks
    assert 200 == alive
