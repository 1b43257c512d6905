"""The pages, and how one leads to another with its state in the URL."""

from collections.abc import Callable, Sequence
from typing import Final, NoReturn

import streamlit as st

from dashboard.roles import Role
from dashboard.sight import Sight

KEY: Final = "key"
"""The parameter, and the path, of the key page: an inventory's key_id, or a key_ref that no inventory row knows."""
INCIDENT: Final = "incident"
"""The parameter of the incidents page."""


_INCIDENTS: Final = "incidents"
REPORT: Final = "report"
"""The parameter of the reports page: the id of a report."""
TIMELESS: Final = frozenset({"reports", "sources", "admin"})
"""Paths of the pages that show no time window; they work in a store without events too."""


def pages(sight: Callable[[], Sight], role: Role) -> Sequence[st.Page]:
    """The pages of somebody of that role, in the order of the menu; `sight` is asked when a page is drawn.

    What is not in the menu cannot be opened, and each page asks for the role again.
    """
    from dashboard.views import admin, alerts, incidents, key, keys, overview, reports, sources

    administration = st.Page(admin.show, title="Admin", icon=":material/admin_panel_settings:", url_path="admin")
    return [
        st.Page(lambda: overview.show(sight()), title="Overview", icon=":material/monitoring:", default=True),
        st.Page(lambda: incidents.show(sight()), title="Incidents", icon=":material/warning:", url_path=_INCIDENTS),
        st.Page(lambda: keys.show(sight()), title="Keys", icon=":material/key:", url_path="keys"),
        st.Page(lambda: alerts.show(sight()), title="Alerts", icon=":material/notifications:", url_path="alerts"),
        st.Page(lambda: key.show(sight()), title="Key", icon=":material/frame_inspect:", url_path=KEY),
        st.Page(reports.show, title="Reports", icon=":material/assignment_turned_in:", url_path="reports"),
        st.Page(sources.show, title="Sources", icon=":material/input:", url_path="sources"),
        *([administration] if role is Role.ADMIN else []),
    ]  # fmt: skip


def closed(draw: Callable[[], None]) -> Sequence[st.Page]:
    """The same paths for somebody who is not let in: all of them show one thing."""
    return [
        st.Page(draw, title=page.title, url_path=page.url_path, default=not page.url_path)
        for page in pages(_no_sight, Role.ADMIN)
    ]


def open_key(identity: str) -> NoReturn:
    """Go to a key's page, in the same time window."""
    _open(KEY, {KEY: identity})


def open_incident(identity: str) -> NoReturn:
    """Go to an incident, in the same time window."""
    _open(_INCIDENTS, {INCIDENT: identity})


def _open(path: str, parameters: dict[str, str]) -> NoReturn:
    # A page is known by its path alone; what draws it was registered by `pages`. The time window stays in the URL by
    # itself: its control is drawn on every page.
    st.switch_page(st.Page(_nothing, title=path, url_path=path), query_params=parameters)


def _no_sight() -> Sight:
    raise NotImplementedError


def _nothing() -> None:
    """Stand in for a page that is only being pointed at."""
