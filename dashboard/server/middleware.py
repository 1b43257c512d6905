"""What every request passes first: who may connect, which headers an answer has, and where a login leads back to."""

from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS: Final = {
    # Pictures are our own alone: one of elsewhere would tell that place who reads which page.
    "Content-Security-Policy": "frame-ancestors 'none'; img-src 'self' data: blob:; object-src 'none'; base-uri 'self'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_USER: Final = "_streamlit_user"
"""Streamlit's cookie of somebody who is logged in."""
_WAY: Final = "keywatch_way_back"
"""Our cookie of the page that somebody wanted before the login; Streamlit leads everybody to the first page."""
_KEPT: Final = 600
"""Seconds that it is kept: as long as a login may take."""
_LONGEST: Final = 2000
"""Characters of a page's address that are kept."""
_CALLBACK: Final = "/oauth2callback"
_NOT_PAGES: Final = ("/_stcore/", "/static/", "/media/", "/component/", "/auth/", _CALLBACK)
_OWN_METRICS: Final = "/_stcore/metrics"
"""Streamlit's own figures; it shows them to anybody."""


class Passage:
    """The outermost layer."""

    def __init__(self, app: ASGIApp, *, hosts: frozenset[str], secure: bool, logins: bool) -> None:
        self._app = app
        self._hosts = hosts
        self._secure = secure
        self._logins = logins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on, or not."""
        if scope["type"] == "websocket" and not self._may_connect(Headers(scope=scope)):
            # Streamlit would refuse it too, but only after it had asked a server elsewhere for its own address.
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http" and scope["path"].endswith(_OWN_METRICS):
            await _not_found(send)
        elif scope["type"] == "http":
            await self._app(scope, receive, self._answering(scope, send))
        else:
            await self._app(scope, receive, send)

    def _may_connect(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        return origin is None or urlsplit(origin).hostname in self._hosts

    def _answering(self, scope: Scope, send: Send) -> Send:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if self._logins:
                    self._lead(scope, headers)
                if self._secure:
                    _each_cookie(message, lambda cookie: cookie + b"; Secure")
            await send(message)

        return answer

    def _lead(self, scope: Scope, headers: MutableHeaders) -> None:
        """Keep which page was wanted, and lead there when the login is done."""
        asked = Headers(scope=scope)
        cookies = _cookies(asked.get("cookie", ""))
        if scope["path"].endswith(_CALLBACK):
            wanted = unquote(cookies.get(_WAY, ""))
            done = any(value.startswith(f"{_USER}=") for value in headers.getlist("set-cookie"))
            if done and is_page(wanted):
                headers["location"] = wanted
            if _WAY in cookies:
                headers.append("set-cookie", f"{_WAY}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax")
        elif scope["method"] == "GET" and "text/html" in asked.get("accept", "") and _USER not in cookies:
            query = scope["query_string"].decode("ascii", "replace")
            wanted = quote(scope["path"], safe="/") + (f"?{query}" if query else "")
            if is_page(wanted) and wanted != "/":
                kept = f"{_WAY}={quote(wanted, safe='')}; Max-Age={_KEPT}; Path=/; HttpOnly; SameSite=Lax"
                headers.append("set-cookie", kept)


def is_page(address: str) -> bool:
    """Whether an address is a page of ours: a path on this host, and none of those that are not pages."""
    if not address.startswith("/") or address.startswith("//") or len(address) > _LONGEST:
        return False
    if not (address.isascii() and address.isprintable()) or "\\" in address:
        return False
    return not any(part in f"{urlsplit(address).path}/" for part in _NOT_PAGES)


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}


def _each_cookie(message: Message, change: Callable[[bytes], bytes]) -> None:
    message["headers"] = [
        (name, change(value) if name.lower() == b"set-cookie" and b"; secure" not in value.lower() else value)
        for name, value in message["headers"]
    ]


async def _not_found(send: Send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": b"not found\n"})
