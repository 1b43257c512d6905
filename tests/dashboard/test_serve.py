import os
import sys
from pathlib import Path

import pytest

from dashboard.serve import CONFIG, EVENTS, STATE_URL, command, environment
from dashboard.theme import THEME
from model.errors import ConfigError

ROOMS = {"alerts", "benchmarks", "dashboard", "detectors", "docs", "ingest", "keywatch", "model", "reports", "store"}
FOLDER = Path(__file__).parents[2] / "dashboard"


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_it_listens_on_this_machine(address: str) -> None:
    assert f"--server.address={address}" in command(address=address)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "10.0.0.7", "dashboard.example", ""])
def test_it_refuses_to_listen_for_others(address: str) -> None:
    with pytest.raises(ConfigError, match="no login"):
        command(address=address)


def test_it_sends_nothing_home_and_tells_users_no_tracebacks() -> None:
    words = command()

    assert {
        "--browser.gatherUsageStats=false",
        "--client.showErrorDetails=none",
        "--server.enableXsrfProtection=true",
        "--server.fileWatcherType=none",
        "--server.headless=true",
    } <= set(words)


def test_streamlit_knows_every_option() -> None:
    from streamlit.config import get_config_options

    known = set(get_config_options())
    given = {word.removeprefix("--").partition("=")[0] for word in command() if word.startswith("--")}

    assert not given - known
    assert set(THEME) <= given


def test_the_store_is_handed_over_by_the_environment_and_not_by_the_command_line(tmp_path: Path) -> None:
    secret = "postgresql+psycopg://me:hunter2@db/keywatch"
    given = environment(config=tmp_path / "keywatch.toml", state_url=secret, events=tmp_path / "events")

    assert {STATE_URL: secret, EVENTS: str(tmp_path / "events"), CONFIG: str(tmp_path / "keywatch.toml")}.items() <= (
        given.items()
    )
    assert given["PATH"] == os.environ["PATH"]
    assert not [word for word in command() if "hunter2" in word]


def test_nothing_in_the_folder_is_named_like_a_package() -> None:
    """Streamlit puts the folder of main.py first on sys.path: a namesake there would hide the real one."""
    named = {path.stem for path in FOLDER.iterdir()} - {"__init__", "__pycache__"}

    assert not named & (ROOMS | set(sys.stdlib_module_names) | {"pages", "streamlit", "altair", "pandas"})
