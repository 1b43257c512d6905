from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from store.state.audit import audit_frame, first_broken, record
from store.state.schema import AuditRow

T0 = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def log(state: Session) -> Session:
    """Five rows of four people."""
    for n in range(5):
        at = (T0 + timedelta(minutes=n)).astimezone(timezone(timedelta(hours=n)))
        record(state, at=at, actor=f"user{n % 4}", action="silence", subject=f"key:k{n}", detail={"n": n, "why": "é"})
    state.expire_all()
    return state


def test_the_chain_of_an_untouched_log_holds(log: Session) -> None:
    assert first_broken(log) is None


def test_an_empty_log_holds(state: Session) -> None:
    assert first_broken(state) is None
    assert audit_frame(state).empty


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "mallory"),
        ("action", "unsilence"),
        ("subject", "key:other"),
        ("detail", {"n": 2, "why": "e"}),
        ("at", T0),
        ("hash", "0" * 64),
        ("previous", "0" * 64),
    ],
)
def test_a_changed_row_is_named(log: Session, column: str, value: object) -> None:
    row = log.scalars(select(AuditRow).where(AuditRow.seq == 3)).one()
    setattr(row, column, value)
    log.flush()
    log.expire_all()

    assert first_broken(log) == 3


def test_the_row_after_a_deleted_one_is_named(log: Session) -> None:
    log.execute(delete(AuditRow).where(AuditRow.seq == 2))

    assert first_broken(log) == 3


def test_a_row_that_is_put_in_is_named(log: Session) -> None:
    log.add(AuditRow(seq=9, at=T0, actor="m", action="a", subject="s", detail={}, previous="0" * 64, hash="0" * 64))
    log.flush()

    assert first_broken(log) == 9


def test_the_newest_rows_come_first(log: Session) -> None:
    found = audit_frame(log, limit=2)

    assert [5, 4] == list(found["seq"])
    assert ["key:k4", "key:k3"] == list(found["subject"])
