from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from store.state import audit_search
from store.state.audit import COLUMNS, record
from store.state.audit_search import Sought

T0 = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def log(state: Session) -> Session:
    """Four rows, an hour between each."""
    for n, (actor, action, subject, detail) in enumerate(
        (
            ("Ann@co.example", "login", "ann@co.example", {}),
            ("otto@co.example", "incident snoozed", "inc_50%", {"why": 'of Zoë "the load" test'}),
            ("keywatch", "keys import", "file:100_percent.csv", {"keys": 12}),
            ("otto@co.example", "login", "otto@co.example", {"from": "a\\b"}),
        )
    ):
        record(state, at=T0 + timedelta(hours=n), actor=actor, action=action, subject=subject, detail=detail)
    return state


def rows(tx: Session, sought: Sought) -> list[int]:
    found = audit_search.found(tx, sought, limit=10)

    assert audit_search.count(tx, sought) == len(found)
    return list(found["seq"])


@pytest.mark.parametrize(
    ("sought", "wanted"),
    [
        (Sought(), [4, 3, 2, 1]),
        (Sought(since=T0 + timedelta(hours=2)), [4, 3]),
        (Sought(actions=("login", "keys import")), [4, 3, 1]),
        (Sought(text="OTTO@"), [4, 2]),
        (Sought(text="ann@CO"), [1]),
        (Sought(text="snooz"), [2]),
        (Sought(text="Zoë"), [2]),
        (Sought(text='"the load"'), [2]),
        (Sought(text='"why": "of Zoë'), [2]),
        (Sought(text='"keys": 12'), [3]),
        (Sought(text="a\\b"), [4]),
        (Sought(text="50%"), [2]),
        (Sought(text="100_p"), [3]),
        (Sought(text="5%_"), []),
        (Sought(text="otto", actions=("login",), since=T0 + timedelta(hours=1)), [4]),
        (Sought(text="nobody"), []),
    ],
)
def test_what_matches_is_counted_and_comes_newest_first(log: Session, sought: Sought, wanted: list[int]) -> None:
    assert wanted == rows(log, sought)


def test_it_comes_in_parts_that_hold_each_row_once(log: Session) -> None:
    parts = [audit_search.found(log, Sought(), limit=3, offset=offset) for offset in (0, 3, 6)]

    assert [[4, 3, 2], [1], []] == [list(part["seq"]) for part in parts]
    assert {COLUMNS} == {tuple(part.columns) for part in parts}
    assert {"why": 'of Zoë "the load" test'} == parts[0]["detail"].iloc[2]


def test_the_actions_are_each_named_once(log: Session) -> None:
    assert ["incident snoozed", "keys import", "login"] == audit_search.actions(log)
