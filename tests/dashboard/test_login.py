"""Logging in with a real OpenID Connect provider, in a real browser: who gets in, and who sees nothing."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from keywatch.workspace import Workspace
from store.state import audit, chain
from tests.dashboard.test_browser import CHROMIUM, FLAGS, PATIENCE, serving, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.dashboard.conftest import Small

USER = "_streamlit_user"
ANN = {"sub": "ann", "email": "Ann@co.example", "email_verified": True}
VERA = {"sub": "vera", "email": "vera@co.example", "email_verified": True, "groups": ["readers"]}
UNVERIFIED = {"sub": "una", "email": "ann@co.example", "email_verified": False, "groups": ["readers"]}
NOBODY = {"sub": "nobody", "email": "nobody@elsewhere.example", "email_verified": True, "groups": ["sales"]}
NOTHING = "billing-prod"
"""What stands on every page of the store; nobody without a role may read it."""

pytestmark = pytest.mark.skipif(not CHROMIUM.exists() and not os.environ.get("CI"), reason="Chromium is not installed")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """A provider of its own process: it knows four people, and a click is their password."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    for person in (ANN, VERA, UNVERIFIED, NOBODY):
        command += ["--user-claims", json.dumps(person)]
    quiet = {"stderr": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    with subprocess.Popen(command, **quiet) as server:
        try:
            wait_for(f"http://127.0.0.1:{port}/.well-known/openid-configuration")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def shown(small: "Small", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A copy of the small workspace, since people write."""
    root = tmp_path_factory.mktemp("login") / "own"
    shutil.copytree(small.workspace.root, root)
    workspace = Workspace.at(root / "keywatch.toml")
    yield workspace
    workspace.close()


@pytest.fixture(scope="module")
def site(shown: Workspace, provider: str) -> Iterator[str]:
    """The dashboard with logins."""
    port = free_port()
    config = shown.root / "keywatch.toml"
    secret = shown.root / "oidc.secret"
    secret.write_text("a secret of the client\n")
    secret.chmod(0o600)
    config.write_text(
        config.read_text()
        + f"""
[dashboard]
link = "http://127.0.0.1:{port}"
[dashboard.login]
issuer = "{provider}"
client_id = "keywatch"
client_secret = "file:oidc.secret"
[dashboard.login.roles.admin]
users = ["ann@co.example"]
[dashboard.login.roles.viewer]
groups = ["readers"]
"""
    )
    log = (shown.root / "dashboard.log").open("w")
    server = subprocess.Popen(serving(shown, port), stderr=log, stdout=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE)
        log.close()


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture
def context(browser: "Browser", site: str) -> Iterator["BrowserContext"]:
    made = browser.new_context(viewport={"width": 1400, "height": 900}, base_url=site)
    made.set_default_timeout(PATIENCE * 1000)
    yield made
    made.close()


def log_in(page: "Page", who: str, path: str = "/") -> None:
    page.goto(path)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name=who, exact=True).click()


def log_out(page: "Page") -> None:
    page.locator(".st-key-account").get_by_role("button").click()
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="End session").click()
    page.get_by_role("button", name="Log in").wait_for()


def settled(page: "Page") -> str:
    page.locator("[data-test-script-state=notRunning]").wait_for(state="attached")
    return page.locator("body").inner_text()


def logged(shown: Workspace, name: str) -> list[str]:
    """What the audit log has of somebody's logins, the oldest first."""
    with shown.store.reading() as tx:
        assert () == chain.check(tx).faults
        rows = audit.audit_frame(tx).to_dict("records")
    return [row["action"] for row in reversed(rows) if row["actor"] == name and "log" in row["action"]]


def test_the_wanted_page_opens_after_the_login_and_all_of_it_is_logged(
    context: "BrowserContext", shown: Workspace
) -> None:
    page = context.new_page()
    log_in(page, "ann", "/incidents?incident=inc_1")
    page.wait_for_url("**/incidents?incident=inc_1")
    page.get_by_role("button", name="Acknowledge").click()
    page.get_by_text("Acknowledged.", exact=True).wait_for()

    assert NOTHING in settled(page)

    log_out(page)

    assert NOTHING not in settled(page)
    assert not [cookie for cookie in context.cookies() if cookie["name"] == USER]
    assert ["login", "logout"] == logged(shown, "ann@co.example")


@pytest.mark.parametrize(
    ("who", "name", "why"),
    [
        ("una", "sub:una", "has not verified your mail address"),
        ("nobody", "nobody@elsewhere.example", "Your account has no role here"),
    ],
)
def test_who_has_no_role_sees_nothing_and_is_told_why(
    context: "BrowserContext", shown: Workspace, who: str, name: str, why: str
) -> None:
    page = context.new_page()
    log_in(page, who)
    page.get_by_text(why).wait_for()
    seen = [settled(page)]
    for path in ("/key?key=key_1", "/sources", "/admin"):
        page.goto(path)
        page.get_by_text(why).wait_for()
        seen.append(settled(page))

    assert not [text for text in seen if NOTHING in text or "Overview" in text or "333" in text]
    assert ["login refused"] == logged(shown, name)


def test_a_viewer_sees_and_does_nothing(context: "BrowserContext", shown: Workspace) -> None:
    page = context.new_page()
    log_in(page, "vera")
    page.get_by_text("billing-prod").or_(page.locator("[class*=st-key-tile_]")).first.wait_for()
    page.goto("/incidents?incident=inc_1")
    page.get_by_text("Commenting needs the role analyst.").wait_for()
    page.get_by_text("Handling an incident needs the role analyst.").wait_for()
    offered = [page.get_by_role("button", name=name).count() for name in ("Acknowledge", "Resolve", "Comment")]
    menu = settled(page)
    page.goto("/admin")
    page.get_by_text("Page not found").first.wait_for()

    assert "Reports" in menu
    assert "Admin" not in menu
    assert [0, 0, 0] == offered
    with shown.store.reading() as tx:
        acts = audit.audit_frame(tx)
    assert not len(acts[(acts["actor"] == "vera@co.example") & (acts["action"] != "login")])


def test_a_login_outlives_the_cookie_against_forged_requests(context: "BrowserContext") -> None:
    """A browser that was closed has kept the one and not the other."""
    page = context.new_page()
    log_in(page, "ann", "/key?key=key_1")
    page.get_by_text(NOTHING).first.wait_for()
    context.clear_cookies(name="_streamlit_xsrf")
    page.goto("/key?key=key_1")
    page.get_by_text(NOTHING).first.wait_for()

    assert not page.get_by_role("button", name="Log in").count()


def test_a_forged_cookie_is_nobodys(context: "BrowserContext", site: str) -> None:
    from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

    claims = ANN | {"iat": int(time.time()), "is_logged_in": True, "origin": site, "provider": "default"}
    forged = create_signed_value("0" * 64, USER, json.dumps(claims)).decode()
    context.add_cookies([{"name": USER, "value": forged, "url": site, "httpOnly": True}])
    page = context.new_page()
    page.goto("/incidents?incident=inc_1")
    page.get_by_role("button", name="Log in").wait_for()

    assert NOTHING not in settled(page)


def test_a_changed_cookie_and_one_from_before_the_logout_are_nobodys(
    browser: "Browser", context: "BrowserContext", site: str
) -> None:
    page = context.new_page()
    log_in(page, "ann")
    page.locator("[class*=st-key-tile_]").first.wait_for()
    (kept,) = [cookie for cookie in context.cookies() if cookie["name"] == USER]
    log_out(page)
    value = kept["value"]
    for cookie in (value, value[:-1] + ("A" if value[-1] != "A" else "B")):
        other = browser.new_context(base_url=site)
        other.add_cookies([{"name": USER, "value": cookie, "url": site, "httpOnly": True}])
        thief = other.new_page()
        thief.goto("/keys")
        thief.get_by_role("button", name="Log in").wait_for()

        assert NOTHING not in settled(thief)
        assert "333" not in settled(thief)
        other.close()


def test_the_metrics_are_not_public_and_the_probes_say_one_word(site: str) -> None:
    def asked(path: str, **headers: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(urllib.request.Request(site + path, headers=headers), timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    assert (200, "ok\n") == asked("/livez")
    assert (200, "ready\n") == asked("/readyz")
    assert (403, "forbidden\n") == asked("/metrics", **{"X-Forwarded-For": "203.0.113.9"})
    assert (403, "forbidden\n") == asked("/metrics", Host="keywatch.example")
    assert (404, "not found\n") == asked("/_stcore/metrics")
    status, text = asked("/metrics")
    assert status == 200
    assert "keywatch_findings_open" in text
