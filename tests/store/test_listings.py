"""Which source lists which key: tombstones, returns, and how sources fare."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from model.key import Key, KeyId, KeyRef, KeyStatus
from store.state.inventory import key_frame, save_keys
from store.state.listings import (
    forget_sources,
    inventory_frame,
    keep_listings,
    listed_by,
    note_complete,
    note_failure,
)
from store.state.schema import KeyHistoryRow, KeyRow

T0 = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
KEY = Key(key_id=KeyId("k1"), name="billing", key_refs=(KeyRef("fp:1:aa"),), status=KeyStatus.ACTIVE)


def synced(tx: Session, *keys: Key, at: datetime, source: str = "kong") -> dict[str, int]:
    kept = keep_listings(tx, source, [key.key_id for key in keys], at)
    save_keys(tx, keys, at)
    return kept


def known(tx: Session) -> dict[str, tuple[str, datetime | None]]:
    return {row.key_id: (row.status, row.removed_at) for row in tx.scalars(select(KeyRow))}


def history(tx: Session, *fields: str) -> list[tuple[str, str | None, str | None]]:
    rows = tx.scalars(select(KeyHistoryRow).order_by(KeyHistoryRow.id))
    return [(row.field, row.before, row.after) for row in rows if row.field in fields]


def test_a_key_that_is_listed_no_more_gets_a_tombstone_with_its_date(state: Session) -> None:
    other = replace(KEY, key_id=KeyId("k2"), key_refs=())
    synced(state, KEY, other, at=T0)

    assert {"removed": 1, "returned": 0} == synced(state, other, at=T0 + DAY)
    assert {"k1": ("removed", T0 + DAY), "k2": ("active", None)} == known(state)
    assert [("status", "active", "removed")] == history(state, "status")
    assert {"k2"} == listed_by(state, "kong")


def test_a_key_that_another_source_still_lists_is_not_removed(state: Session) -> None:
    synced(state, KEY, at=T0)
    synced(state, KEY, at=T0, source="csv")

    assert 0 == synced(state, at=T0 + DAY)["removed"]
    assert 1 == synced(state, at=T0 + DAY, source="csv")["removed"]


@pytest.mark.parametrize("status", [KeyStatus.REVOKED, KeyStatus.EXPIRED])
def test_a_key_that_was_ended_before_it_vanished_stays_so_and_is_dated(state: Session, status: KeyStatus) -> None:
    synced(state, replace(KEY, status=status), at=T0)
    synced(state, at=T0 + DAY)

    assert {"k1": (str(status), T0 + DAY)} == known(state)


@pytest.mark.parametrize("status", [KeyStatus.ACTIVE, KeyStatus.UNKNOWN])
def test_a_removed_key_that_is_listed_again_lives_again(state: Session, status: KeyStatus) -> None:
    synced(state, KEY, at=T0)
    synced(state, at=T0 + DAY)

    assert 1 == synced(state, replace(KEY, status=status), at=T0 + 2 * DAY)["returned"]
    assert {"k1": (str(status), None)} == known(state)


def test_a_file_that_still_names_a_removed_key_does_not_bring_it_back(state: Session) -> None:
    synced(state, KEY, at=T0)
    synced(state, at=T0 + DAY)
    save_keys(state, [replace(KEY, owner="ada")], T0 + DAY)

    assert {"k1": ("removed", T0 + DAY)} == known(state)
    assert ["ada"] == list(key_frame(state)["owner"])


def test_a_key_that_no_synced_source_ever_listed_is_never_removed(state: Session) -> None:
    save_keys(state, [KEY], T0)
    synced(state, at=T0 + DAY)

    assert {"k1": ("active", None)} == known(state)


def test_another_secret_under_the_same_id_is_a_rotation(state: Session) -> None:
    save_keys(state, [KEY], T0)
    new = replace(KEY, key_refs=(KeyRef("fp:1:bb"),))

    assert 1 == save_keys(state, [new], T0 + DAY)["changed"]
    assert 1 == save_keys(state, [new], T0 + 2 * DAY)["unchanged"]
    assert [("secret", "fp:1:aa", "fp:1:bb")] == history(state, "secret")
    assert [T0 + DAY] == list(key_frame(state)["rotated_at"])


def test_another_pepper_is_no_rotation(state: Session) -> None:
    save_keys(state, [KEY], T0)
    save_keys(state, [replace(KEY, key_refs=(KeyRef("fp:2:cc"),))], T0 + DAY)

    assert [] == history(state, "secret")


def test_the_detail_of_a_last_use_stays_with_the_latest(state: Session) -> None:
    for used, detail in ((T0, "s3 in eu-west-1"), (T0 - DAY, "iam")):
        save_keys(state, [replace(KEY, source_last_used_at=used, source_last_used_detail=detail)], T0)

    assert ["s3 in eu-west-1"] == list(key_frame(state)["source_last_used_detail"])


def test_failures_in_a_row_are_counted_from_the_first_on_and_end_with_a_complete_pull(state: Session) -> None:
    note_complete(state, "kong", 3, T0)
    note_failure(state, "kong", "it answered 500", T0 + DAY)
    note_failure(state, "kong", "it answered 501", T0 + 2 * DAY)
    state.flush()
    (row,) = inventory_frame(state).to_dict("records")

    assert (3, T0, T0 + DAY, 2, "it answered 501") == tuple(
        row[name] for name in ("keys", "complete_at", "failed_since", "failures", "last_error")
    )
    note_complete(state, "kong", 4, T0 + 3 * DAY)
    state.flush()
    assert inventory_frame(state)["failed_since"].isna().all()


def test_a_source_that_the_config_no_longer_has_is_forgotten_and_its_keys_stay(state: Session) -> None:
    synced(state, KEY, at=T0)
    note_complete(state, "kong", 1, T0)
    state.flush()

    forget_sources(state, {"csv"})

    assert inventory_frame(state).empty
    assert 0 == synced(state, at=T0 + DAY, source="csv")["removed"]
    assert {"k1": ("active", None)} == known(state)
