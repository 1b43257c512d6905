"""Whether the logs say who calls: detectors that go by address need one for each caller."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from keywatch.doctor.remark import Remark, fine, warning
from keywatch.workspace import Workspace
from model.window import Window
from store.queries.breakdown import usage_rows
from store.state import segments

_LOOKED_AT: Final = timedelta(days=1)
"""The newest events, for so long."""
_MOST: Final = 0.8
"""Of all requests: an address with so many of them is no caller's."""
_KEYS: Final = 10
"""Fewer keys may well be used from one address."""


def callers(workspace: Workspace, _now: datetime) -> Iterator[Remark]:
    """The requests of the newest day have addresses, and not nearly all of them the same."""
    with workspace.store.reading() as tx:
        span = segments.span(tx)
    if span is None:
        return
    window = Window(since=max(span.since, span.until - _LOOKED_AT), until=span.until)
    with workspace.store.reader(window) as reader:
        requests = sum(row["requests"] for row in usage_rows(reader, window, by="status"))
        busiest = usage_rows(reader, window, by="ip", limit=1)
        # Requests without a key are a row too.
        keys = [row["key"] for row in usage_rows(reader, window, by="key", limit=_KEYS + 1) if row["key"]]
    if not busiest:
        said = "No request of the newest day has an address: whoever guesses keys cannot be told from the others."
        yield warning("callers", said, "Let the log carry the client's address.")
    elif busiest[0]["requests"] >= _MOST * requests and len(keys) >= _KEYS:
        share = int(100 * busiest[0]["requests"] / requests)
        yield warning(
            "callers",
            f"{share} % of the requests of the newest day come from {busiest[0]['ip']}: a proxy that hides who calls.",
            "Let the log carry X-Forwarded-For and set `trusted_proxies` of the source, or read the proxy's own log.",
        )
    else:
        yield fine("callers", "Requests have the addresses of their callers.")
