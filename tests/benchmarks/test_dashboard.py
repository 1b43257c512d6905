"""The whole measurement on a small store: every kind of click is there, and the part of the results is written."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api")

from benchmarks import journey
from benchmarks.browsing import CHROMIUM
from benchmarks.measure import ROOT
from benchmarks.results import section_of

pytestmark = pytest.mark.skipif(not CHROMIUM.exists() and not os.environ.get("CI"), reason="Chromium is not installed")

SMALL = ("--events", "30000", "--keys", "300", "--sessions", "1", "--rounds", "1", "--turns", "1", "--idle", "1")


def test_every_click_is_measured_and_answered(tmp_path: Path) -> None:
    results = tmp_path / "RESULTS.md"
    words = [sys.executable, "benchmarks/dashboard.py", *SMALL, "--folder", str(tmp_path), "--results", str(results)]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    everyday, marked, way = section_of(results, "dashboard").partition("### The way from an incident to its requests")

    assert marked
    assert dict.fromkeys(journey.WAY, "1") == cases(way)
    assert {*journey.EVERYDAY, *journey.EXPLORE, "any click"} < cases(everyday).keys()
    assert "clicks 0 were not answered" in way


def cases(text: str) -> dict[str, str]:
    """What stands in a table's rows, and how many cases of it there were."""
    rows = re.findall(r"^\| ([^|]+) \| (\d+) \|.*\| (\d+) \| [\d.-]+ \|$", text, re.MULTILINE)
    return {what: number for what, number, _ in rows}
