from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import words

NOW = datetime(2026, 11, 23, 5, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("away", "said"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(days=2), "2 d ago"),
        (timedelta(days=729), "729 d ago"),
        (timedelta(days=731), "2 y ago"),
        (timedelta(days=-5), "in 5 d"),
    ],
)
def test_how_long_ago_is_told_in_one_unit(away: timedelta, said: str) -> None:
    assert said == words.ago(NOW - away, NOW)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("05:00", "< 1 h ago"),
        ("03:00", "< 3 h ago"),
        ("05:20", "4 min ago"),
        ("2026-11-21 05:00", "2 d ago"),
    ],
)
def test_how_long_ago_an_hour_was_is_never_said_by_the_minute(at: str, said: str) -> None:
    moment = datetime.fromisoformat(at if " " in at else f"{NOW:%Y-%m-%d} {at}").replace(tzinfo=UTC)

    assert said == words.ago_by_hour(moment, NOW)


def test_a_moment_that_is_not_known_is_no_moment() -> None:
    assert ("never", None) == (words.ago(pd.NaT, NOW), words.days_since(pd.NaT, NOW))


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [(112, 100, "+12 %"), (100, 100, "±0 %"), (0, 100, "-100 %"), (5, 0, "new"), (0, 0, None), (1200, 100, "12-fold")],
)
def test_a_change_is_told_against_the_window_before(now: int, before: int, said: str | None) -> None:
    assert said == words.change(now, before)


@given(whole=st.integers(1, 10**9), missing=st.integers(0, 10**9))
def test_a_share_is_never_rounded_to_all_or_to_nothing(whole: int, missing: int) -> None:
    part = max(0, whole - missing)

    assert (words.share(part, whole) == "100.0 %") == (part == whole)
    assert (words.share(part, whole) == "0.0 %") == (part == 0)


@pytest.mark.parametrize(
    ("address", "network"),
    [("198.51.100.7", "198.51.100.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"), ("unix:", "—")],
)
def test_an_address_belongs_to_a_network(address: str, network: str) -> None:
    assert network == words.network(address)


@pytest.mark.parametrize(
    ("stored", "expires", "status"),
    [
        ("active", NOW, "expired"),
        ("active", NOW + timedelta(seconds=1), "active"),
        ("revoked", NOW - timedelta(days=9), "revoked"),
        (None, pd.NaT, "unknown"),
    ],
)
def test_an_active_key_past_its_expiry_is_expired(stored: str | None, expires: datetime, status: str) -> None:
    assert status == words.status(stored, expires, NOW)


def test_a_key_without_a_name_is_called_by_its_hint_and_the_end_of_its_reference() -> None:
    assert "ac_live_…beef (fp:1:01234567…)" == words.key_name(None, "ac_live_…beef", "fp:1:0123456789abcdef0123")


def test_a_name_cannot_break_out_of_its_line() -> None:
    assert r"a\x0ab\u202ec" == words.key_name("a\nb\u202ec", None, "key_1")
