"""Logging in with a real OpenID Connect provider, in a real browser: who gets in, and who sees nothing."""

import base64
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from keywatch.workspace import Workspace
from store.state import audit, chain
from tests.dashboard.test_accessible import violations
from tests.dashboard.test_browser import CHROMIUM, FLAGS, PATIENCE, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.dashboard.conftest import Small

USER = "_streamlit_user"
ANN = {"sub": "ann", "email": "Ann@co.example", "email_verified": True}
OTTO = {"sub": "otto", "email": "otto@co.example", "email_verified": True}
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
    """A provider of its own process: it knows five people, and a click is their password."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    for person in (ANN, OTTO, VERA, UNVERIFIED, NOBODY):
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
    with open_site(shown, provider, name="login") as url:
        yield url


@contextmanager
def open_site(
    shown: Workspace,
    issuer: str,
    *,
    name: str,
    client: str = "keywatch",
    secret: str = "a secret of the client",
    port: int | None = None,
) -> Iterator[str]:
    """A dashboard whose logins an issuer decides about, which it knows by a client's name and secret."""
    port = port or free_port()
    config, file = shown.root / f"{name}.toml", shown.root / f"{name}.secret"
    file.write_text(f"{secret}\n")
    file.chmod(0o600)
    config.write_text(
        (shown.root / "keywatch.toml").read_text()
        + f"""
[dashboard]
link = "http://127.0.0.1:{port}"
[dashboard.login]
issuer = "{issuer}"
client_id = "{client}"
client_secret = "file:{file.name}"
[dashboard.login.roles.admin]
users = ["ann@co.example"]
[dashboard.login.roles.analyst]
users = ["otto@co.example"]
[dashboard.login.roles.viewer]
groups = ["readers"]
"""
    )
    command = [sys.executable, "-m", "keywatch", "-c", str(config), "dashboard", "--headless", "--port", str(port)]
    with (shown.root / f"{name}.log").open("w") as log:
        server = subprocess.Popen(command, stderr=log, stdout=log)
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=PATIENCE)


class AsAnotherClient(BaseHTTPRequestHandler):
    """Hands on to a provider what is asked, in the name of another of its clients: its ID tokens are for that one."""

    provider = ""

    def do_GET(self) -> None:
        self._hand_on(None)

    def do_POST(self) -> None:
        self._hand_on(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def _hand_on(self, body: bytes | None) -> None:
        given = base64.b64encode(b"another:any").decode()
        signed = {"Authorization": f"Basic {given}"} if "Authorization" in self.headers else {}
        same = {name: self.headers[name] for name in ("Host", "Content-Type", "Accept") if name in self.headers}
        asked = http.client.HTTPConnection(self.provider.removeprefix("http://"))
        path = self.path.replace("client_id=keywatch", "client_id=another")
        asked.request(self.command, path, body, {**same, **signed})
        answer = asked.getresponse()
        text = answer.read()
        self.send_response(answer.status)
        for name in ("Content-Type", "Location", "Set-Cookie"):
            if answer.headers[name]:
                self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        asked.close()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def for_another(provider: str) -> Iterator[str]:
    """A provider whose ID tokens are real and for another client."""
    handler = type("Handler", (AsAnotherClient,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def registered(provider: str, site: str) -> str:
    """A client that the provider knows with a secret of its own, which is told to nobody."""
    body = json.dumps({"redirect_uris": [f"{site}/oauth2callback"]}).encode()
    request = urllib.request.Request(
        f"{provider}/oauth2/clients", data=body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        return str(json.load(answer)["client_id"])


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


def test_an_analyst_acts_and_administers_nothing(context: "BrowserContext", shown: Workspace) -> None:
    page = context.new_page()
    log_in(page, "otto", "/incidents?incident=inc_1")
    page.get_by_role("textbox", name="Comment").fill("a load test of ours")
    page.get_by_role("button", name="Comment").click()
    page.get_by_text("otto@co.example").first.wait_for()
    menu = settled(page)
    page.goto("/admin")
    page.get_by_text("Page not found").first.wait_for()
    with shown.store.reading() as tx:
        acts = audit.audit_frame(tx)

    assert "Admin" not in menu
    assert ["login", "incident commented"] == list(acts["action"][acts["actor"] == "otto@co.example"])[::-1]


def test_a_login_that_is_denied_at_the_provider_is_none(context: "BrowserContext") -> None:
    page = context.new_page()
    page.goto("/keys")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Deny").click()

    assert_nobody(context, page)


@pytest.mark.parametrize("query", ["state=forged&code=forged", "code=forged", "error=access_denied", ""])
def test_an_answer_that_nobody_asked_for_logs_nobody_in(context: "BrowserContext", query: str) -> None:
    page = context.new_page()
    page.goto(f"/oauth2callback?{query}")

    assert_nobody(context, page)


def test_an_answer_to_the_question_of_another_browser_logs_nobody_in(
    browser: "Browser", context: "BrowserContext", site: str
) -> None:
    """A code and a state that are good, and were given to somebody else: what a forged link would carry."""
    page = context.new_page()
    page.goto("/")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="ann", exact=True).wait_for()
    answer = context.request.post(page.url, form={"sub": "ann"}, max_redirects=0)
    other = browser.new_context(base_url=site)
    thief = other.new_page()
    thief.goto(answer.headers["location"])

    assert "code=" in answer.headers["location"]
    assert_nobody(other, thief)
    other.close()


def test_a_token_for_another_client_logs_nobody_in(browser: "Browser", shown: Workspace, for_another: str) -> None:
    with open_site(shown, for_another, name="another") as url:
        fail_to_log_in(browser, url)


def test_with_a_wrong_secret_of_the_client_nobody_logs_in(browser: "Browser", shown: Workspace, provider: str) -> None:
    port = free_port()
    client = registered(provider, f"http://127.0.0.1:{port}")
    with open_site(shown, provider, name="wrong", client=client, secret="not its secret", port=port) as url:
        fail_to_log_in(browser, url)


def fail_to_log_in(browser: "Browser", url: str) -> None:
    context = browser.new_context(base_url=url)
    page = context.new_page()
    log_in(page, "ann")
    page.wait_for_url(f"{url}/**")
    assert_nobody(context, page)
    context.close()


def assert_nobody(context: "BrowserContext", page: "Page") -> None:
    """Whatever the browser shows now, the pages are closed to it."""
    page.wait_for_load_state()
    shown = page.locator("body").inner_text()
    page.goto("/keys")
    page.get_by_role("button", name="Log in").wait_for()

    assert "Traceback" not in shown
    assert NOTHING not in shown + settled(page)
    assert not [cookie for cookie in context.cookies() if cookie["name"] == USER]


def test_who_has_to_log_in_or_has_no_role_meets_no_obstacle(context: "BrowserContext") -> None:
    page = context.new_page()
    page.goto("/")
    page.get_by_role("button", name="Log in").wait_for()
    settled(page)
    entrance = violations(page)
    page.emulate_media(color_scheme=None)
    log_in(page, "nobody")
    page.get_by_text("Your account has no role here").wait_for()
    settled(page)

    assert ([], []) == (entrance, violations(page))


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
