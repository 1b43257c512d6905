"""Reports: those that were made, and the review of one: decide key by key, close, verify, take the files."""

from datetime import datetime
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import words, zones
from dashboard.doing import finish, fresh, refuse
from dashboard.elements import tables
from dashboard.elements.facts import facts, status_badge
from dashboard.login import access
from dashboard.login.roles import Role
from dashboard.navigation import REPORT
from dashboard.palette import status_word
from dashboard.panels import worksheet
from dashboard.services import Services
from model.clock import SystemClock
from model.errors import KeywatchError

_PERIODS: Final = ("last-7d", "last-30d", "last-90d")


def show() -> None:
    """Draw the page."""
    now = SystemClock().now()
    services = access.services(Role.VIEWER)
    every = services.reviews.listed()
    if access.may(Role.ANALYST):
        with st.expander("Make a report", icon=":material/note_add:", expanded=every.empty):
            _make(now)
    if every.empty:
        st.header("No report yet", anchor=False)
        st.write("A report freezes a period: which keys there are, who owns them, how they were used, what was found.")
        st.code("keywatch report open --period 2026-Q4", language=None)
        return
    chosen = _table(every, now)
    if chosen is not None:
        st.query_params[REPORT] = chosen
    identity = chosen or st.query_params.get(REPORT)
    if identity is None:
        st.caption("Click a report to verify it, to take its files, or to decide in its review.")
        return
    found = every[every["id"] == identity]
    if found.empty:
        st.text(f"There is no report {words.text(identity)}.")
        return
    _detail({str(name): value for name, value in found.iloc[0].items()}, services, now)


def _make(now: datetime) -> None:
    quarter = (now.month - 1) // 3
    before = f"{now.year}-Q{quarter}" if quarter else f"{now.year - 1}-Q4"
    month = f"{now.year}-{now.month - 1:02}" if now.month > 1 else f"{now.year - 1}-12"
    choices = [before, f"{now.year}-Q{quarter + 1}", month, f"{now.year}-{now.month:02}", *_PERIODS]
    columns = st.columns([2, 3, 2], gap="small", vertical_alignment="bottom")
    with columns[0]:
        period = st.selectbox(
            "Period", choices, key=fresh("period"), accept_new_options=True,
            help="Also 2026, or 2026-10-01..2026-10-08.",
        )  # fmt: skip
    with columns[1]:
        review = st.radio(
            "What for",
            [True, False],
            format_func=lambda each: "Open it for review" if each else "Only render it",
            horizontal=True,
            key=fresh("review"),
            help="A review freezes the roster, and each key is decided: keep, rotate, revoke or reassign.",
        )
    with columns[2]:
        go = st.button("Make it", key=fresh("make"), type="primary", icon=":material/note_add:")
    if go:
        try:
            by, reviews = access.need(Role.ANALYST).name, access.services(Role.ANALYST).reviews
            with st.spinner("Reading the period and writing the files"):
                made = reviews.make(str(period), review=bool(review), by=by, now=now)
        except KeywatchError as error:
            refuse(error)
            return
        st.query_params[REPORT] = made
        finish("The review is open." if review else "The report is written.")


def _table(every: pd.DataFrame, now: datetime) -> str | None:
    zone = zones.chosen()
    frame = every.assign(
        stage=every["stage"].map(lambda stage: [status_word(f"report-{stage}")]),
        period=every["period"].map(words.text),
        since=every["since"].map(zone.minute),
        until=every["until"].map(zone.minute),
        made=every["made_at"].map(lambda at: words.ago(at, now)),
        closed=every["closed_at"].map(lambda at: zone.told(at, "")),
        keys=every["decisions"],
    )
    columns: dict[str, Any] = {
        "period": tables.text("Period", 150),
        "stage": tables.status("Stage", 150),
        "since": tables.text(zone.headed("From"), 130),
        "until": tables.text(zone.headed("To"), 130),
        "made": tables.text("Made", 95),
        "closed": tables.text("Closed", 150),
        "keys": tables.number("Keys to decide", 105),
    }
    place = tables.choose(
        frame, columns, key="reports", rows=8, alternative="Reports, the newest first: period, stage, dates."
    )
    return None if place is None else str(frame["id"].iloc[place])


