"""What passes before the pages: probes, headers, connections from elsewhere, and the way back after a login."""

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboard.server.middleware import Passage, is_page
from dashboard.server.probes import allowed, routes
from dashboard.services import Services
from keywatch.serving.handing import handed
from model.errors import StoreError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have a successor of httpx, which Streamlit does not bring
    from starlette.testclient import TestClient

if TYPE_CHECKING:
    from tests.dashboard.conftest import Small

WAY = "keywatch_way_back"
POLICY = "frame-ancestors 'none'; img-src 'self' data: blob:; object-src 'none'; base-uri 'self'"


def page(request: Request) -> Response:
    del request
    return PlainTextResponse("page")


def callback(request: Request) -> Response:
    answer = RedirectResponse("/", status_code=302)
    if "denied" not in request.query_params:
        answer.set_cookie("_streamlit_user", "signed")
    return answer


async def stream(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


@pytest.fixture
def client() -> Iterator[TestClient]:
    known = [
        Route("/oauth2callback", callback),
        Route("/{path:path}", page),
        WebSocketRoute("/_stcore/stream", stream),
    ]
    passage = Middleware(Passage, hosts=frozenset({"keywatch.example"}), secure=True, logins=True)
    with TestClient(
        Starlette(routes=known, middleware=[passage]), base_url="https://keywatch.example", follow_redirects=False
    ) as made:
        yield made


def test_no_page_can_be_framed_or_sniffed_or_show_a_picture_of_elsewhere(client: TestClient) -> None:
    headers = client.get("/").headers

    assert {
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "content-security-policy": POLICY,
        "referrer-policy": "same-origin",
    }.items() <= dict(headers).items()


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/watch/_stcore/metrics"])
def test_streamlits_own_figures_are_not_there(client: TestClient, path: str) -> None:
    assert 404 == client.get(path).status_code


@pytest.mark.parametrize("origin", ["https://evil.example", "https://keywatch.example.evil.example", "null"])
def test_a_page_of_elsewhere_cannot_connect(client: TestClient, origin: str) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream", headers={"origin": origin}):
        pass


def test_our_own_page_connects(client: TestClient) -> None:
    with client.websocket_connect("/_stcore/stream", headers={"origin": "https://keywatch.example"}) as socket:
        assert "websocket.close" == socket.receive()["type"]


def test_a_login_leads_back_to_the_page_that_was_wanted(client: TestClient) -> None:
    wanted = "/incidents?incident=inc_1&window=24h"
    kept = client.get(wanted, headers={"accept": "text/html"}).headers["set-cookie"]
    client.cookies.set(WAY, quote(wanted, safe=""))
    answer = client.get("/oauth2callback")

    assert kept.startswith(f"{WAY}={quote(wanted, safe='')};")
    assert {"HttpOnly", "Secure", "SameSite=Lax"} <= {part.strip() for part in kept.split(";")}
    assert wanted == answer.headers["location"]
    assert [True, True] == ["secure" in cookie.lower() for cookie in answer.headers.get_list("set-cookie")]
    assert any(f"{WAY}=; Max-Age=0" in cookie for cookie in answer.headers.get_list("set-cookie"))


def test_a_login_that_failed_leads_to_the_first_page(client: TestClient) -> None:
    client.cookies.set(WAY, quote("/keys", safe=""))

    assert "/" == client.get("/oauth2callback?denied=1").headers["location"]


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/keys\r\nSet-Cookie: a=b",
        "/oauth2callback?code=1",
        "/auth/logout",
        "/media/x",
        "",
        "/" + "k" * 3000,
    ],
)
def test_only_a_page_of_ours_is_led_to(client: TestClient, address: str) -> None:
    client.cookies.set(WAY, quote(address, safe=""))

    assert not is_page(address)
    assert "/" == client.get("/oauth2callback").headers["location"]


def test_without_logins_nothing_is_kept() -> None:
    app = Starlette(routes=[Route("/{path:path}", page)])
    with TestClient(Passage(app, hosts=frozenset(), secure=False, logins=False)) as client:
        answer = client.get("/keys", headers={"accept": "text/html"})

    assert "set-cookie" not in answer.headers


@pytest.fixture
def services(small: "Small") -> Services:
    return handed(small.workspace, small.config)


def asked(path: str, services: Services, **headers: str) -> Response:
    with TestClient(Starlette(routes=routes(services)), base_url="http://127.0.0.1", client=("127.0.0.1", 7)) as client:
        return client.get(path, headers=headers)  # type: ignore[return-value]  # httpx' own


def test_the_probes_say_one_word(services: Services) -> None:
    assert (200, b"ok\n") == ((one := asked("/livez", services)).status_code, one.content)  # type: ignore[attr-defined]
    assert (200, b"ready\n") == ((one := asked("/readyz", services)).status_code, one.content)  # type: ignore[attr-defined]


def test_a_store_that_cannot_be_read_is_not_ready_and_says_no_more(services: Services) -> None:
    import dataclasses

    def broken() -> None:
        msg = "The state /secret/place is damaged."
        raise StoreError(msg)

    answer = asked("/readyz", dataclasses.replace(services, ready=broken))

    assert (503, b"not ready\n") == (answer.status_code, answer.content)  # type: ignore[attr-defined]


def test_metrics_are_prometheus_text_and_name_no_key_and_no_address(services: Services) -> None:
    answer = asked("/metrics", services)
    text = answer.text  # type: ignore[attr-defined]

    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'keywatch_source_events_total{source="edge"}' in text
    assert not [word for word in ("billing-prod", "key_1", "198.51.100.7", "pay@co.example") if word in text]


def request(client: str, host: str = "127.0.0.1:8501", **headers: str) -> Request:
    sent = {"host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
    raw = [(name.encode(), value.encode()) for name, value in sent.items()]
    return Request({"type": "http", "method": "GET", "path": "/metrics", "query_string": b"", "headers": raw,
                    "client": (client, 1), "server": ("127.0.0.1", 8501), "scheme": "http"})  # fmt: skip


@pytest.mark.parametrize(
    ("asks", "token", "may"),
    [
        (request("127.0.0.1"), None, True),
        (request("::1", host="[::1]:8501"), None, True),
        (request("203.0.113.9"), None, False),
        (request("127.0.0.1", x_forwarded_for="203.0.113.9"), None, False),
        (request("127.0.0.1", forwarded="for=203.0.113.9"), None, False),
        (request("127.0.0.1", via="1.1 proxy"), None, False),
        (request("127.0.0.1", host="keywatch.example"), None, False),
        (request("127.0.0.1"), "t0ken", False),
        (request("127.0.0.1", authorization="Bearer t0kem"), "t0ken", False),
        (request("127.0.0.1", authorization="t0ken"), "t0ken", False),
        (request("203.0.113.9", authorization="Bearer t0ken"), "t0ken", True),
    ],
)
def test_metrics_are_for_this_machine_or_for_the_token(asks: Request, token: str | None, may: bool) -> None:  # noqa: FBT001
    assert may is allowed(asks, token)
