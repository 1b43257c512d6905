"""Admin: who may look and who did, the audit log, and the config in force."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

import pandas as pd
import streamlit as st

from dashboard import words, zones
from dashboard.doing import finish, fresh, refuse
from dashboard.elements import tables
from dashboard.login import access
from dashboard.login.roles import Role
from dashboard.login.sign_in import ROLES
from dashboard.palette import status_word
from dashboard.panels import audit_log
from dashboard.services import Services
from model.clock import SystemClock
from model.errors import KeywatchError

_USERS: Final = "Users"
_LOG: Final = "Audit log"
_CONFIG: Final = "Config"
_UNSET: Final = ("null", "[]", "{}")


def show() -> None:
    """Draw the page; for administrators alone."""
    services = access.services(Role.ADMIN)
    chosen = st.segmented_control(
        "What", [_USERS, _LOG, _CONFIG], default=_USERS, required=True, key="part", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    if chosen == _LOG:
        audit_log.show(services)
    elif chosen == _CONFIG:
        _config(services)
    else:
        _users(services)


def _users(services: Services) -> None:
    policy = services.policy
    if policy is None:
        st.header("Nobody logs in", anchor=False)
        st.write(
            "The dashboard serves this machine alone, and whoever reaches it there is an administrator. To let others"
            " in, set `[dashboard.login]` in `keywatch.toml`; docs/dashboard.md has a whole example."
        )
    else:
        st.header("Who gets which role", anchor=False)
        rows = [
            {"role": str(grant.role), "may": ROLES[grant.role], "whom": words.text(whom), "by": by}
            for grant in reversed(policy.grants)
            for by, those in (
                ("Verified mail address or identifier", grant.users),
                (f"Claim {policy.claim}", grant.groups),
            )
            for whom in sorted(those)
        ]
        columns: dict[str, Any] = {
            "role": tables.text("Role", 90),
            "whom": tables.text("Given to", 280),
            "by": tables.text("By", 240),
            "may": tables.text("Which", "large"),
        }
        tables.show(pd.DataFrame(rows), columns, alternative="Roles, and whom keywatch.toml gives them to.")
        hours = policy.session.total_seconds() / 3600
        st.caption(f"From keywatch.toml, read when the dashboard began. A login lasts {hours:g} hours.")
    _seen(services)


def _seen(services: Services) -> None:
    now = SystemClock().now()
    frame = services.register.users()
    st.header("Who was here", anchor=False)
    if frame.empty:
        st.caption("Nobody logged in yet.")
        return
    shown = frame.assign(
        id=frame["name"],
        name=frame["name"].map(words.text),
        state=frame["refused"].map(lambda why: [status_word("refused" if why else "let-in")]),
        why=frame["refused"].map(lambda why: words.text(why, "")),
        seen=frame["last_seen_at"].map(lambda at: words.ago(at, now)),
        login=frame["logged_in_at"].map(zones.chosen().told),
        first=frame["first_seen_at"].map(zones.chosen().told),
        ended=frame["ended_at"].map(lambda at: zones.chosen().told(at, "")),
    )
    columns: dict[str, Any] = {
        "name": tables.text("Who", 240),
        "state": tables.status("Let in", 110),
        "role": tables.text("Role", 80),
        "logins": tables.number("Logins", 70),
        "seen": tables.text("Last here", 100),
        "login": tables.text("Last login", 160),
        "first": tables.text("First here", 160),
        "ended": tables.text("Logins over up to", 160),
        "why": tables.text("Why not", "large"),
    }
    place = tables.choose(shown, columns, key="users", alternative="Everybody who logged in, the last seen first.")
    if place is None:
        st.caption("Click somebody to end their logins.")
        return
    name = str(frame["name"].iloc[place])
    with st.container(border=True), st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.text(f"End all logins of {words.text(name)}? They can log in again while keywatch.toml lets them.")
        if st.button("End logins", key=fresh("end"), icon=":material/logout:"):
            try:
                access.end(name)
            except KeywatchError as error:
                refuse(error)
                return
            finish("Their logins are over.")


def _config(services: Services) -> None:
    st.header("The config in force", anchor=False)
    st.caption("As `keywatch config show` prints it: the file, and the variables above it. Secrets are masked.")
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        sought = st.text_input(
            "Search", key="q", bind="query-params", placeholder="Setting or value", icon=":material/search:",
            label_visibility="collapsed", width=320,
        )  # fmt: skip
        every = st.toggle("Also what is empty", key="every", bind="query-params")
    frame = pd.DataFrame(list(flat(services.config())), columns=["setting", "value"])
    if not every:
        frame = frame[~frame["value"].isin(_UNSET)]
    if sought:
        text = (frame["setting"] + " " + frame["value"]).str.lower()
        frame = frame[text.str.contains(sought.strip().lower(), regex=False)]
    columns: dict[str, Any] = {"setting": tables.text("Setting", 380), "value": tables.text("Value", "large")}
    tables.show(frame, columns, alternative="Settings in force with their values.", rows=22)


def flat(config: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Settings by their dotted path, with values as text."""
    for name, value in config.items():
        match value:
            case dict() if value:
                yield from flat(value, f"{prefix}{name}.")
            case [dict(), *_]:
                for place, inner in enumerate(cast("list[dict[str, object]]", value)):
                    yield from flat(inner, f"{prefix}{name}[{place}].")
            case str():
                yield words.text(f"{prefix}{name}"), words.text(value)
            case _:
                yield words.text(f"{prefix}{name}"), words.text(json.dumps(value, ensure_ascii=False, default=str))
