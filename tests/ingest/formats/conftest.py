"""Lines that other projects found at the edge of what a format allows."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def edge(shared: Path) -> Callable[[str], str]:
    """`edge("E21")`: the line of that case."""
    cases = [json.loads(line) for line in (shared / "edge_cases.jsonl").read_text().splitlines()]
    lines = {case["id"]: case["line"] for case in cases if "line" in case}
    return lines.__getitem__
