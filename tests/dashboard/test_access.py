"""Every page, every read and every act asks who is looking; whoever has no role gets nothing."""

import ast
import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, get_type_hints

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard import reads
from dashboard.controls.period import period
from dashboard.environment import EVENTS, STATE_URL
from dashboard.login import access
from dashboard.login.roles import Grant, Policy, Role
from dashboard.reads import evidence, explored
from dashboard.reads.opened import Place
from dashboard.services import give
from keywatch.serving.handing import handed
from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.finding import Severity
from model.window import Window
from store.queries.matching import Match
from store.state import audit, audit_search, chain, delivery_search
from tests.dashboard.conftest import MAIN, finding, incident
from tests.dashboard.looking import figures

if TYPE_CHECKING:
    from tests.dashboard.conftest import Pages, Small

PATHS = ("", "incidents", "keys", "key", "alerts", "explore", "reports", "sources", "admin")
POLICY = Policy(
    grants=(
        Grant(role=Role.VIEWER, users=frozenset({"vera@co.example"})),
        Grant(role=Role.ANALYST, users=frozenset({"otto@co.example"})),
        Grant(role=Role.ADMIN, users=frozenset({"ann@co.example"})),
    ),
    claim="groups",
    session=timedelta(hours=12),
)
Open = Callable[..., AppTest]


def user(name: str, ago: timedelta = timedelta(0), **claims: object) -> dict[str, Any]:
    at = SystemClock().now() - ago
    known = {"is_logged_in": True, "sub": name, "email": f"{name}@co.example", "email_verified": True}
    return known | {"iat": at.timestamp()} | claims


NOBODY: tuple[dict[str, Any], ...] = (
    {},
    {"is_logged_in": False},
    user("ann", is_logged_in="yes"),
    user("eve"),
    user("ann", email_verified=False),
    user("ann", ago=timedelta(hours=12)),
    user("ann", is_logged_in=False),
)


@pytest.fixture
def own(copied: Workspace) -> Iterator[Workspace]:
    """A workspace that may be written to, with logins."""
    give(dataclasses.replace(handed(copied, copied.root / "keywatch.toml"), policy=POLICY))
    access._ended.clear()
    yield copied
    give(None)


@pytest.fixture
def opened(own: Workspace) -> Open:
    """`opened("keys", user("ann"))`: a page as somebody sees it."""
    del own

    def run(path: str, claims: Mapping[str, Any], **parameters: str) -> AppTest:
        page = AppTest.from_file(str(MAIN), default_timeout=90)
        page._page_hash = calc_hash(path)
        page.user = dict(claims)
        for name, value in parameters.items():
            page.query_params[name] = value
        page.run()
        assert [] == list(page.exception)
        return page

    return run


def words(page: AppTest) -> str:
    return " ".join(str(one.value) for one in (*page.text, *page.markdown, *page.caption, *page.header, *page.title))


def logged(own: Workspace) -> list[tuple[str, str]]:
    with own.store.reading() as tx:
        assert () == chain.check(tx).faults
        rows = audit.audit_frame(tx).to_dict("records")
    return [(row["actor"], row["action"]) for row in reversed(rows) if "log" in row["action"]]


def test_these_are_all_pages() -> None:
    shown = AppTest.from_function(_all_pages, default_timeout=90).run()

    assert set(PATHS) == {one.value.strip("/") for one in shown.text}


def _all_pages() -> None:
    import streamlit as st

    from dashboard import navigation

    for each in navigation.closed(lambda: None):
        st.text(f"/{each.url_path}")


@pytest.mark.parametrize("claims", NOBODY)
@pytest.mark.parametrize("path", PATHS)
def test_nobody_without_a_role_sees_anything(opened: Open, path: str, claims: dict[str, Any]) -> None:
    page = opened(path, claims)

    assert {"Log in", "No access", "Your login is over"} >= {each.value for each in (*page.title, *page.header)}
    assert not [*page.dataframe, *figures(page), *page.selectbox, *page.segmented_control]
    assert "billing-prod" not in words(page)
    assert not set("0123456789") & set(words(page).replace("eve@co.example", ""))


