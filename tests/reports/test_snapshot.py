from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from model.errors import ReportError
from model.key import Key, KeyId, KeyRef, KeyStatus
from model.window import Window
from reports.hygiene import cards
from reports.records import Basis, Counts, KeyEntry
from reports.snapshot import Snapshot
from store.handle import Store
from store.state import inventory

Take = Callable[..., Snapshot]
Write = Callable[[Store, Sequence[tuple[str, str | None, str, str, str | None]]], None]


def _by_id(snapshot: Snapshot) -> dict[str, KeyEntry]:
    return {key.key_id: key for key in snapshot.keys}


def test_a_keys_counts_are_those_of_the_period_without_its_end(filled: Store, snap: Take) -> None:
    billing = _by_id(snap(filled))["k-billing"]

    assert billing.counts == Counts(requests=4, successes=2, unauthorized=1, server_errors=1)
    assert (2, 2) == (billing.addresses, billing.clients)


def test_last_use_and_idle_days_are_judged_as_of_the_periods_end(filled: Store, snap: Take) -> None:
    billing = _by_id(snap(filled))["k-billing"]

    assert billing.last_seen == datetime(2026, 10, 3, 9, tzinfo=UTC)
    assert billing.last_success == datetime(2026, 10, 2, 10, tzinfo=UTC)
    assert (Basis.USED, "logs", billing.last_success) == (billing.basis, billing.last_use_from, billing.last_use)
    assert billing.idle_days == 5


def test_a_period_that_runs_is_judged_as_of_now(filled: Store, snap: Take) -> None:
    running = Window(since=datetime(2026, 10, 1, tzinfo=UTC), until=datetime(2026, 11, 1, tzinfo=UTC))

    taken = snap(filled, running)

    assert taken.cover.as_of == datetime(2026, 10, 8, 12, tzinfo=UTC)
    assert (0, 221) == (_by_id(taken)["k-billing"].idle_days, _by_id(taken)["k-billing"].age_days)
    assert _by_id(taken)["k-billing"].counts.requests == 5


def test_never_used_unseen_since_telemetry_and_told_by_the_provider_are_told_apart(filled: Store, snap: Take) -> None:
    keys = _by_id(snap(filled))

    assert (Basis.NEVER, None) == (keys["k-new"].basis, keys["k-new"].idle_days)
    assert (Basis.TELEMETRY, 17) == (keys["k-quiet"].basis, keys["k-quiet"].idle_days)
    assert (Basis.USED, "provider", 59) == (
        keys["k-batch"].basis,
        keys["k-batch"].last_use_from,
        keys["k-batch"].idle_days,
    )


def test_a_revoked_key_that_is_tried_is_flagged_and_none_of_its_tries_was_accepted(filled: Store, snap: Take) -> None:
    old = _by_id(snap(filled))["k-old"]

    assert ("revoked", "refused", ("used-after-end",)) == (old.state, old.after_end, old.flags)
    assert len(old.findings) == 1


def test_a_revocation_after_the_period_does_not_count_yet(filled: Store, snap: Take) -> None:
    september = Window(since=datetime(2026, 9, 15, tzinfo=UTC), until=datetime(2026, 9, 30, tzinfo=UTC))

    taken = snap(filled, september)

    assert "active" == _by_id(taken)["k-old"].state
    assert ["batch", "billing", "new", "old", "quiet"] == [key.name for key in taken.keys]
    assert (Basis.TELEMETRY, 9) == (_by_id(taken)["k-old"].basis, _by_id(taken)["k-old"].idle_days)


def test_a_key_that_is_created_after_the_period_is_left_out(filled: Store, snap: Take) -> None:
    early = Window(since=datetime(2026, 9, 18, tzinfo=UTC), until=datetime(2026, 9, 22, tzinfo=UTC))

    taken = snap(filled, early)

    assert "k-new" not in _by_id(taken)
    assert taken.keys_later == 1


def test_the_cards_count_each_question(filled: Store, snap: Take) -> None:
    counted = {card.flag: (card.count, card.of) for card in cards(snap(filled).keys)}

    assert counted == {
        "never-used": (1, 4),
        "idle-45": (1, 4),
        "idle-90": (0, 4),
        "age-90": (2, 4),
        "age-180": (2, 4),
        "never-expires": (1, 4),
        "no-owner": (1, 4),
        "used-after-end": (1, 1),
    }


