"""Frames that several tests read; made once."""

import sys
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))  # tests are no package, and the world is a module beside them

import world


@pytest.fixture(scope="session")
def peace() -> dict[str, pd.DataFrame]:
    return world.peaceful().frames()


@pytest.fixture(scope="session")
def war() -> dict[str, pd.DataFrame]:
    return world.attacked().frames()
