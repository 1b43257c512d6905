"""Guards of our top-level names: nobody else ships them, and nothing in dashboard/ hides a package."""

import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


def rooms() -> list[str]:
    config: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return list(config["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])


@pytest.mark.parametrize("room", rooms())
def test_our_package_is_credited_to_no_other_distribution(room: str) -> None:
    assert {"keywatch"} >= {name.lower() for name in packages_distributions().get(room, [])}


def test_every_room_is_shipped() -> None:
    assert sorted(rooms()) == sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))


def test_nothing_in_dashboard_is_named_like_a_package() -> None:
    # Streamlit puts the folder first on sys.path, so that a module there would hide another of its name.
    own = {path.stem for path in (ROOT / "dashboard").iterdir() if path.suffix == ".py" or path.is_dir()}
    others = {*rooms(), *sys.stdlib_module_names, *packages_distributions()}

    assert set() == (own - {"__init__", "__pycache__"}) & others


def test_there_is_no_folder_of_pages_that_streamlit_would_take_for_its_own() -> None:
    assert not (ROOT / "dashboard" / "pages").exists()