def _detail(report: dict[str, Any], services: Services, now: datetime) -> None:
    identity, stage, zone = str(report["id"]), str(report["stage"]), zones.chosen()
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", key="heading_report"):
            st.text(f"Report {words.text(report['period'])}")
            status_badge(f"report-{stage}")
        facts(
            [
                ("From", zone.told(report["since"]), None),
                ("To", zone.told(report["until"]), None),
                ("Made", words.ago(report["made_at"], now), zone.told(report["made_at"])),
                ("Closed", words.ago(report["closed_at"], now, missing="not yet" if stage == "open" else "—"),
                 zone.told(report["closed_at"]) if words.moment(report["closed_at"]) else None),
                ("Files", str(len(report["files"])), words.text(report["folder"])),
                ("Id", identity[:8], identity),
            ]
        )  # fmt: skip
        with st.container(horizontal=True, gap="small", key="report_bar"):
            verifies = st.button("Verify", icon=":material/verified:", key="verify", help="Is it what was signed?")
            _download(report, services)
            if stage == "open" and access.may(Role.ADMIN):
                with st.popover("Close the review", icon=":material/lock:", key=fresh("close")):
                    _close(identity, now)
        if verifies:
            _verify(identity)
    if stage == "open":
        worksheet.show(identity, services, now)
    elif stage == "closed":
        _decisions(identity, services)


def _download(report: dict[str, Any], services: Services) -> None:
    identity, who = str(report["id"]), access.need(Role.VIEWER)
    people = who.role is Role.ADMIN
    st.download_button(
        "Download the files",
        # Made when it is asked for, in a thread that knows of no session: who may is settled here.
        data=lambda: services.reviews.packed(identity, people=people, by=who.name, now=SystemClock().now()),
        file_name=f"keywatch-{report['period'].replace('/', '-')}.zip",
        mime="application/zip",
        icon=":material/download:",
        key="download",
        # A run of the page would end while the files are made, and drop what was asked for.
        on_click="ignore",
        help="A zip of all files. Whom pseudonyms stand for is in it for administrators alone.",
    )


def _close(identity: str, now: datetime) -> None:
    st.write("Every key needs a decision. Closing seals them with the report; nothing is changed afterwards.")
    if st.button("Check and seal", key=fresh("close_go"), type="primary", icon=":material/lock:"):
        try:
            by, reviews = access.need(Role.ADMIN).name, access.services(Role.ADMIN).reviews
            done = reviews.close(identity, by=by, now=now)
        except KeywatchError as error:
            refuse(error)
            return
        finish(done)


def _verify(identity: str) -> None:
    try:
        found = access.services(Role.VIEWER).reviews.verify(identity)
    except KeywatchError as error:
        refuse(error)
        return
    if found.faults:
        st.badge("Not what was sealed", icon=":material/error:", color="red")
        for fault in found.faults:
            st.text(words.text(fault))
    else:
        st.badge("Whole", icon=":material/verified:", color="green")
        st.text(found.told)


def _decisions(identity: str, services: Services) -> None:
    try:
        frame = services.reviews.decisions(identity)
    except KeywatchError as error:
        refuse(error)
        return
    st.header("What was decided", anchor=False)
    columns: dict[str, Any] = {
        "name": tables.text("Key", 170),
        "owner": tables.text("Owner", 180),
        "decision": tables.text("Decision", 90),
        "rationale": tables.text("Rationale", 380),
        "reviewer": tables.text("Reviewer", 170),
        "reviewed_on": tables.text("Reviewed on", 100),
        "new_owner": tables.text("New owner", 150),
        "due": tables.text("Due", 100),
    }
    shown = frame.map(lambda value: words.text(value, "")).assign(
        name=[words.text(name or key) for name, key in zip(frame["name"], frame["key_id"], strict=True)]
    )
    tables.show(shown, columns, alternative="Keys with the decision, why, who decided, and by when it is to be done.")
