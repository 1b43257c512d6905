"""The entry that Streamlit runs for every session and every click: the frame around the pages."""

import logging
from pathlib import Path

import streamlit as st

from dashboard import banners, doing, live, navigation, zones
from dashboard.controls import period, timeframe
from dashboard.login import access, sign_in
from dashboard.login.roles import Person, Refused
from dashboard.reads import data
from dashboard.sight import Sight
from model.clock import SystemClock
from model.errors import AccessDenied, KeywatchError
from model.window import Window

_HERE = Path(__file__).parent
_PAGE = "page_before"


def main() -> None:
    """Draw the frame and the page that the URL names."""
    st.set_page_config(page_title="keywatch", page_icon=str(_HERE / "mark.svg"), layout="wide")
    st.logo((_HERE / "logo.svg").read_text(encoding="utf-8"), size="large")
    try:
        _let_in(access.person())
    except AccessDenied as denied:
        _turn_away(denied)
    except KeywatchError as error:
        banners.error(error)


def _let_in(who: Person) -> None:
    """The page that the URL names, with the frame around it."""
    access.note(who)
    seen: list[Sight] = []
    page = st.navigation(navigation.pages(lambda: seen[0], who.role), position="top")
    if st.session_state.get(_PAGE, page.url_path) != page.url_path:
        doing.forget()
    st.session_state[_PAGE] = page.url_path
    try:
        if page.url_path in navigation.TIMELESS:
            _timeless_frame(page.title, who)
        elif (sight := _frame(page, who)) is None:
            banners.empty()
            return
        else:
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


def _turn_away(why: AccessDenied) -> None:
    """The same for every page, whatever the store holds."""
    if isinstance(why, Refused):
        access.note(why)
    page = st.navigation(navigation.closed(lambda: sign_in.turn_away(why)), position="hidden")
    page.run()


def _timeless_frame(title: str, who: Person) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="frame"):
        st.title(title, anchor=False)
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            zones.control()
            sign_in.corner(who)


def _frame(page: st.Page, who: Person) -> Sight | None:
    """The title and the time control; None for a store without events, but where it has incidents to show.

    A source that never sent anything is told of, too, and the alert leads here.
    """
    known, now = data.known(), SystemClock().now()
    span = known.span
    if span is None and page.url_path == navigation.INCIDENTS and data.has_incidents():
        span = Window(since=now, until=now)
    with st.container(horizontal=True, vertical_alignment="center", key="frame"):
        with st.container(gap=None, width="content"):
            st.title(page.title, anchor=False)
            below = st.empty()
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            if span is None:
                sign_in.corner(who)
                return None
            with st.container(gap="xsmall", width="content", key="timeframe"):
                timeframe.arrive(page.url_path)
                chosen = timeframe.control(span, now)
            sign_in.corner(who)
    told = period.told(chosen, zones.chosen(), changes=page.url_path in navigation.COMPARING)
    below.caption(told if known.span else "No events are stored.")
    return Sight(version=known.version, period=chosen, sources=known.sources)


main()
