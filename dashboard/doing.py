"""What people do on the pages: each act is one transaction of `alerts.acts`, in the audit log with who did it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import streamlit as st

from dashboard import data
from model.actor import actor
from model.clock import SystemClock
from model.errors import KeywatchError
from model.plain import plain
from store.handle import Transaction

Act = Callable[[Transaction, str, datetime], object]
"""Takes the transaction, who acts, and when."""

_DONE: Final = "done"
_COUNT: Final = "acts"


def act(what: Act, done: str | Callable[[Any], str]) -> None:
    """Do it and draw the page anew with `done` told; or say why not, here. A function makes it of what came of it."""
    try:
        with data.store().transaction() as tx:
            came = what(tx, who(), SystemClock().now())
    except KeywatchError as error:
        st.badge("Not done", icon=":material/error:", color="red")
        st.text(plain(error.what) + (f" {plain(error.hint)}" if error.hint else ""))
        return
    st.session_state[_DONE] = done if isinstance(done, str) else done(came)
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
    """Who acts: the user of this machine, since only it is served."""
    return actor()
