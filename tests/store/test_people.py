from datetime import UTC, datetime

from sqlalchemy.orm import Session

from store.state.people import erase, pseudonyms, stands_for

T0 = datetime(2026, 10, 1, tzinfo=UTC)


def test_a_person_keeps_its_pseudonym(state: Session) -> None:
    first = pseudonyms(state, "person", ["eve", "ada"], T0)

    assert {"ada": "person-1", "eve": "person-2"} == first
    assert {"bob": "person-3", "ada": "person-1"} == pseudonyms(state, "person", ["bob", "ada"], T0)
    assert {"person-1": "ada", "person-2": "eve", "person-3": "bob"} == stands_for(state)


def test_an_erased_person_is_forgotten_and_its_number_never_comes_back(state: Session) -> None:
    pseudonyms(state, "person", ["ada"], T0)

    assert ["person-1"] == erase(state, "ada", T0)
    assert {} == stands_for(state)
    assert {"ada": "person-2"} == pseudonyms(state, "person", ["ada"], T0)


def test_a_name_and_an_address_of_the_same_text_are_two(state: Session) -> None:
    assert {"192.0.2.1": "person-1"} == pseudonyms(state, "person", ["192.0.2.1"], T0)
    assert {"192.0.2.1": "address-2"} == pseudonyms(state, "address", ["192.0.2.1"], T0)
    assert ["person-1", "address-2"] == erase(state, "192.0.2.1", T0)
