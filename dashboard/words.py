"""Numbers and moments as people read them."""

import ipaddress
from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from model.key import KeyStatus
from model.plain import plain
from store.queries.spans import DAY, HOUR, floor

NOTHING: Final = "—"
"""Where the inventory or the log says nothing."""

_STEPS: Final = (
    (timedelta(days=730), timedelta(days=365), "y"),
    (timedelta(days=2), timedelta(days=1), "d"),
    (timedelta(hours=1), timedelta(hours=1), "h"),
    (timedelta(minutes=1), timedelta(minutes=1), "min"),
)
_SHORT: Final = 13
"""Characters of a fingerprint that tell it apart for the eye: `fp:1:` and eight digits."""
_NETWORK_BITS: Final = {4: 24, 6: 48}


def moment(value: object) -> datetime | None:
    """A datetime of a frame's cell, or None for NaT and None."""
    return value if isinstance(value, datetime) and not pd.isna(value) else None


def ago(value: object, now: datetime, missing: str = "never") -> str:
    """`3 h ago`, `in 5 d`, `just now`; one unit, rounded down."""
    at = moment(value)
    if at is None:
        return missing
    away = abs(now - at)
    for least, unit, word in _STEPS:
        if away >= least:
            text = f"{away // unit} {word}"
            return f"{text} ago" if at <= now else f"in {text}"
    return "just now"


def ago_by_hour(value: object, now: datetime, missing: str = "never") -> str:
    """`< 4 h ago` of the beginning of an hour that is all that is known of the last two days; any other as `ago`."""
    at = moment(value)
    if at is None or at != floor(at, HOUR) or not timedelta(0) <= now - at < 2 * DAY:
        return ago(value, now, missing)
    return f"< {(now - at) // HOUR + 1} h ago"


def days_since(value: object, now: datetime) -> int | None:
    """Whole days since a moment; None when there is none."""
    at = moment(value)
    return None if at is None else max(0, (now - at).days)


def count(value: float) -> str:
    """`363,487`."""
    return f"{int(value):,}"


def share(part: float, whole: float, missing: str = NOTHING) -> str:
    """`99.4 %`; between 99.9 and 100 it never rounds up to all, nor down to nothing."""
    if not whole:
        return missing
    percent = 100 * part / whole
    if 0 < percent < 0.1:  # noqa: PLR2004 (the last digit that is shown)
        return "< 0.1 %"
    if 99.9 < percent < 100:  # noqa: PLR2004 (likewise)
        return "> 99.9 %"
    return f"{percent:.1f} %"


def change(now: float, before: float) -> str | None:
    """`+12 %` against the period before, `new` where there was nothing, None where there is nothing to say."""
    if not before:
        return "new" if now else None
    percent = 100 * (now - before) / before
    if abs(percent) >= 1000:  # noqa: PLR2004 (four digits say less than a factor)
        return f"{now / before:,.0f}-fold"
    return f"{percent:+.0f} %" if round(percent) else "±0 %"


def text(value: object, missing: str = NOTHING) -> str:
    """A value of a log or an inventory, safe to show as text."""
    return missing if value is None or value is pd.NA or value == "" else plain(str(value))


def stated(value: object) -> str:
    """A text of a frame's cell, safe to show; empty where there is none."""
    return plain(value) if isinstance(value, str) else ""


def network(address: str) -> str:
    """The /24 or /48 of an address, as ingest counts them; of anything else nothing."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return NOTHING
    return str(ipaddress.ip_network(f"{parsed}/{_NETWORK_BITS[parsed.version]}", strict=False))


def status(stored: object, expires_at: object, now: datetime) -> str:
    """The status as of `now`: an active key whose expiry has passed is expired, whatever the inventory still says."""
    end = moment(expires_at)
    word = str(stored or KeyStatus.UNKNOWN)
    lapsed = end is not None and end <= now and word in {KeyStatus.ACTIVE, KeyStatus.UNKNOWN}
    return str(KeyStatus.EXPIRED) if lapsed else word


def statuses(stored: pd.Series, expires_at: pd.Series, now: datetime) -> pd.Series:
    """As `status`, of many keys at once."""
    word = stored.astype(object).where(stored.notna(), str(KeyStatus.UNKNOWN))
    lapsed = word.isin([str(KeyStatus.ACTIVE), str(KeyStatus.UNKNOWN)]) & (expires_at <= pd.Timestamp(now))
    return word.mask(lapsed, str(KeyStatus.EXPIRED))


def key_name(name: object, hint: object, identity: str) -> str:
    """What to call a key: its name, else its hint, else the end of what identifies it."""
    if name:
        return text(name)
    tail = f"{identity[:_SHORT]}…" if identity.startswith("fp:") else identity
    return f"{text(hint)} ({text(tail)})" if hint else text(tail)
