"""Every threat of docs/security.md has its test, and that test is there."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = {int(found[1]): found[0] for found in re.finditer(r"^\| (\d+) \|.*$", PAGE, flags=re.MULTILINE)}
WITHOUT = {26}
"""Threats against which we do not do anything, on purpose."""


def test_all_thirty_are_there() -> None:
    assert list(range(1, 31)) == list(ROWS)


@pytest.mark.parametrize("number", sorted(ROWS.keys() - WITHOUT))
def test_each_threat_has_its_test(number: int) -> None:
    named = re.findall(r"`([a-z_/]+\.py)::(test_\w+)`", ROWS[number])

    assert named
    for file, name in named:
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, (file, name)
