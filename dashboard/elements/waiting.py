"""That something is being read: said in one way on every page, to whoever waits for it."""

from contextlib import AbstractContextManager

import streamlit as st


def reading(what: str) -> AbstractContextManager[None]:
    """Say that `what` is being read, from half a second on; what is known already comes without a flicker.

    It belongs around what a page asks first, and not into what looks again by itself: nobody waits for that.
    """
    return st.spinner(f"Reading {what} …")
