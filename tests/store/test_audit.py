import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from store.handle import Store
from store.state import audit
from store.state.audit import Checkpoint, audit_frame, record
from store.state.chain import Known, check
from store.state.schema import AuditHeadRow, AuditRow

T0 = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
KEY = b"a key of the audit log"


@pytest.fixture
def log(state: Session) -> Session:
    """Five rows of four people."""
    state.info[audit.KEY] = lambda: KEY
    write(state, 0, 5)
    return state


def write(tx: Session, first: int, last: int) -> None:
    for n in range(first, last):
        at = (T0 + timedelta(minutes=n)).astimezone(timezone(timedelta(hours=n)))
        record(tx, at=at, actor=f"user{n % 4}", action="silence", subject=f"key:k{n}", detail={"n": n, "why": "é"})
    tx.expire_all()


def faults(tx: Session, *known: Known) -> list[str]:
    tx.flush()
    tx.expire_all()
    return [fault.what for fault in check(tx, known).faults]


def test_the_chain_of_an_untouched_log_holds(log: Session) -> None:
    found = check(log)

    assert ((), 5, 0, T0) == (found.faults, found.rows, found.without_key, found.first_at)
    assert audit.checkpoint(log) == found.last


def test_an_empty_log_holds(state: Session) -> None:
    assert [] == faults(state)
    assert audit.checkpoint(state) is None
    assert audit_frame(state).empty


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "mallory"),
        ("action", "unsilence"),
        ("subject", "key:other"),
        ("detail", {"n": 2, "why": "e"}),
        ("at", T0),
        ("previous", "0" * 64),
    ],
)
def test_a_changed_row_is_named(log: Session, column: str, value: object) -> None:
    setattr(log.get_one(AuditRow, 3), column, value)

    assert ["Row 3 was changed."] == faults(log)


def test_a_changed_row_is_named_although_its_hash_was_made_anew_without_the_key(log: Session) -> None:
    row = log.get_one(AuditRow, 5)
    row.actor = "mallory"
    row.hash = audit.digest(b"a guess", row.previous, audit.body(row))

    assert "Row 5 was changed." in faults(log)


def test_a_row_without_a_key_after_one_with_a_key_is_named(log: Session) -> None:
    row = log.get_one(AuditRow, 5)
    row.actor, row.mac_key = "mallory", ""
    row.hash = audit.digest(b"", row.previous, audit.body(row))

    assert any("Row 5 has no key" in one for one in faults(log))


def test_a_deleted_row_is_named(log: Session) -> None:
    log.execute(delete(AuditRow).where(AuditRow.seq == 2))

    assert ["Row 2 is missing."] == faults(log)


def test_deleted_first_rows_are_named(log: Session) -> None:
    log.execute(delete(AuditRow).where(AuditRow.seq <= 2))

    assert ["Rows 1 to 2 are missing."] == faults(log)


def test_rows_that_changed_places_are_named(log: Session) -> None:
    for old, new in ((2, 99), (3, 2), (99, 3)):
        log.execute(update(AuditRow).where(AuditRow.seq == old).values(seq=new))

    found = faults(log)

    assert "Row 2 is out of order: it was written as row 3." in found
    assert "Row 3 is out of order: it was written as row 2." in found


def test_a_log_that_was_cut_off_is_named(log: Session) -> None:
    log.execute(delete(AuditRow).where(AuditRow.seq >= 4))

    assert ["The log was cut off after row 3: it had 5."] == faults(log)


def test_a_log_that_was_cut_off_stays_so_when_more_is_written(log: Session) -> None:
    log.execute(delete(AuditRow).where(AuditRow.seq >= 4))
    write(log, 7, 8)

    assert ["Rows 4 to 5 are missing."] == faults(log)


def test_the_mark_of_the_end_cannot_be_set_back_without_the_key(log: Session) -> None:
    log.execute(delete(AuditRow).where(AuditRow.seq >= 4))
    third = log.get_one(AuditRow, 3)
    log.execute(update(AuditHeadRow).values(seq=3, hash=third.hash))

    assert ["The mark of the log's end was changed."] == faults(log)


