"""A long list in pages: which part of it is shown."""

from typing import Final

import streamlit as st

PAGE: Final = "page"
"""The parameter: the number of the page, from 1 on."""
_OF: Final = "page_of"


def begin(rows: int, *, of: str, size: int) -> int:
    """The place of the first row that is shown, and the choice of the page where there are several.

    `of` names what is listed: another list begins at its beginning. A page that there is not is the first.
    """
    other = st.session_state.get(_OF, of) != of
    st.session_state[_OF] = of
    pages = -(-rows // size)
    if pages <= 1:
        return 0
    if other:
        st.session_state[PAGE] = 1
    return (st.pagination(pages, key=PAGE, bind="query-params") - 1) * size
