"""Receivers that are real, findings that are made up, and a store in a folder of its own."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from aiosmtpd.smtp import Envelope

from model.clock import FixedClock
from model.finding import Evidence, Finding, FindingStatus, Severity, Subject, finding_id
from store.handle import Store

T0 = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(T0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path}/state.db", tmp_path / "events")
    yield opened
    opened.close()


def make_finding(
    detector: str = "auth-burst-address", subject: str = "ip:203.0.113.9", at: datetime = T0, **changes: object
) -> Finding:
    """A finding with one piece of evidence; `minutes` long, `count` counted."""
    minutes, count, detail = changes.pop("minutes", 4), changes.pop("count", 60), changes.pop("detail", {})
    about = Subject.parse(subject)
    last = at + timedelta(minutes=minutes)
    values = {
        "severity": Severity.HIGH,
        "status": FindingStatus.OPEN,
        "title": f"{detector} of {subject}",
        "summary": f"{count} things happened.",
        "ip": about.value if about.kind == "ip" else detail.get("said", {}).get("ip"),
        "key_id": about.value if about.kind == "key" else None,
        "runbook": "Revoke the key.\nThen ask its owner.",
        **changes,
    }
    piece = Evidence(bucket=at, count=count, score=6.0, first_seen=at, last_seen=last, detail=detail)
    return Finding(
        id=finding_id(detector, about, at),
        detector=detector,
        subject=about,
        opened=at,
        first_seen=at,
        last_seen=last,
        detected_at=at,
        count=count,
        score=6.0,
        evidence=(piece,),
        **values,
    )


@pytest.fixture
def finding() -> Callable[..., Finding]:
    return make_finding


class Receiver:
    """An HTTP server that answers as `answers` says, first to last, the last one for ever."""

    def __init__(self) -> None:
        self.answers = [(200, {})]
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.behaviour = "answer"
        self.let_go = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: object) -> None: ...

            def do_GET(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.requests.append((self.path, dict(self.headers), body))
                if receiver.behaviour == "hang":
                    receiver.let_go.wait(20)
                if receiver.behaviour in {"hang", "reset"}:
                    self.close_connection = True
                    return
                at = min(len(receiver.requests), len(receiver.answers)) - 1
                status, headers = receiver.answers[at]
                self.send_response(status)
                for name, value in {"Content-Length": "0", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/tok-3f9a77c1d2"

    def close(self) -> None:
        self.let_go.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def receivers() -> Iterator[Callable[[], Receiver]]:
    opened: list[Receiver] = []

    def open_one() -> Receiver:
        opened.append(Receiver())
        return opened[-1]

    yield open_one
    for receiver in opened:
        receiver.close()


@pytest.fixture
def receiver(receivers: Callable[[], Receiver]) -> Receiver:
    return receivers()


class Mailbox:
    """An SMTP server's handler: `gone@` is refused for good, `later@` for now; the rest is kept."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.tried: list[str] = []

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, _server: object, _session: object, envelope: Envelope, address: str, _options: object
    ) -> str:
        self.tried.append(address)
        if address.startswith("gone@"):
            return "550 no such user"
        if address.startswith("later@"):
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 (aiosmtpd's name)
        self, _server: object, _session: object, envelope: Envelope
    ) -> str:
        self.mails.append(envelope.content)
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    import socket

    from aiosmtpd.controller import Controller

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    box.url = lambda to: f"mailto://127.0.0.1:{port}?from=keywatch@example.com&to={to}&mode=insecure"
    yield box
    controller.stop()