def test_a_log_whose_mark_was_taken_away_is_named(log: Session) -> None:
    log.execute(delete(AuditRow).where(AuditRow.seq >= 4))
    log.execute(delete(AuditHeadRow))

    assert ["Nothing says where the log ends: its end was taken away with its mark."] == faults(log)


def test_a_log_that_an_old_backup_replaced_is_missed_by_its_checkpoint(log: Session) -> None:
    third = log.get_one(AuditRow, 3)
    log.execute(delete(AuditRow).where(AuditRow.seq >= 4))
    log.execute(update(AuditHeadRow).values(seq=3, hash=third.hash, mac=audit.head_mac(KEY, 3, third.hash)))
    kept = Known(checkpoint=Checkpoint(seq=5, hash="ab"), where="2026-Q4")

    assert [] == faults(log)
    assert ["Row 5 is missing: 2026-Q4 knows it."] == faults(log, kept)


def test_a_log_that_was_written_anew_is_told_by_its_checkpoint(log: Session) -> None:
    kept = Known(checkpoint=Checkpoint(seq=4, hash="ab"), where="2026-Q4")

    assert ["Row 4 is another one than 2026-Q4 knows: the log was written anew."] == faults(log, kept)


def test_a_row_that_is_put_in_is_named(log: Session) -> None:
    log.add(AuditRow(seq=9, at=T0, actor="m", action="a", subject="s", detail={}, previous="0" * 64, hash="0" * 64))

    found = faults(log)

    assert {"Rows 6 to 8 are missing.", "The log ended with row 5; the rest is not keywatch's."} < set(found)


def test_rows_of_another_key_are_named(log: Session) -> None:
    log.info[audit.KEY] = lambda: b"another pepper"

    assert any("Row 1 was written with the key" in one for one in faults(log))


def test_rows_from_before_there_was_a_key_are_counted_and_hold(state: Session) -> None:
    write(state, 0, 2)
    state.info[audit.KEY] = lambda: KEY
    write(state, 2, 4)

    found = check(state)

    assert ((), 2) == (found.faults, found.without_key)


def test_the_newest_rows_come_first(log: Session) -> None:
    found = audit_frame(log, limit=2)

    assert [5, 4] == list(found["seq"])
    assert ["key:k4", "key:k3"] == list(found["subject"])


def test_rows_of_a_time_come_in_order(log: Session) -> None:
    found = audit.entries(log, since=T0 + timedelta(minutes=1), until=T0 + timedelta(minutes=3))

    assert [2, 3] == [row["seq"] for row in found]


@pytest.fixture
def on_disk(tmp_path: Path) -> Iterator[Store]:
    """A store with the key."""
    opened = Store.open(f"sqlite:///{tmp_path}/state.db", tmp_path / "events", audit_key=lambda: KEY)
    yield opened
    opened.close()


@pytest.mark.parametrize("deed", ["UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log"])
def test_the_database_itself_refuses_to_change_a_row(on_disk: Store, deed: str) -> None:
    with on_disk.transaction() as tx:
        write(tx, 0, 2)

    with pytest.raises(IntegrityError, match="append-only"), on_disk.transaction() as tx:
        tx.execute(text(deed))

    with on_disk.reading() as tx:
        assert () == check(tx).faults


def test_rows_written_at_the_same_time_follow_each_other_on_postgresql(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    store = Store.open(request.getfixturevalue("postgres"), tmp_path / "events", audit_key=lambda: KEY)

    def work() -> None:
        for n in range(5):
            with store.transaction() as tx:
                record(tx, at=T0, actor="a", action="b", subject=str(n))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with store.reading() as tx:
        found = check(tx)
        rows = list(tx.scalars(select(AuditRow.seq)))
    store.close()

    assert ((), list(range(1, 16))) == (found.faults, sorted(rows))
