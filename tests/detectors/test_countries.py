"""How far countries are apart."""

import pytest

from detectors.shared.countries import apart


@pytest.mark.parametrize(("one", "other"), [("DE", "FR"), ("US", "CA"), ("DE", "DE"), ("de", "AT")])
def test_neighbours_are_no_journey(one: str, other: str) -> None:
    assert apart(one, other) == 0


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [("DE", "IN", 4000, 6500), ("GB", "US", 3500, 5000), ("BR", "JP", 12000, 18500), ("AU", "AR", 6000, 12000)],
)
def test_continents_are(one: str, other: str, least: float, most: float) -> None:
    found = apart(one, other)

    assert found is not None
    assert least < found < most


def test_the_way_back_is_as_long() -> None:
    assert apart("DE", "IN") == apart("IN", "DE")


def test_an_unknown_country_is_nowhere() -> None:
    assert apart("DE", "XX") is None