@pytest.mark.parametrize("name", ["vera", "otto", "ann"])
def test_somebody_with_a_role_sees_the_pages(opened: Open, name: str) -> None:
    assert "Keys" == opened("keys", user(name)).title[0].value


@pytest.mark.parametrize("name", ["vera", "otto"])
def test_the_administration_is_for_administrators(opened: Open, name: str) -> None:
    """The page is not in the menu of others, so its path leads to the first page; and it asks by itself too."""
    page = opened("admin", user(name))
    asked = AppTest.from_function(_administration, default_timeout=90)
    asked.user = user(name)
    asked.run()

    assert "Admin" not in [one.value for one in page.title]
    assert "needs the role admin" in asked.exception[0].message


def _administration() -> None:
    from dashboard.views import admin

    admin.show()


def _acknowledging() -> None:
    from alerts.deciding import decide
    from dashboard.doing import act

    act(lambda tx, by, at: decide(tx, "inc_1", status="acknowledged", verdict=None, by=by, at=at), "Acknowledged.")


@pytest.mark.parametrize(
    ("path", "parameters", "why", "offered"),
    [
        ("incidents", {"incident": "inc_1"}, "Handling an incident needs the role analyst.", "Acknowledge"),
        ("incidents", {"incident": "inc_1"}, "Commenting needs the role analyst.", "Comment"),
        ("alerts", {}, "Adding or ending a silence needs the role analyst.", "Silence"),
    ],
)
def test_a_viewer_is_told_what_needs_an_analyst_and_offered_none_of_it(
    opened: Open, path: str, parameters: dict[str, str], why: str, offered: str
) -> None:
    viewer, analyst = (opened(path, user(name), **parameters) for name in ("vera", "otto"))

    assert why in words(viewer)
    assert why not in words(analyst)
    assert (False, True) == tuple(offered in [one.label for one in page.button] for page in (viewer, analyst))


def test_an_act_of_a_viewer_is_refused_and_one_of_an_analyst_is_logged_with_the_name(
    opened: Open, own: Workspace
) -> None:
    refused = AppTest.from_function(_acknowledging, default_timeout=90)
    refused.user = user("vera")
    refused.run()
    done = opened("incidents", user("otto"), incident="inc_1")
    next(one for one in done.button if one.label == "Acknowledge").click().run()
    with own.store.reading() as tx:
        acts = audit.audit_frame(tx, subject="inc_1")

    assert "That needs the role analyst" in words(refused)
    assert [("otto@co.example", "incident acknowledged")] == list(zip(acts["actor"], acts["action"], strict=True))


def test_each_login_is_in_the_audit_log_once_and_each_refusal(opened: Open, own: Workspace) -> None:
    ann, eve = user("ann"), user("eve")
    for _ in range(3):
        opened("keys", ann)
        opened("keys", eve)
    opened("keys", user("ann"))

    assert [
        ("ann@co.example", "login"),
        ("eve@co.example", "login refused"),
        ("ann@co.example", "login"),
    ] == logged(own)


def test_logging_out_ends_that_login_wherever_its_cookie_is(opened: Open, own: Workspace) -> None:
    ann = user("ann")
    page = opened("keys", ann)
    next(one for one in page.button if one.label == "Log out").click().run()
    again = opened("keys", ann)

    assert "Your login was ended" in words(again)
    assert not again.dataframe
    assert opened("keys", user("ann")).dataframe
    assert ("ann@co.example", "logout") in logged(own)


def test_an_administrator_ends_the_logins_of_another(pages: "Pages", opened: Open, own: Workspace) -> None:
    otto = user("otto", ago=timedelta(seconds=5))
    opened("keys", otto)
    page = pages.click(opened("admin", user("ann")), "users", "name", "otto@co.example")
    next(one for one in page.button if one.label == "End logins").click().run()

    assert "Your login was ended" in words(opened("keys", otto))
    assert ("ann@co.example", "logins ended") in logged(own)


def test_what_a_cache_holds_is_not_given_to_somebody_without_a_role(opened: Open) -> None:
    assert figures(opened("", user("ann")))

    assert not figures(opened("", user("eve")))


