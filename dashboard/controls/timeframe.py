"""The time control of every page: presets, a window of one's own, the zone; all of it in the URL.

`window` is a preset or `custom`, `from` and `to` are the moments of a custom one, `zone` is an IANA name.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import streamlit as st

from dashboard import zones
from dashboard.controls.period import PRESETS, Period, own, period, read, snapped, written
from dashboard.zones import Zone
from model.errors import UsageError
from model.plain import plain
from model.window import Window

DEFAULT: Final = "7d"
CUSTOM: Final = "custom"
WINDOW: Final = "window"
FROM: Final = "from"
TO: Final = "to"
BRUSH: Final = "brush"
"""The selection of a chart that sets the window."""
_SHOWN: Final = "shown_window"
_SET: Final = "window_was_set"
_HERE: Final = "window_of_page"
_CARRIED: Final = "window_is_carried"


def control(span: Window, now: datetime) -> Period:
    """Draw the control over a store whose events span `span`; returns what it says.

    A custom window that cannot be read is told of, and the default shown instead.
    """
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="right", gap="small"):
        st.segmented_control(
            "Time window",
            [*PRESETS, CUSTOM],
            # A default beside a value that was just set would be complained of.
            default=None if st.session_state.pop(_SET, False) else DEFAULT,
            required=True,
            key=WINDOW,
            bind="query-params",
            label_visibility="collapsed",
            on_change=_begin_with_what_is_shown,
        )
        zone = zones.control()
    chosen = _chosen(span, now, zone)
    st.session_state[_SHOWN] = chosen.window
    return chosen


def again(chosen: Period, span: Window, now: datetime) -> Period:
    """The same period as of now."""
    return period(chosen.name, span, now) if chosen.moves else own(chosen.window, span, now)


def choose(window: Window) -> None:
    """Set the window from now on; only before the control is drawn, as in a callback."""
    st.session_state[_SET] = True
    for name, value in named(window).items():
        st.session_state[name] = value


def named(window: Window) -> dict[str, str]:
    """What the URL says for a window of one's own."""
    zone = zones.chosen()
    return {WINDOW: CUSTOM, FROM: written(window.since, zone), TO: written(window.until, zone)}


def carry(window: Window | None = None) -> None:
    """Keep the window over the next change of page, whose URL does not name it yet; or show another one there."""
    st.session_state[_CARRIED] = window or True


def arrive(path: str) -> None:
    """Take window and zone from the URL when the page is another one than before; only before the control is drawn.

    The control lives on from page to page, and would go on with what it had, whatever a link or the way back says. A
    link that is clicked has what the controls say before its own parameters: the last counts. Where both say the same
    it stays there twice; writing it once would be one more step of the way back.
    """
    carried = st.session_state.pop(_CARRIED, False)
    if isinstance(carried, Window):
        choose(carried)
    elif st.session_state.get(_HERE, path) != path and not carried:
        names = (WINDOW, FROM, TO, zones.PARAMETER)
        asked = {name: values[-1] for name in names if (values := st.query_params.get_all(name))}
        if asked.get(WINDOW, DEFAULT) not in {*PRESETS, CUSTOM} - {DEFAULT}:
            # Not set to the default: a URL without a window makes the browser show the control's own.
            asked.pop(WINDOW, None)
            st.session_state.pop(WINDOW, None)
        if asked != {name: st.session_state.get(name) for name in asked}:
            st.session_state[_SET] = WINDOW in asked
            for name, value in asked.items():
                st.session_state[name] = value
    st.session_state[_HERE] = path


def shown() -> dict[str, str]:
    """What the URL has to say for the same window and zone, as its controls do; nothing for what they have anyway."""
    name = st.session_state.get(WINDOW)
    said = {FROM: st.session_state.get(FROM), TO: st.session_state.get(TO)} if name == CUSTOM else {}
    said |= {WINDOW: None if name == DEFAULT else name}
    zone = zones.chosen().name
    said |= {zones.PARAMETER: None if zone == zones.DEFAULT else zone}
    return {name: str(value) for name, value in said.items() if value}


def brushed(chart: str, field: str, bucket: timedelta, take: Callable[[Window], None] = choose) -> None:
    """Take the span that was drawn on a chart as the window; `chart` is its key, `field` what its x axis shows.

    `take` does something else with it.
    """
    drawn = st.session_state[chart]["selection"].get(BRUSH, {}).get(field)
    if drawn:
        zone = zones.chosen()
        since, until = (zone.unwalled(float(each)) for each in (min(drawn), max(drawn)))
        take(snapped(since, until, bucket))


def _chosen(span: Window, now: datetime, zone: Zone) -> Period:
    name = st.session_state.get(WINDOW)
    # Always drawn, and hidden by style.css unless asked for: a control that appears with a value already set would not
    # write it into the URL.
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="right", gap="small",
        key="window_shown" if name == CUSTOM else "window_hidden",
    ):  # fmt: skip
        since, until = _moment("From", FROM), _moment("To", TO)
    if name in PRESETS:
        return period(str(name), span, now)
    if name == CUSTOM:
        try:
            return own(read(since, until, zone, now), span, now)
        except UsageError as problem:
            hint = plain(problem.hint or "")
            st.text(f"△ {plain(problem.what)} {hint} Shown are the last {DEFAULT}.")
    return period(DEFAULT, span, now)


def _moment(label: str, key: str) -> str:
    return st.text_input(
        label,
        key=key,
        bind="query-params",
        placeholder=f"{label}: 2026-11-23 05:24",
        label_visibility="collapsed",
        icon=":material/first_page:" if key == FROM else ":material/last_page:",
        width=235,
        help="By the clocks of the zone unless it says another: 2026-11-23 05:24, 2026-11-23T05:24Z, 2d, now.",
    )


def _begin_with_what_is_shown() -> None:
    shown = st.session_state.get(_SHOWN)
    if st.session_state.get(WINDOW) != CUSTOM:
        st.session_state[FROM] = st.session_state[TO] = ""
    elif shown is not None:
        choose(shown)
