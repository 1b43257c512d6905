"""What people wrote about an incident, and a place to write what was found out."""

from datetime import datetime

import streamlit as st

from alerts import acts
from dashboard import words, zones
from dashboard.doing import act, fresh
from dashboard.login import access
from dashboard.reads.told import Past
from model.incident import Incident


def show(incident: Incident, past: Past, now: datetime) -> None:
    """The comments, the oldest first, and the form; a comment is shown as the text that it is."""
    st.header("Comments", anchor=False)
    for comment in past.comments:
        with st.container(border=True, gap=None):
            st.text(words.text(comment.author), help=zones.chosen().told(comment.at))
            st.caption(words.ago(comment.at, now))
            st.text("\n".join(words.text(line, "") for line in comment.text.splitlines()))
    if not access.offers("Commenting"):
        return
    text = st.text_area("Comment", key=fresh("comment"), placeholder="What you found out", height=80,
                        label_visibility="collapsed")  # fmt: skip
    if st.button("Comment", key=fresh("comment_go"), icon=":material/add_comment:"):
        act(lambda tx, by, at: acts.comment(tx, str(incident.id), str(text), by=by, at=at), "Noted.")
