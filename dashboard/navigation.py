"""The pages, and how one leads to another with its state in the URL."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NoReturn

import streamlit as st

from dashboard.controls import timeframe
from dashboard.login.roles import Role
from dashboard.sight import Sight
from model.plain import plain
from model.window import Window

HYGIENE: Final = "hygiene"
"""The parameter of the page of keys: which card is chosen."""
KEY: Final = "key"
"""The parameter, and the path, of the key page: an inventory's key_id, or a key_ref that no inventory row knows."""
INCIDENT: Final = "incident"
"""The parameter of the incidents page."""
SPAN: Final = "span"
"""Likewise: of which time an incident's requests are listed, from/to."""

INCIDENTS: Final = "incidents"
"""The path of the incidents page."""
_EXPLORE: Final = "explore"
_MAGNIFIER: Final = ":material/query_stats:"

Filters = Mapping[str, str | Sequence[str]]
"""Parameters of a page and their values."""
REPORT: Final = "report"
"""The parameter of the reports page: the id of a report."""
TIMELESS: Final = frozenset({"reports", "sources", "admin"})
"""Paths of the pages that show no time window; they work in a store without events too."""

COMPARING: Final = frozenset({"", KEY})
"""Paths of the pages whose figures have their change against the window before."""
_OWN: Final = (INCIDENT, SPAN, KEY, HYGIENE, REPORT)
"""Parameters that pages read by themselves; those of controls are the controls' own."""
_MARKS: Final = re.compile(r"[\\`*_{}\[\]()#+.!|<>~$:-]")


def pages(sight: Callable[[], Sight], role: Role) -> Sequence[st.Page]:
    """The pages of somebody of that role, in the order of the menu; `sight` is asked when a page is drawn.

    What is not in the menu cannot be opened, and each page asks for the role again.
    """
    from dashboard.views import admin, alerts, explore, incidents, key, keys, overview, reports, sources

    administration = st.Page(admin.show, title="Admin", icon=":material/admin_panel_settings:", url_path="admin")
    return [
        st.Page(lambda: overview.show(sight()), title="Overview", icon=":material/monitoring:", default=True),
        st.Page(lambda: incidents.show(sight()), title="Incidents", icon=":material/warning:", url_path=INCIDENTS),
        st.Page(lambda: keys.show(sight()), title="Keys", icon=":material/key:", url_path="keys"),
        st.Page(lambda: alerts.show(sight()), title="Alerts", icon=":material/notifications:", url_path="alerts"),
        st.Page(lambda: key.show(sight()), title="Key", icon=":material/frame_inspect:", url_path=KEY),
        st.Page(lambda: explore.show(sight()), title="Explore", icon=":material/query_stats:", url_path=_EXPLORE),
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
    _open(INCIDENTS, {INCIDENT: identity})


def open_page(path: str, parameters: Mapping[str, str]) -> NoReturn:
    """Go to a page with these filters, in the same time window."""
    _open(path, dict(parameters))


def open_explore(filters: Filters) -> NoReturn:
    """Go to the Explore page with filters (named as in `controls.filters.LABELS`), in the same time window."""
    _open(_EXPLORE, filters)


def open_explore_in(filters: Filters, window: Window) -> NoReturn:
    """As `open_explore`, in a time window of its own."""
    _open(_EXPLORE, filters, window)


def link_key(identity: str, label: str) -> None:
    """A link to a key's page, in the same time window; the label is shown as text."""
    _link(KEY, label, {KEY: identity}, icon=":material/key:")


def link_key_in(identity: str, label: str, window: Window) -> None:
    """As `link_key`, in a time window of its own."""
    _link(KEY, label, {**timeframe.named(window), KEY: identity}, icon=":material/key:")


def link_review(report: str, identity: str, label: str) -> None:
    """A link to the row of a key in a review's worksheet; it shows those whose text has the key's id in it."""
    _link("reports", label, {REPORT: report, "q": identity}, icon=":material/assignment_turned_in:")


def link_explore(label: str, filters: Filters) -> None:
    """A link to the Explore page with filters (named as in `controls.filters.LABELS`), in the same time window."""
    _link(_EXPLORE, label, filters, icon=_MAGNIFIER)


def link_explore_in(label: str, filters: Filters, window: Window) -> None:
    """As `link_explore`, in a time window of its own."""
    _link(_EXPLORE, label, {**timeframe.named(window), **filters}, icon=_MAGNIFIER)


def _link(path: str, label: str, parameters: Filters, *, icon: str) -> None:
    # A link that is opened in a new tab has its own parameters alone. A click keeps what the controls have in the URL
    # before them: `timeframe.arrive` takes the last.
    those = {**timeframe.shown(), **_own(parameters), **parameters}
    there = {name: value if isinstance(value, str) else list(value) for name, value in those.items()}
    st.page_link(st.Page(_nothing, title=path, url_path=path), label=literal(label), icon=icon, query_params=there)


def literal(text: str) -> str:
    """Text for a place that reads markup: every mark in it stands for itself."""
    return _MARKS.sub(r"\\\g<0>", plain(text))


def _open(path: str, parameters: Filters, window: Window | None = None) -> NoReturn:
    # A page is known by its path alone; what draws it was registered by `pages`. The time window gets into the URL by
    # itself: its control is drawn on every page.
    timeframe.carry(window)
    st.switch_page(st.Page(_nothing, title=path, url_path=path), query_params={**_own(parameters), **parameters})


def _own(parameters: Filters) -> dict[str, str]:
    """The parameters that this page reads by itself, to be carried along to one that has these.

    On its way to another page the browser writes that one's parameters beside this one's path first, and "back" comes
    there: without them it would be another view than the one that was left. A span is of its incident alone.
    """
    own = {name: st.query_params[name] for name in _OWN if name in st.query_params}
    return own if INCIDENT not in parameters else {name: value for name, value in own.items() if name != SPAN}


def _no_sight() -> Sight:
    raise NotImplementedError


def _nothing() -> None:
    """Stand in for a page that is only being pointed at."""
