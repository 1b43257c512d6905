"""The pages, and how one leads to another with its state in the URL."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NoReturn

import streamlit as st

from dashboard import timeframe
from dashboard.sight import Sight
from model.window import Window

KEY: Final = "key"
"""The parameter, and the path, of the key page: an inventory's key_id, or a key_ref that no inventory row knows."""
INCIDENT: Final = "incident"
"""The parameter of the incidents page."""


_INCIDENTS: Final = "incidents"
_EXPLORE: Final = "explore"


def pages(sight: Callable[[], Sight]) -> Sequence[st.Page]:
    """All pages in the order of the menu; `sight` is asked when a page is drawn."""
    from dashboard.views import alerts, incidents, key, keys, overview

    return [
        st.Page(lambda: overview.show(sight()), title="Overview", icon=":material/monitoring:", default=True),
        st.Page(lambda: incidents.show(sight()), title="Incidents", icon=":material/warning:", url_path=_INCIDENTS),
        st.Page(lambda: keys.show(sight()), title="Keys", icon=":material/key:", url_path="keys"),
        st.Page(lambda: alerts.show(sight()), title="Alerts", icon=":material/notifications:", url_path="alerts"),
        st.Page(lambda: key.show(sight()), title="Key", icon=":material/frame_inspect:", url_path=KEY),
    ]  # fmt: skip


def open_key(identity: str) -> NoReturn:
    """Go to a key's page, in the same time window."""
    _open(KEY, {KEY: identity})


def open_incident(identity: str) -> NoReturn:
    """Go to an incident, in the same time window."""
    _open(_INCIDENTS, {INCIDENT: identity})


def open_page(path: str, parameters: Mapping[str, str]) -> NoReturn:
    """Go to a page with these filters, in the same time window."""
    _open(path, dict(parameters))


def open_explore(parameters: Mapping[str, str], window: Window) -> NoReturn:
    """Go to the single requests of a key, an address or a network in a window of their own."""
    _open(_EXPLORE, {**parameters, **timeframe.parameters(window)})


def _open(path: str, parameters: dict[str, str]) -> NoReturn:
    # A page is known by its path alone; what draws it was registered by `pages`. The time window stays in the URL by
    # itself: its control is drawn on every page.
    st.switch_page(st.Page(_nothing, title=path, url_path=path), query_params=parameters)


def _nothing() -> None:
    """Stand in for a page that is only being pointed at."""
