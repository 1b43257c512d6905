from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from model.key import Key, KeyId, KeyRef, KeyStatus
from store.state.activity import activity_frame, save_activity
from store.state.inventory import key_frame, known_refs, ref_frame, save_keys
from store.state.schema import KeyHistoryRow

T0 = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
KEY = Key(
    key_id=KeyId("k1"),
    name="billing",
    key_refs=(KeyRef("id:k1"), KeyRef("fp:1:aa")),
    scopes=("read", "write"),
    status=KeyStatus.ACTIVE,
    created_at=T0 - 90 * DAY,
    source_last_used_at=T0,
    pulled_at=T0,
)


def history(tx: Session) -> list[tuple[str, str | None, str | None]]:
    return [(row.field, row.before, row.after) for row in tx.scalars(select(KeyHistoryRow).order_by(KeyHistoryRow.id))]


def test_saving_keys_counts_what_was_added_changed_and_unchanged(state: Session) -> None:
    other = replace(KEY, key_id=KeyId("k2"), key_refs=(KeyRef("id:k2"),))
    counts = [
        save_keys(state, [KEY, other], T0),
        save_keys(state, [KEY, replace(other, owner="ada")], T0 + DAY),
        save_keys(state, [KEY, replace(other, owner="ada", pulled_at=T0 + 2 * DAY)], T0 + 2 * DAY),
    ]

    assert [
        {"added": 2, "changed": 0, "unchanged": 0},
        {"added": 0, "changed": 1, "unchanged": 1},
        {"added": 0, "changed": 0, "unchanged": 2},
    ] == counts


def test_every_change_is_kept_with_what_was_there_before(state: Session) -> None:
    save_keys(state, [KEY], T0)
    revoked = replace(KEY, status=KeyStatus.REVOKED, revoked_at=T0 + DAY, scopes=("read",), name=None)
    save_keys(state, [revoked], T0 + DAY)
    state.flush()

    assert ("key", None, "added") == history(state)[0]
    assert {
        ("status", "active", "revoked"),
        ("revoked_at", None, (T0 + DAY).isoformat()),
        ("scopes", "['read', 'write']", "['read']"),
    } == set(history(state)[1:])


def test_what_a_later_inventory_does_not_say_stays_as_it_was(state: Session) -> None:
    save_keys(state, [KEY], T0)
    save_keys(state, [Key(key_id=KEY.key_id, owner="ada")], T0 + DAY)
    state.flush()
    (row,) = key_frame(state).to_dict("records")

    assert (KEY.name, "ada", str(KEY.status), list(KEY.scopes)) == tuple(
        row[name] for name in ("name", "owner", "status", "scopes")
    )


def test_the_last_use_that_a_provider_tells_never_moves_back(state: Session) -> None:
    for used in (T0, T0 - DAY, None, T0 + DAY, T0):
        save_keys(state, [replace(KEY, source_last_used_at=used)], T0)

    assert [T0 + DAY] == list(key_frame(state)["source_last_used_at"])


def test_the_use_that_logs_tell_only_widens(state: Session) -> None:
    save_activity(state, [("id:k1", None, T0, T0, None), ("fp:1:zz", "z…", T0, T0, T0)])
    save_activity(state, [("id:k1", "k…", T0 - DAY, T0 - DAY, T0 - DAY)])
    save_activity(state, [("id:k1", "other", T0 + DAY, T0 + DAY, None)])
    state.flush()

    found = activity_frame(state).set_index("key_ref").loc["id:k1"]

    assert ("k…", T0 - DAY, T0 + DAY, T0 - DAY) == tuple(found)


def test_a_thousand_credentials_of_one_segment_are_all_kept(state: Session) -> None:
    many = [(f"fp:1:{n}", None, T0, T0, None) for n in range(1200)]
    save_activity(state, many)
    save_activity(state, many)
    state.flush()

    assert 1200 == len(activity_frame(state))


def test_a_key_s_use_is_that_of_all_its_references(state: Session) -> None:
    save_keys(state, [KEY, replace(KEY, key_id=KeyId("k0"), key_refs=())], T0)
    save_activity(state, [("id:k1", None, T0, T0, None), ("fp:1:aa", None, T0 - DAY, T0 + DAY, T0 - DAY)])
    state.flush()

    found = key_frame(state).set_index("key_id")

    assert ["k0", "k1"] == list(found.index)
    assert (T0 - DAY, T0 + DAY, T0 - DAY) == tuple(found.loc["k1", ["first_seen", "last_seen", "last_success"]])
    assert ["fp:1:aa", "id:k1"] == found.loc["k1", "key_refs"]
    assert found.loc["k0", ["first_seen", "last_seen", "last_success"]].isna().all()


def test_references_lead_to_their_keys_and_old_ones_stay(state: Session) -> None:
    save_keys(state, [KEY], T0)
    save_keys(state, [replace(KEY, key_refs=(KeyRef("id:k1"), KeyRef("fp:1:bb")))], T0 + DAY)

    assert ["fp:1:aa", "fp:1:bb", "id:k1"] == list(ref_frame(state)["key_ref"])
    assert {"k1"} == set(ref_frame(state)["key_id"])


def test_known_references_are_the_inventory_s_and_those_that_succeeded_once(state: Session) -> None:
    save_keys(state, [KEY], T0)
    save_activity(state, [("fp:1:good", None, T0, T0, T0), ("fp:1:guess", None, T0, T0, None)])
    state.flush()

    assert ["fp:1:aa", "fp:1:good", "id:k1"] == known_refs(state)


def test_an_empty_inventory_has_its_columns(state: Session) -> None:
    assert key_frame(state).empty
    assert {"key_id", "key_refs", "last_seen", "last_success"} <= set(key_frame(state).columns)
    assert "datetime64[us, UTC]" == str(key_frame(state)["last_seen"].dtype)