def test_traffic_that_no_key_explains_is_counted(filled: Store, snap: Take) -> None:
    taken = snap(filled)

    assert ["id:stranger"] == [one.key_ref for one in taken.strangers]
    assert Counts(requests=1, successes=1) == taken.strangers[0].counts
    assert Counts(requests=2, successes=1, unauthorized=1) == taken.without_credential
    assert Counts(requests=1, unauthorized=1) == taken.unknown_credentials


def test_a_key_that_is_registered_after_its_requests_were_read_gets_them_back(filled: Store, snap: Take) -> None:
    late = Key(key_id=KeyId("k-late"), key_refs=(KeyRef("id:guess"),), status=KeyStatus.REVOKED)
    with filled.transaction() as tx:
        inventory.save_keys(tx, [late], datetime(2026, 10, 8, tzinfo=UTC))

    taken = snap(filled)

    assert _by_id(taken)["k-late"].counts == Counts(requests=1, unauthorized=1)
    assert ("refused", 1) == (_by_id(taken)["k-late"].after_end, _by_id(taken)["k-late"].addresses)
    assert taken.unknown_credentials == Counts()
    assert taken.totals.requests == 10


def test_hours_and_gaps_of_a_source_are_counted(filled: Store, snap: Take) -> None:
    source = snap(filled).log_sources[0]

    assert (168, 9) == (source.hours, source.hours_with_events)
    assert datetime(2026, 10, 1, 1, tzinfo=UTC) == source.gaps[0].since
    assert [33, 21, 22, 23, 13, 47] == [gap.hours for gap in source.gaps]


def test_the_previous_period_is_compared_only_when_telemetry_reaches_to_its_beginning(
    filled: Store, snap: Take
) -> None:
    taken = snap(filled)
    longer = snap(filled, Window(since=datetime(2026, 9, 25, tzinfo=UTC), until=datetime(2026, 10, 8, tzinfo=UTC)))

    assert taken.before is not None
    assert (10, 0) == (taken.totals.requests, taken.before.requests)
    assert longer.before is None


def test_deliveries_are_told_one_by_one(filled: Store, snap: Take) -> None:
    told = [(d.target, d.status, d.error_class) for d in snap(filled).deliveries]

    assert told == [("oncall", "dead", "auth"), ("security", "sent", None)]


def test_a_period_that_has_not_begun_is_refused(store: Store, snap: Take) -> None:
    window = Window(since=datetime(2026, 11, 1, tzinfo=UTC), until=datetime(2026, 12, 1, tzinfo=UTC))

    with pytest.raises(ReportError, match="has not begun"):
        snap(store, window)


def test_without_a_source_that_carries_keys_nothing_is_said_to_be_unused(store: Store, snap: Take) -> None:
    with store.transaction() as tx:
        key = Key(key_id=KeyId("k"), status=KeyStatus.ACTIVE, created_at=datetime(2026, 10, 1, tzinfo=UTC))
        inventory.save_keys(tx, [key], datetime(2026, 10, 2, tzinfo=UTC))

    taken = snap(store)

    assert (Basis.UNKNOWN, None) == (taken.keys[0].basis, taken.keys[0].idle_days)


def test_a_log_whose_requests_carry_no_key_is_counted_by_its_outcomes(store: Store, snap: Take, write: Write) -> None:
    write(store, [("2026-10-02T10:00:00", None, "192.0.2.1", "ok", None)] * 3)

    taken = snap(store)

    assert (3, 0, 1) == (taken.totals.requests, taken.totals.keys, taken.totals.addresses)
    assert Counts(requests=3, successes=3) == taken.without_credential
    assert () == taken.keys == taken.strangers


def test_sealed_segments_give_the_same_numbers_as_tails(store: Store, snap: Take, write: Write) -> None:
    start = datetime(2026, 10, 2, tzinfo=UTC)
    rows = [
        ((start + timedelta(seconds=n)).isoformat()[:19], "id:billing", "192.0.2.1", "ok", "c") for n in range(5_000)
    ]
    write(store, rows)

    taken = snap(store)

    assert (5_000, 1) == (taken.totals.requests, len(taken.strangers))
    assert taken.strangers[0].counts == Counts(requests=5_000, successes=5_000)
