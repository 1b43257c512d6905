"""What people do on the pages: each act is one transaction of `alerts.acts`, in the audit log with who did it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NoReturn

import streamlit as st

from dashboard.login import access
from dashboard.login.roles import Role
from dashboard.reads import opened
from model.clock import SystemClock
from model.errors import KeywatchError
from model.plain import plain
from store.handle import Transaction

Act = Callable[[Transaction, str, datetime], object]
"""Takes the transaction, who acts, and when."""

_DONE: Final = "done"
_COUNT: Final = "acts"


def act(what: Act, done: str | Callable[[Any], str], *, role: Role = Role.ANALYST) -> None:
    """Do it, if somebody of that role asks, and draw the page anew with `done` told; or say why not, here.

    A function makes of what came of it what is told.
    """
    try:
        by = access.need(role).name
        with opened.store(role).transaction() as tx:
            came = what(tx, by, SystemClock().now())
    except KeywatchError as error:
        refuse(error)
        return
    finish(done if isinstance(done, str) else done(came))


def refuse(error: KeywatchError) -> None:
    """Say that it was not done, and why."""
    st.badge("Not done", icon=":material/error:", color="red")
    *lines, last = error.what.splitlines()
    for line in (*lines, f"{last} {error.hint}" if error.hint else last):
        st.text(plain(line))


def finish(done: str) -> NoReturn:
    """Draw the page anew, with `done` told and its controls empty."""
    st.session_state[_DONE] = done
    forget()
    st.rerun()


def tell() -> None:
    """Say what was done just before."""
    if done := st.session_state.pop(_DONE, None):
        st.toast(done, icon=":material/check:")


def fresh(key: str) -> str:
    """A key of a control that is empty and closed again once something was done."""
    return f"{key}_{st.session_state.get(_COUNT, 0)}"


def forget() -> None:
    """Empty and close what has a fresh key, though nothing was done."""
    st.session_state[_COUNT] = st.session_state.get(_COUNT, 0) + 1


def who() -> str:
    """Who acts, as the audit log has it: whoever is logged in, or the user of this machine where nobody logs in."""
    return access.person().name
