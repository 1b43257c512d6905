"""Servers of our own in this process."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # tests are no package
sys.path.insert(0, str(Path(__file__).parents[1] / "sources"))

from answering import Answering, serve


@pytest.fixture
def server() -> Iterator[Answering]:
    """A server on this machine."""
    with serve() as running:
        yield running
