"""The zone whose clocks the pages show: UTC, or the reader's own, kept in the URL.

What is stored and asked for is always UTC; a zone changes what is written beside a moment and nothing else. It is
asked for here rather than handed from function to function, as a language would be.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import pandas as pd
import streamlit as st

from store.queries.spans import HOUR, floor

PARAMETER: Final = "zone"
"""The name in the URL; its value is an IANA name such as Europe/Berlin."""
DEFAULT: Final = "UTC"
_PLACES: Final = (
    "Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/",
)  # fmt: skip
_NOTHING: Final = "—"
_TO_LAST_MINUTE: Final = HOUR - timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Zone:
    """One zone by its IANA name. Raises ZoneInfoNotFoundError for a name that is none, when it is first used."""

    name: str = DEFAULT

    @property
    def info(self) -> ZoneInfo:
        """The clock."""
        return ZoneInfo(self.name)

    @property
    def place(self) -> str:
        """The short name, for heads of columns: `Berlin`, `UTC`."""
        return self.name.rpartition("/")[2].replace("_", " ")

    def headed(self, label: str) -> str:
        """The head of a column of moments: `Since (Berlin)`."""
        return f"{label} ({self.place})"

    def local(self, moment: datetime) -> datetime:
        """An aware moment by the clocks of the zone."""
        return moment.astimezone(self.info)

    def told(self, value: object, missing: str = _NOTHING) -> str:
        """`2026-11-23 05:24 UTC`, `2026-11-23 06:24 CET`; `missing` for NaT and None."""
        return self._written(value, "%Y-%m-%d %H:%M %Z", missing)

    def minute(self, value: object, missing: str = _NOTHING) -> str:
        """`2026-11-23 06:24`, for columns whose head names the zone."""
        return self._written(value, "%Y-%m-%d %H:%M", missing)

    def hour(self, value: object, missing: str = _NOTHING) -> str:
        """`2026-11-23 06:00 to 06:59` of the beginning of an hour that is all that is known; any other as `minute`."""
        begun = self.minute(value, missing)
        if not isinstance(value, datetime) or pd.isna(value) or value != floor(value, HOUR):
            return begun
        return f"{begun} to {self.local(value + _TO_LAST_MINUTE):%H:%M}"

    def second(self, value: object, missing: str = _NOTHING) -> str:
        """`2026-11-23 06:24:31`, for columns whose head names the zone."""
        return self._written(value, "%Y-%m-%d %H:%M:%S", missing)

    def walls(self, moments: pd.Series) -> pd.Series:
        """What the clocks show at moments, as if it were UTC: for charts, which know UTC and the browser's zone alone.

        An hour that clocks show twice is drawn twice at one place; one that they leave out stays empty.
        """
        local: pd.Series = moments.dt.tz_convert(self.info).dt.tz_localize(None).dt.tz_localize("UTC")
        return local

    def wall(self, moment: datetime) -> datetime:
        """As `walls`, of one moment."""
        return self.local(moment).replace(tzinfo=UTC)

    def unwalled(self, milliseconds: float) -> datetime:
        """The moment, in UTC, of a place on a chart."""
        shown = datetime.fromtimestamp(milliseconds / 1000, UTC)
        return shown.replace(tzinfo=self.info).astimezone(UTC)

    def _written(self, value: object, form: str, missing: str) -> str:
        if not isinstance(value, datetime) or pd.isna(value):
            return missing
        return f"{self.local(value):{form}}"


def control() -> Zone:
    """Draw the choice of the zone; the URL holds it under `zone`."""
    own = st.context.timezone
    first = [DEFAULT, *([own] if own and own != DEFAULT and exists(own) else [])]
    st.selectbox(
        "Time zone",
        [*first, *(name for name in names() if name not in first)],
        key=PARAMETER,
        bind="query-params",
        label_visibility="collapsed",
        icon=":material/public:",
        width=215,
        help="The clocks of every axis, table and tooltip. What is stored is UTC.",
    )
    return chosen()


def chosen() -> Zone:
    """The zone of this session; UTC where nobody chose one."""
    name = st.session_state.get(PARAMETER)
    return Zone(name) if isinstance(name, str) and exists(name) else Zone()


@cache
def names() -> tuple[str, ...]:
    """The zones that are named by a place, in order."""
    return tuple(sorted(name for name in available_timezones() if name.startswith(_PLACES)))


@cache
def exists(name: str) -> bool:
    """Whether it names a zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
