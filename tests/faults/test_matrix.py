"""Which test proves which fault, for those of reading and storing: each must be there."""

import ast
import tomllib
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
MATRIX = tomllib.loads((Path(__file__).parent / "matrix.toml").read_text())


@pytest.mark.parametrize("fault", MATRIX)
def test_each_fault_of_reading_and_storing_has_its_test(fault: str) -> None:
    file, _, name = MATRIX[fault].partition("::")
    tree = ast.parse((TESTS / file).read_text())

    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
