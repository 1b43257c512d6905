"""The entry that Streamlit runs for every session and every click: the frame around the pages."""

import logging
from pathlib import Path

import streamlit as st

from dashboard import banners, data, doing, live, navigation, period, timeframe, zones
from dashboard.sight import Sight
from model.clock import SystemClock
from model.errors import KeywatchError

_HERE = Path(__file__).parent


def main() -> None:
    """Draw the frame and the page that the URL names."""
    st.set_page_config(page_title="keywatch", page_icon=str(_HERE / "mark.svg"), layout="wide")
    st.html(_HERE / "style.css")
    st.logo((_HERE / "logo.svg").read_text(encoding="utf-8"), size="large")
    seen: list[Sight] = []
    page = st.navigation(navigation.pages(lambda: seen[0]), position="top")
    try:
        sight = _frame(page.title)
        if sight is None:
            banners.empty()
            return
        seen.append(sight)
        live.refreshing(banners.standing, sight)
        doing.tell()
        page.run()
    except KeywatchError as error:
        banners.error(error)
    except Exception:
        # The last line before the reader: a page that breaks must say so, and say no more than that.
        logging.getLogger("keywatch.dashboard").exception("The page %s failed.", page.url_path or "overview")
        banners.broken()


def _frame(title: str) -> Sight | None:
    """The title and the time control; None for a store without events."""
    now = SystemClock().now()
    known = data.known(now)
    with st.container(horizontal=True, vertical_alignment="center", key="frame"):
        with st.container(gap=None, width="content"):
            st.title(title, anchor=False)
            below = st.empty()
        if known.span is None:
            return None
        with st.container(gap="xsmall", width="content", key="timeframe"):
            chosen = timeframe.control(known.span, now)
    below.caption(period.told(chosen, zones.chosen()))
    return Sight(version=known.version, period=chosen, sources=known.sources)


main()
