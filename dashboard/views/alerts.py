"""Alerts: how the targets fare, what was told and what was kept back, and what is silenced or muted."""

import streamlit as st

from dashboard import live
from dashboard.elements import waiting
from dashboard.incident import silences
from dashboard.login import access
from dashboard.login.roles import Role
from dashboard.panels import messages, mutes, targets
from dashboard.reads import told
from dashboard.sight import Sight


def show(sight: Sight) -> None:
    """Draw the page; how the targets fare looks again by itself."""
    now, configured = sight.period.now, access.services(Role.VIEWER).targets
    with waiting.reading("the messages"):
        names = list(dict.fromkeys([*configured, *told.targets(now).counts]))
    live.refreshing(_targets, sight)
    if names:
        messages.show(names, now)
    st.header("Silences", anchor=False)
    silences.listing(told.all_silences(), now)
    if access.offers("Adding or ending a silence"):
        with st.expander("Add a silence", icon=":material/notifications_off:"):
            silences.anything()
    mutes.show(told.standing(now), now)


def _targets(sight: Sight) -> None:
    now, configured = sight.period.now, access.services(Role.VIEWER).targets
    known = told.targets(now)
    if configured or known.counts:
        targets.show(known, configured, now)
        return
    with st.container(border=True):
        st.header("Nothing was told yet", anchor=False)
        st.write("Alerts go where routes of `keywatch.toml` send them. Name a target and try it:")
        st.code("keywatch alerts test\nkeywatch alerts route\nkeywatch run", language=None)