PURE = {
    "data.totals", "data.forget", "evidence.whole_days", "explored.dimension_of", "explored.told_by_events",
    "one_key.before", "opened.close",
}  # fmt: skip
"""What reads nothing: it computes from what it is given, or forgets."""
FROM_THOSE_LET_IN = {Place, explored.Question}
"""Only who asked for a role has one of these, so what takes one need not ask again."""
MODULES = [importlib.import_module(f"{reads.__name__}.{one.name}") for one in pkgutil.iter_modules(reads.__path__)]
READS = [
    function
    for module in MODULES
    for name, function in inspect.getmembers(module, callable)
    if function.__module__ == module.__name__
    and not inspect.isclass(function)
    and not name.startswith("_")
    and f"{module.__name__.rpartition('.')[2]}.{name}" not in PURE
    and not FROM_THOSE_LET_IN & set(get_type_hints(function).values())
]


def read_of(function: Callable[..., Any]) -> None:
    """Ask it for something that there is, of the small workspace."""
    now = SystemClock().now()
    window = Window(since=now - timedelta(days=1), until=now)
    mine = function.__module__.rpartition(".")[2]
    likely = {
        "version": "", "window": window, "days": window, "period": period("24h", window, now), "now": now,
        "refs": ("id:1",), "identity": "key_1", "limit": 5, "offset": 0, "about": 5, "bucket": timedelta(hours=1),
        "lens": evidence.Lens(name="all", label="all"), "match": Match(), "known": {}, "zone": "UTC",
        "keys": (("one", ("id:1",)),),
        "incidents": (), "incident": incident(now, (finding(now, "flatline", Severity.LOW, "silent"),)),
        "sought": audit_search.Sought() if mine == "logged" else delivery_search.Sought(),
    }  # fmt: skip
    needed = inspect.signature(function).parameters.items()
    came = function(**{name: likely[name] for name, one in needed if one.default is inspect.Parameter.empty})
    if hasattr(came, "__enter__"):
        with came:
            pass


def named(function: Callable[..., Any]) -> str:
    return f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"


@pytest.mark.parametrize("read", READS, ids=named)
def test_every_read_asks_for_a_role(own: Workspace, read: Callable[..., object]) -> None:
    """Outside of a session nobody is logged in; whatever a read is given, it says so before it reads."""
    del own

    with pytest.raises(access.LoggedOut):
        read_of(read)


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("claims", [*NOBODY, user("vera"), user("otto"), user("ann")])
def test_no_read_gives_an_outsider_anything_and_the_audit_log_is_for_administrators(claims: dict[str, Any]) -> None:
    page = AppTest.from_function(_reading, default_timeout=90)
    page.user = claims
    page.run()
    given, refused = ({one.value for one in kind} for kind in (page.text, page.caption))
    logged = {named(read) for read in READS if named(read).startswith("logged.")}
    everything = {named(read) for read in READS}

    assert [] == list(page.exception)
    assert {"logged.actions", "logged.count", "logged.found", "logged.all_found"} == logged
    assert given == (set() if claims in NOBODY else everything if claims["sub"] == "ann" else everything - logged)
    assert everything - given == refused


def _reading() -> None:
    import streamlit as st

    from model.errors import AccessDenied
    from tests.dashboard.test_access import READS, named, read_of

    for read in READS:
        try:
            read_of(read)
        except AccessDenied:
            st.caption(named(read))
        else:
            st.text(named(read))


def test_nothing_goes_round_the_gate() -> None:
    """The store is opened in one function, and what the composition root handed over is taken in few places."""
    opens: set[str] = set()
    takes: set[str] = set()
    for path in MAIN.parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Name) and called.id in {"_store", "given"}:
                (opens if called.id == "_store" else takes).add(path.name)
            if isinstance(called, ast.Attribute) and ast.unparse(called) in {"Store.open", "opened._store"}:
                opens.add(path.name)

    assert {"opened.py"} == opens
    assert {"access.py"} == takes


def test_a_dashboard_that_keywatch_did_not_start_shows_nothing(small: "Small", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STATE_URL, small.workspace.state_url)
    monkeypatch.setenv(EVENTS, str(small.events))
    give(None)
    page = AppTest.from_file(str(MAIN), default_timeout=90).run()

    assert not [*figures(page), *page.dataframe]
    assert "was not started by keywatch" in words(page)
