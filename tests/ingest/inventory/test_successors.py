"""Which key replaces which, where nobody says so."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.inventory.successors import Candidate, links

T0 = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def key(key_id: str, day: float, **facts: Any) -> Candidate:  # noqa: ANN401 (fields of Candidate)
    given: dict[str, Any] = {"name": "billing", "owner": "ada", "environment": "prod", "created_at": T0 + day * DAY}
    return Candidate(key_id=key_id, **(given | facts))


@pytest.mark.parametrize(
    "name", ["billing", "Billing", "billing-new", "billing 2026-10", "billing_20261001", "billing (next)"]
)
def test_a_later_key_of_the_same_name_owner_and_environment_replaces_the_earlier(name: str) -> None:
    assert {"a": ("b", "name")} == links([key("b", 90, name=name), key("a", 0)], ["name"])


@pytest.mark.parametrize(
    "other",
    [
        {"name": "billing-eu"}, {"name": "billing-2"}, {"owner": "bob"}, {"environment": "dev"}, {"created_at": None},
        {"created_at": T0 + DAY / 2}, {"name": None},
    ],
)  # fmt: skip
def test_a_key_that_differs_or_was_made_at_the_same_time_replaces_none(other: dict[str, Any]) -> None:
    assert {} == links([key("a", 0), key("b", 90, **other)], ["name"])


def test_three_living_keys_are_a_pool_and_dead_ones_do_not_count() -> None:
    three = [key("a", 0), key("b", 90), key("c", 180)]

    assert {} == links(three, ["name"])
    assert {"a": ("b", "name"), "b": ("c", "name")} == links([key("a", 0, living=False), *three[1:]], ["name"])


def test_owner_and_label_are_ways_too_and_the_earlier_way_wins() -> None:
    keys = [
        key("a", 0, name="x", labels={"app": "shop"}),
        key("b", 90, name="y"),
        key("c", 180, name="z", labels={"app": "shop"}, living=False),
    ]

    assert {"a": ("b", "owner"), "b": ("c", "owner")} == links(keys, ["owner", "label:app"])
    assert {"a": ("c", "label:app"), "b": ("c", "owner")} == links(keys, ["label:app", "owner"])


def test_a_name_that_says_nothing_links_nothing() -> None:
    assert {} == links([key("a", 0, name="test"), key("b", 9, name="test")], ["name"], lambda name: name == "test")
