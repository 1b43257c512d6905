"""Real nginx in front of a small real API, a client, and a receiver of alerts; all of it on loopback."""

import http.client
import json
import shutil
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
QUOTA = 30
"""Requests that the API takes from one key before it answers 429."""

_CONFIG = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Real-IP;
    log_format api escape=json '{{"time_iso8601":"$time_iso8601","remote_addr":"$remote_addr",'
        '"request_method":"$request_method","request_uri":"$request_uri","host":"$host","status":$status,'
        '"body_bytes_sent":$body_bytes_sent,"request_time":$request_time,"http_user_agent":"$http_user_agent",'
        '"http_referer":"$http_referer","http_x_api_token":"$http_x_api_token"}}';
    access_log {folder}/access.log api;
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass http://127.0.0.1:{upstream}; }}
    }}
}}
"""


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """Serve on a free port while the block runs; yields the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def api(accepted: set[str], limited: str) -> type[BaseHTTPRequestHandler]:
    """401 without an accepted key, 403 under /v1/admin, 429 beyond the quota of the limited key, else 200."""
    taken: Counter[str] = Counter()

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token = self.headers.get("X-Api-Token", "")
            taken[token] += 1
            status = 401 if token not in accepted else 403 if self.path.startswith("/v1/admin") else 200
            status = 429 if status == 200 and token == limited and taken[token] > QUOTA else status
            body = json.dumps({"status": status}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None: ...

    return Api


def receiver(into: list[dict[str, Any]]) -> type[BaseHTTPRequestHandler]:
    """Takes every alert: the document, and the header by which a repeated one is known, as `idempotency_header`."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            into.append(document | {"idempotency_header": self.headers["Idempotency-Key"]})
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None: ...

    return Receiver


@contextmanager
def nginx(folder: Path, upstream: int) -> Iterator[int]:
    """A private nginx that logs to `folder`/access.log; yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    (folder / "nginx.conf").write_text(_CONFIG.format(folder=folder, port=port, upstream=upstream))
    command = [str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with (folder / "said.log").open("wb") as said, subprocess.Popen(command, stdout=said, stderr=said) as process:
        try:
            wait_for(lambda: answers(port), f"nginx does not answer: {folder}/error.log")
            yield port
        finally:
            process.terminate()


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ask(port: int, path: str, *, ip: str, token: str | None = None) -> int:
    """GET as the client at `ip`; returns the status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        headers = {"X-Real-IP": ip, "User-Agent": "e2e/1.0"} | ({"X-Api-Token": token} if token else {})
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def wait_for(condition: Callable[[], bool], otherwise: str, *, seconds: float = 10.0) -> None:
    """Return as soon as the condition holds; AssertionError when it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, otherwise
        time.sleep(0.02)
