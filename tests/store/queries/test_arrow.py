"""Frames by way of Arrow are what the driver's rows give."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Select

from model.window import Window
from store.events.reader import EventsReader
from store.queries.frames import FRAMES


class ByRows(EventsReader):
    """Row by row through the driver."""

    def frame(self, query: Select[*tuple[Any, ...]]) -> pd.DataFrame:
        return pd.read_sql(query, self.connection)


@pytest.mark.parametrize("name", FRAMES)
def test_arrow_gives_what_rows_give(name: str, load: Callable[..., EventsReader], event: Callable[..., Any]) -> None:
    bad = ("GET", "/v1/keys/1", None, 401, "unauthenticated", 10, 1.5, "gitleaks/8")
    good = ("GET", "/v1/keys/1", None, 200, "ok", None, None, "curl/8")
    at = [f"2026-03-29T0{n % 3}:{n:02}:00Z" for n in range(40)]
    rows = [(ts, f"fp:1:{n % 4}", "198.51.100.5", *(good if n % 3 else bad)) for n, ts in enumerate(at)]
    reader = load([event(line, short) for line, short in enumerate([*rows, (at[0], None, "192.0.2.9", *bad)])])
    end = datetime(2026, 3, 29, 2, 30, tzinfo=UTC)
    span = Window(since=end - timedelta(days=2), until=end)

    by_arrow = FRAMES[name](reader, span)

    pd.testing.assert_frame_equal(FRAMES[name](ByRows(reader.connection), span), by_arrow)
    assert type(by_arrow) is pd.DataFrame
