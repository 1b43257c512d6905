"""Key: one key's facts, how it is used and what is new about it, what was found, and its life."""

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from dashboard import live, words, zones
from dashboard.controls.filters import KEYS
from dashboard.elements import raw_rows, tiles
from dashboard.elements.facts import facts, status_badge
from dashboard.keys import comparing, findings, key_picker, lifecycle, news, usage
from dashboard.known.key_search import label_of
from dashboard.known.portrait import UNKNOWN, Portrait, unknown
from dashboard.login import access
from dashboard.login.roles import Role
from dashboard.navigation import KEY, link_explore, link_review, open_explore
from dashboard.reads import counted, data, one_key, portraits
from dashboard.sight import Sight

_REVIEWS: Final = 3
"""Open reviews that are pointed at; the newest."""


def show(sight: Sight) -> None:
    """Draw the page of the key that the URL names, or let one be picked."""
    wanted = st.query_params.get(KEY)
    known = portraits.known(sight.period.now)
    if wanted == UNKNOWN:
        known = {**known, UNKNOWN: unknown(counted.usage(sight.version, sight.period.window))}
    if wanted is None or wanted not in known:
        key_picker.control(None, sight.period.now)
        if wanted is not None:
            st.text(f"Neither the inventory nor the logs know a key {words.text(wanted)}.")
        else:
            st.caption("Find a key above, or click one on the overview or on the page of keys.")
        return
    portrait = known[wanted]
    left, right = st.columns(2, gap="small")
    with left:
        key_picker.control(wanted, sight.period.now)
    with right:
        others = comparing.control(known, portrait)
    # The figures before the facts: a reader waits for them, and the browser draws in the order of what it is sent.
    _heading(portrait)
    with one_key.first(sight.period, portrait.refs):
        live.refreshing(lambda seen: _tiles(portrait.refs, seen), sight)
    with one_key.at_once(sight.period, portrait.refs):
        _asked(portrait, others, known, sight)


def _asked(portrait: Portrait, others: Sequence[Portrait], known: Mapping[str, Portrait], sight: Sight) -> None:
    """All that has to be read of the key, below its figures."""
    refs = portrait.refs
    with st.container(border=True):
        facts(portrait.facts(sight.period.now))
    if portrait.row.get("key_id"):
        _reviews(portrait)
    if others:
        comparing.show(portrait, others, sight)
    top = one_key.top(sight.version, sight.period, refs)
    requests = int(top["totals"]["requests"].iloc[0])
    if not requests:
        st.info(f"Not used in the last {sight.period.name}. Choose a longer window above.", icon=":material/bedtime:")
    else:
        _use(portrait, top, sight)
    findings.findings(data.findings_of(portrait.identity), sight.period.now)
    if portrait.identity != UNKNOWN and portrait.row.get("key_id"):
        lifecycle.show(one_key.life(sight.version, portrait.identity, sight.period.now), known)
    _latest(portrait, sight, requests)


def _heading(portrait: Portrait) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="heading_key"):
        st.text(portrait.name)
        status_badge(portrait.status)


def _reviews(portrait: Portrait) -> None:
    """The way to a decision about the key, where a review is open."""
    listed = access.services(Role.VIEWER).reviews.listed()
    for row in listed[listed["stage"] == "open"].head(_REVIEWS).to_dict("records"):
        link_review(str(row["id"]), portrait.identity, f"Decide in the review of {words.text(row['period'])}")


def _tiles(refs: Sequence[str], sight: Sight) -> None:
    """The figures; of `refs` alone, since what looks again by itself keeps what it was handed."""
    period = sight.period
    frames = one_key.top(sight.version, period, refs)
    now, before = data.totals(frames, compares=period.compares)
    columns = st.columns(7, gap="small")
    with columns[0]:
        tiles.row("requests", "Requests", now, before, help_="All requests of the window.")
    with columns[1]:
        tiles.success_tile(now, before)
    refused = (("unauthorized", "401"), ("forbidden", "403"), ("throttled", "429"))
    for column, (name, label) in zip(columns[2:5], refused, strict=True):
        with column:
            tiles.row(name, label, now, before, help_=f"Requests answered with {label}.", bad=True)
    with columns[5]:
        tiles.row("errors", "Other errors", now, before, help_="Other 4xx, and 5xx.", bad=True)
    # Drawn by itself: addresses are counted from single events, which takes as long as all the counts.
    here, earlier = one_key.addresses(sight.version, period, refs)
    with columns[6]:
        tiles.row(
            "addresses",
            "Addresses",
            {"addresses": here},
            {"addresses": earlier} if period.compares else None,
            help_="Distinct addresses it was used from.",
        )


def _use(portrait: Portrait, top: one_key.Frames, sight: Sight) -> None:
    """Each part is read when those before it are drawn, so that a reader waits for none of them."""
    period, refs, version = sight.period, portrait.refs, sight.version
    usage.over_time(top["traffic"], one_key.week(version, period.window, refs, zones.chosen().name), period)
    usage.sizes(one_key.durations(version, period.window, period.bucket, refs), top["bytes"], period)
    parts = one_key.used_with(version, period.window, refs)
    filters = None if portrait.identity == UNKNOWN else {KEYS: label_of(portrait)}
    usage.breakdowns({**parts, "status": top["status"]}, filters)
    news.show(parts["news"], portrait.row.get("first_seen"), filters, sight)


def _latest(portrait: Portrait, sight: Sight, about: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.header("Latest requests", anchor=False)
        if portrait.identity != UNKNOWN:
            link_explore("Explore these requests", {KEYS: label_of(portrait)})
    if portrait.identity == UNKNOWN:
        st.caption("Credentials that nobody knows and that never succeeded are counted by network, not listed.")
        return
    latest = one_key.latest(sight.version, sight.period.window, portrait.refs, about)
    like = raw_rows.choose(latest, {}, alternative="The latest requests of this key, newest first.", rows=12)
    if like is not None:
        open_explore({KEYS: label_of(portrait), like[0]: like[1]})
    if len(latest) == one_key.LATEST:
        st.caption(f"The {one_key.LATEST} newest of this window.")
