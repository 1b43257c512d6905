"""The table [dashboard]: who gets in, by references; and what is shown of it."""

import json
from pathlib import Path

import pytest

from dashboard.login.roles import Role
from keywatch.checking import check_config, shown_config
from keywatch.listening import listening, metrics_token, policy
from keywatch.workspace import Workspace
from model.errors import ConfigError

LOGIN = """
[dashboard]
address = "0.0.0.0"
link = "https://keywatch.example"
metrics_token = "file:metrics.token"
[dashboard.login]
issuer = "https://id.example/"
client_id = "keywatch"
client_secret = "file:oidc.secret"
[dashboard.login.roles.admin]
users = ["ann@example.com"]
[dashboard.login.roles.viewer]
users = ["*@example.com", "sub:00u1"]
groups = ["readers"]
"""
ROLES = LOGIN[LOGIN.index("[dashboard.login.roles.admin]") :]


@pytest.fixture
def written(workspace: Workspace) -> Path:
    path = workspace.root / "keywatch.toml"
    path.write_text(path.read_text() + LOGIN)
    for name in ("metrics.token", "oidc.secret"):
        (workspace.root / name).write_text(f"canary of {name}\n")
        (workspace.root / name).chmod(0o600)
    return path


def test_the_config_names_the_provider_and_whom_it_lets_in(written: Path) -> None:
    workspace = Workspace.at(written)
    where, who = listening(workspace), policy(workspace)
    assert where.provider is not None
    assert who is not None

    assert "https://id.example/.well-known/openid-configuration" == where.provider.metadata_url
    assert "canary of oidc.secret" == where.provider.client_secret
    assert "canary of metrics.token" == metrics_token(workspace)
    assert [Role.VIEWER, Role.ADMIN] == [grant.role for grant in who.grants]
    assert 12 == who.session.total_seconds() / 3600


def test_cookies_stay_good_over_a_restart_and_are_another_workspaces_no_more(written: Path, tmp_path: Path) -> None:
    from keywatch.new_workspace import make

    make(tmp_path / "other")
    other = listening(Workspace.at(tmp_path / "other" / "keywatch.toml"))

    assert listening(Workspace.at(written)).cookie_secret == listening(Workspace.at(written)).cookie_secret
    assert listening(Workspace.at(written)).cookie_secret != other.cookie_secret


def test_what_is_shown_of_it_holds_no_secret(written: Path) -> None:
    written.write_text(
        written.read_text().replace('"file:oidc.secret"', '"s3cr3t"').replace('"file:metrics.token"', '"t0k3n"')
    )
    shown = json.dumps(shown_config(written))

    assert "s3cr3t" not in shown
    assert "t0k3n" not in shown
    assert "ann@example.com" in shown


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('link = "https://keywatch.example"\n', "", "needs .dashboard. link"),
        ("https://keywatch.example", "http://keywatch.example", "anything but https"),
        ("https://id.example/", "http://id.example/", "anything but https"),
        ('client_id = "keywatch"', 'client_id = "keywatch"\nsession = "soon"', "session is 'soon'"),
        ('"file:oidc.secret"', '"file:missing"', "cannot be read"),
        ('users = ["ann@example.com"]', 'users = ["ann"]', "roles.admin.users"),
        (ROLES, "", "gives nobody a role"),
        ("[dashboard.login]\n", "[dashboard.login]\nisuer = 1\n", "isuer is unknown"),
    ],
)  # fmt: skip
def test_a_login_that_could_not_work_is_said_by_config_check(written: Path, old: str, new: str, said: str) -> None:
    text = written.read_text()
    assert old in text
    written.write_text(text.replace(old, new))

    with pytest.raises(ConfigError, match=said):
        check_config(written)


def test_an_address_of_others_without_a_login_is_said_by_config_check(workspace: Workspace) -> None:
    path = workspace.root / "keywatch.toml"
    path.write_text(path.read_text() + '\n[dashboard]\naddress = "0.0.0.0"\n')

    with pytest.raises(ConfigError, match="nobody has to log in"):
        check_config(path)
