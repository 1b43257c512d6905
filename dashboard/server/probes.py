"""What machines ask the dashboard's process: whether it lives, whether it is ready, and its metrics."""

import logging
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboard.services import Services
from model.clock import SystemClock
from model.errors import KeywatchError
from model.visitor import may_see_metrics

_LOG: Final = logging.getLogger("keywatch.dashboard")
_TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
"""Prometheus' text format."""


def routes(services: Services) -> list[Route]:
    """`/livez`, `/readyz` and `/metrics`; the first two say one word to anybody, the third is not public."""

    def livez(request: Request) -> Response:
        del request
        return PlainTextResponse("ok\n")

    def readyz(request: Request) -> Response:
        del request
        try:
            services.ready()
        except KeywatchError:
            _LOG.exception("The dashboard is not ready.")
            return PlainTextResponse("not ready\n", status_code=503)
        return PlainTextResponse("ready\n")

    def metrics(request: Request) -> Response:
        if not allowed(request, services.metrics_token):
            # The same answer as for a page that is not there would be the web page of the dashboard, with 200.
            return PlainTextResponse("forbidden\n", status_code=403)
        try:
            return Response(services.metrics(SystemClock().now()), media_type=_TEXT)
        except KeywatchError:
            _LOG.exception("The metrics cannot be read.")
            return PlainTextResponse("not ready\n", status_code=503)

    return [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)]


def allowed(request: Request, token: str | None) -> bool:
    """Whether that request may see the metrics."""
    peer, host = request.client.host if request.client else "", request.url.hostname or ""
    return may_see_metrics(token, peer=peer, host=host, headers=request.headers)
