"""Who logged in, and whose logins are over."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store.handle import Store
from store.state import users

AT = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(f"sqlite:///{tmp_path}/state.db", tmp_path / "events")


def saw(store: Store, at: datetime, *, refused: str = "", now: datetime | None = None) -> bool:
    with store.transaction() as tx:
        role = "" if refused else "admin"
        return users.saw(tx, "ann", role=role, refused=refused, logged_in_at=at, now=now or at)


def test_a_login_is_new_once(store: Store) -> None:
    assert [True, False, True, False] == [saw(store, at) for at in (AT, AT, AT + MINUTE, AT)]
    with store.reading() as tx:
        (row,) = users.user_frame(tx).to_dict("records")

    assert (2, AT + MINUTE) == (row["logins"], row["logged_in_at"])
    store.close()


def test_a_refusal_is_told_once_and_again_when_the_reason_is_another(store: Store) -> None:
    reasons = ("no role", "no role", "", "no role")

    assert [True, False, True, True] == [saw(store, AT, refused=reason) for reason in reasons]
    store.close()


def test_the_end_of_logins_never_moves_back(store: Store) -> None:
    saw(store, AT)
    with store.transaction() as tx:
        assert users.end(tx, "ann", AT + MINUTE)
        assert users.end(tx, "ann", AT)
        assert not users.end(tx, "nobody", AT)
        assert AT + MINUTE == users.ended(tx, "ann")
        assert users.ended(tx, "nobody") is None
    store.close()
