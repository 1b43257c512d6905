import os
import sys
from pathlib import Path

import pytest

from dashboard.environment import EVENTS, STATE_URL, environment
from dashboard.server.serve import Listening, Provider, check, options, secrets
from dashboard.server.theme import THEME
from model.errors import ConfigError

ROOMS = {"alerts", "benchmarks", "dashboard", "detectors", "docs", "ingest", "keywatch", "model", "reports", "store"}
FOLDER = Path(__file__).parents[2] / "dashboard"
PROVIDER = Provider(
    metadata_url="https://id.example/.well-known/openid-configuration", client_id="keywatch", client_secret="hunter2"
)
OPEN = Listening(
    address="0.0.0.0", link="https://keywatch.example/watch/", provider=PROVIDER, cookie_secret="a cookie's secret"
)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_it_listens_on_this_machine_without_a_login(address: str) -> None:
    assert address == options(Listening(address=address))["server.address"]


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "10.0.0.7", "dashboard.example", ""])
def test_it_refuses_to_listen_for_others_without_a_login(address: str) -> None:
    with pytest.raises(ConfigError, match="nobody has to log in"):
        options(Listening(address=address))


def test_with_a_login_it_listens_for_others() -> None:
    found = options(OPEN)

    assert ("0.0.0.0", "watch") == (found["server.address"], found["server.baseUrlPath"])
    assert ["https://keywatch.example"] == found["server.corsAllowedOrigins"]
    assert "keywatch.example" == found["browser.serverAddress"]
    assert "evil.example" not in found["server.allowedHosts"]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("link", "metadata"),
    [
        (None, "https://id.example"),
        ("http://keywatch.example", "https://id.example"),
        ("https://keywatch.example", "http://id.example"),
        ("keywatch.example", "https://id.example"),
        ("ftp://127.0.0.1", "https://id.example"),
    ],
)
def test_a_login_needs_https_and_a_way_back(link: str | None, metadata: str) -> None:
    provider = Provider(metadata_url=metadata, client_id="keywatch", client_secret="hunter2")

    with pytest.raises(ConfigError):
        check(Listening(address="0.0.0.0", link=link, provider=provider))


def test_a_login_is_asked_for_on_this_machine_too_when_it_is_configured() -> None:
    assert {"auth"} == set(secrets(Listening(link="http://127.0.0.1:8501", provider=PROVIDER)))
    assert {} == secrets(Listening())


def test_no_secret_stands_among_the_options() -> None:
    assert "hunter2" in str(secrets(OPEN))
    assert not [value for value in map(str, options(OPEN).values()) if "hunter2" in value or "cookie" in value]


def test_it_sends_nothing_home_tells_users_no_tracebacks_and_believes_no_header() -> None:
    found = options(Listening())

    assert {
        "browser.gatherUsageStats": False,
        "client.showErrorDetails": "none",
        "server.enableAgentApi": False,
        "server.enableXsrfProtection": True,
        "server.fileWatcherType": "none",
        "server.headless": True,
        "server.trustedUserHeaders": {},
    }.items() <= found.items()


def test_streamlit_knows_every_option_and_its_type() -> None:
    from streamlit.config import get_config_options

    known = get_config_options()
    given = options(OPEN)
    kinds = {name: known[name].type for name in given if name in known and isinstance(known[name].type, type)}

    assert not set(given) - set(known)
    assert set(THEME) <= set(given)
    assert not {
        name: given[name]
        for name, kind in kinds.items()
        if kind in {int, bool} and type(given[name]) is not kind and given[name] is not None
    }


def test_the_store_is_handed_over_by_the_environment(tmp_path: Path) -> None:
    given = environment(state_url="postgresql+psycopg://me:hunter2@db/keywatch", events=tmp_path / "events")

    assert str(tmp_path / "events") == given[EVENTS]
    assert given[STATE_URL].endswith("@db/keywatch")
    assert STATE_URL not in os.environ or os.environ[STATE_URL] != given[STATE_URL]


def test_nothing_in_the_folder_is_named_like_a_package() -> None:
    """Streamlit puts the folder of main.py first on sys.path: a namesake there would hide the real one."""
    named = {path.stem for path in FOLDER.iterdir()} - {"__init__", "__pycache__"}

    assert not named & (ROOMS | set(sys.stdlib_module_names) | {"pages", "streamlit", "altair", "pandas"})
