"""What goes on by itself while a page stays open: tiles and banners, each a fragment that looks again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import streamlit as st

from dashboard import banners, data, timeframe
from dashboard.sight import Sight
from model.clock import SystemClock
from model.errors import KeywatchError

EVERY: Final = timedelta(seconds=30)
"""As often as `keywatch run` looks for lines by default."""


def refreshing(draw: Callable[[Sight], None], sight: Sight) -> None:
    """Draw now, and again every EVERY with what the store holds then; a window of one's own stays as it is."""

    @st.fragment(run_every=EVERY)
    def _again() -> None:
        try:
            draw(_as_of_now(sight))
        except KeywatchError as error:
            banners.error(error)

    _again()


def _as_of_now(sight: Sight) -> Sight:
    now = SystemClock().now()
    known = data.known(now)
    if known.span is None:
        return sight
    return Sight(version=known.version, period=timeframe.again(sight.period, known.span, now), sources=known.sources)
