"""Leases on a real server: one holder at a time, and who lost one writes nothing."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from model.errors import Fenced, StoreError, WorkspaceLocked
from store.handle import Store
from store.leasing import leased
from store.state import leases, silences
from tests.store.test_manifest import T0

BRIEF, SHORT, LONG = timedelta(seconds=0.4), timedelta(seconds=3), timedelta(seconds=60)


@pytest.fixture
def served(database: str, tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(database, tmp_path / "events")
    yield opened
    opened.close()


def take(store: Store, holder: str, **options: timedelta) -> leases.Lease | None:
    with store.transaction() as tx:
        return leases.take(tx, "work", holder, **{"length": LONG, **options})


def run_out(store: Store) -> None:
    """Let the lease end now: a test that waited for its end would depend on how busy the machine is."""
    with store.state.begin() as connection:
        connection.execute(text("UPDATE leases SET expires_at = clock_timestamp()"))


def left(store: Store) -> timedelta:
    """How long the lease still lasts."""
    with store.state.connect() as connection:
        return connection.execute(text("SELECT expires_at - clock_timestamp() FROM leases")).scalar_one()


def write(store: Store) -> None:
    with store.transaction() as tx:
        silences.add(tx, when={"owner": "ops"}, since=T0, until=T0 + LONG, reason="why", author="me")


def written(store: Store) -> int:
    with store.reading() as tx:
        return len(silences.active(tx, T0))


def test_a_lease_has_one_holder_until_it_runs_out_and_its_epoch_grows(served: Store) -> None:
    first = take(served, "a")
    assert take(served, "b") is None
    run_out(served)
    second = take(served, "b")

    assert first is not None
    assert second is not None
    assert (1, "a", 2, "b") == (first.epoch, first.holder, second.epoch, second.holder)
    with served.transaction() as tx:
        assert not leases.renew(tx, first, LONG)
        assert leases.renew(tx, second, LONG)


def test_work_that_was_just_begun_by_another_is_done(served: Store) -> None:
    first = take(served, "a")
    with served.transaction() as tx:
        leases.release(tx, first)

    assert take(served, "b", rest=LONG) is None
    assert take(served, "b") is not None


def test_of_many_that_want_it_at_once_one_gets_it(served: Store) -> None:
    got: list[leases.Lease | None] = []
    threads = [threading.Thread(target=lambda n=n: got.append(take(served, f"w{n}"))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 1 == sum(one is not None for one in got)


def test_a_lease_is_renewed_for_as_long_as_the_work_takes(served: Store) -> None:
    with leased(served, "work", length=SHORT):
        for _ in range(2):
            while left(served) > SHORT * 0.9:
                time.sleep(0.01)
            while left(served) < SHORT * 0.9:  # until it is renewed
                time.sleep(0.01)
        write(served)
        assert take(served, "b") is None

    assert take(served, "b") is not None
    assert 1 == written(served)


def test_who_holds_it_is_named(served: Store) -> None:
    with (
        leased(served, "work", length=LONG),
        pytest.raises(WorkspaceLocked, match=r"does work: process \d+ on .+, since 20"),
        leased(served, "work", length=LONG),
    ):
        pass


def test_who_lost_a_lease_writes_nothing(served: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.leasing._renew", lambda *_: None)  # a process that is frozen does not renew
    with leased(served, "work", length=LONG):
        run_out(served)
        assert take(served, "b") is not None
        with pytest.raises(Fenced, match="has taken over work"):
            write(served)

    assert 0 == written(served)
    write(served)
    assert 1 == written(served)


def test_who_freezes_in_the_middle_of_a_transaction_is_cut_off_and_another_goes_on(
    served: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.leasing._renew", lambda *_: None)

    def freeze() -> None:
        with leased(served, "work", length=BRIEF), served.transaction() as tx:
            silences.add(tx, when={"owner": "ops"}, since=T0, until=T0 + LONG, reason="why", author="me")
            while take(served, "b") is None:
                time.sleep(0.02)
            waited.append(time.monotonic() - began)

    began, waited = time.monotonic(), list[float]()
    with pytest.raises(StoreError, match="idle"):
        freeze()

    assert waited[0] >= 2 * BRIEF.total_seconds()  # it ran out after one; the server ends the transaction after two
    assert 0 == written(served)


def test_who_let_a_lease_run_out_is_fenced_before_files_are_swept(
    served: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.leasing._renew", lambda *_: None)
    with leased(served, "work", length=LONG):
        run_out(served)
        with served.transaction() as tx:
            assert 1 == leases.fence_expired(tx)


def test_a_lease_is_given_back_by_its_end_though_the_database_was_away(served: Store) -> None:
    with leased(served, "work", length=LONG):
        served.close()

    assert take(served, "b") is not None
