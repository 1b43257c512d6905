"""Which keys a text means."""

import pytest

from dashboard.known.key_search import LISTED, found, kin, label_of, named
from dashboard.known.portrait import Portrait


def key(identity: str, name: str, *, owner: str | None = None, environment: str | None = None) -> Portrait:
    return Portrait(
        identity=identity, name=name, label=name, status="active", refs=(f"id:{identity}",), owner=owner,
        environment=environment, sought=f"{name} {identity} {owner or ''}".lower(),
    )  # fmt: skip


KNOWN = {
    each.identity: each
    for each in (
        key("key_1", "billing-prod", owner="pay@co.example", environment="production"),
        key("key_10", "billing", owner="pay@co.example", environment="development"),
        key("key_2", "crm", owner="crm@co.example", environment="production"),
        key("key_3", "crm", environment="development"),
        key("fp:1:abc", "fp:1:abc"),
    )
}


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("key_1", "key_1"),
        ("billing-prod · key_1", "key_1"),
        ("an older name · key_1", "key_1"),
        ("billing", "key_10"),
        ("fp:1:abc", "fp:1:abc"),
        ("crm", None),
        ("bill", None),
        ("", None),
    ],
)
def test_a_text_names_a_key_by_its_id_its_label_or_a_name_that_no_other_has(text: str, identity: str | None) -> None:
    portrait = named(KNOWN, text)

    assert identity == (portrait and portrait.identity)


def test_a_label_leads_back_to_its_key() -> None:
    assert all(named(KNOWN, label_of(portrait)) is portrait for portrait in KNOWN.values())


@pytest.mark.parametrize(
    ("text", "identities", "number"),
    [
        ("BILLING", ["key_10", "key_1"], 2),
        ("key_1", ["key_1", "key_10"], 2),
        (" crm@co ", ["key_2"], 1),
        ("o.ex", ["key_1", "key_10"], 3),
        ("[a](b)", [], 0),
    ],
)
def test_a_search_finds_what_is_called_so_first_and_says_how_many_there_are(
    text: str, identities: list[str], number: int
) -> None:
    those, counted = found(KNOWN, text, most=2)

    assert (identities, number) == ([portrait.identity for portrait in those], counted)


def test_a_key_is_compared_with_those_of_its_owner_first() -> None:
    assert ["key_10", "key_2"] == [portrait.identity for portrait in kin(KNOWN, KNOWN["key_1"])]


def test_no_control_lists_thousands_of_keys() -> None:
    many = {f"key_{n}": key(f"key_{n}", f"customer-{n}", environment="production") for n in range(3 * LISTED)}

    assert LISTED == len(kin(many, many["key_7"]))
