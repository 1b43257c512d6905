import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.fingerprint import Pepper, bare, hint


def test_a_fingerprint_is_twenty_digits_of_the_hmac_and_names_its_pepper_s_version() -> None:
    digest = hmac.new(b"pepper", b"s3cret", hashlib.sha256).hexdigest()

    assert f"fp:3:{digest[:20]}" == Pepper(b"pepper", 3).key_ref("s3cret")


def test_another_pepper_makes_another_fingerprint() -> None:
    assert Pepper(b"one").key_ref("s3cret") != Pepper(b"two").key_ref("s3cret")


def test_a_pepper_never_shows_itself() -> None:
    assert "salt and" not in repr(Pepper(b"salt and pepper"))


def test_many_are_fingerprinted_as_one_is_with_a_pepper_of_any_length() -> None:
    for length in (1, 32, 64, 65, 200):
        pepper = Pepper(b"p" * length, 2)
        expected = hmac.new(b"p" * length, "ä\ud800".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

        assert [f"fp:2:{expected[:20]}"] == pepper.key_refs(["ä\ud800"]) == [pepper.key_ref("ä\ud800")]


@pytest.mark.parametrize(
    "text",
    [
        *("abc", "Bearer abc", "bearer  abc", " abc ", "Token abc", "ApiKey abc", "Bearer%20abc", '"abc"'),
        *('Token token="abc"', "key=abc", "SSWS abc", "Klaviyo-API-Key abc", "Bearer Bearer abc", "%61bc"),
    ],
)
def test_the_scheme_is_no_part_of_the_secret(text: str) -> None:
    assert bare(text) == "abc"


@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        ("ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F", "ac_live_…Pd9F"),
        ("kx-0123456789abcdefXYZ", "kx-…fXYZ"),
        ("0123456789abcdef", "…cdef"),
        ("550e8400-e29b-41d4-a716-446655440000", "…0000"),
        ("0123456789abcde", "…"),
        ("sk_live_1234567890", "…"),
        ("hunter2", "…"),
        ("", "…"),
    ],
)
def test_a_hint_is_prefix_and_last_four_or_nothing(secret: str, expected: str) -> None:
    assert hint(secret) == expected


@pytest.mark.parametrize("text", ["a%FFb", "a%00b", "100%", "%zz", "keyboard", "bot", "Bearer", "key==", "a b c"])
def test_what_only_resembles_scheme_name_or_escape_is_the_secret(text: str) -> None:
    assert bare(text) == text


@given(st.text(st.sampled_from("abXY01_-"), max_size=60))
def test_a_hint_leaves_at_least_twelve_characters_untold(secret: str) -> None:
    shown = hint(secret).replace("…", "")

    assert shown == "" or len(secret) - len(shown) >= 12
