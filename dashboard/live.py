"""What goes on by itself while a page stays open: tiles and banners, each a fragment that looks again."""

from collections.abc import Callable

import streamlit as st

from dashboard import banners
from dashboard.controls import timeframe
from dashboard.reads import data
from dashboard.sight import Sight
from model.errors import KeywatchError


def refreshing(draw: Callable[[Sight], None], sight: Sight) -> None:
    """Draw now, and again every `data.TICK` with what the store holds then; a window of one's own stays as it is."""
    again(lambda: draw(_as_of_now(sight)))


def again(draw: Callable[[], None]) -> None:
    """Draw now, and again every `data.TICK`."""

    @st.fragment(run_every=data.TICK)
    def _again() -> None:
        try:
            draw()
        except KeywatchError as error:
            banners.error(error)

    _again()


def _as_of_now(sight: Sight) -> Sight:
    """Of one moment for all sessions that look again: whoever is first asks the store, and the others share it."""
    known = data.known_for_tiles()
    if known.span is None or known.at <= sight.period.now:
        return sight
    period = timeframe.again(sight.period, known.span, known.at)
    return Sight(version=known.version, period=period, sources=known.sources)
