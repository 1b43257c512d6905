"""The portraits of all keys: made once for all sessions, since every click on some pages needs them."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

import streamlit as st

from dashboard.known.portrait import Portrait, portraits
from dashboard.reads import opened
from dashboard.reads.opened import Place


def known(now: datetime) -> Mapping[str, Portrait]:
    """Every key by identity, as `dashboard.known.portrait.portraits`; twice `opened.AGE` old at most."""
    return _known(opened.place(), now)


@st.cache_resource(show_spinner=False, ttl=opened.AGE, refresh_mode="background", max_entries=4)
def _known(where: Place, _now: datetime) -> Mapping[str, Portrait]:
    held = opened.inventory_of(where)
    return MappingProxyType(portraits(held.keys, held.activity, _now))
