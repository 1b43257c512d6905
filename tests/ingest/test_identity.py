import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.fingerprint import Pepper, bare
from ingest.identity import NOBODY, Identity, identify, identify_ids

PEPPER = Pepper(b"pepper of the tests")
SIGNATURE = "fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024"
SECRET = "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F"


def one(raw: str) -> Identity:
    (found,) = identify([raw], PEPPER)
    return found


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def jwt(body: object, header: object = None, signature: str = "dozjgNryP4J3jVmN") -> str:
    return f"{part(header or {'alg': 'RS256', 'kid': 'k-1'})}.{part(body)}.{signature}"


@pytest.mark.parametrize(
    "raw",
    [
        *(SECRET, f"Bearer {SECRET}", f"bearer   {SECRET}", f"BEARER {SECRET}", f"Token {SECRET}", f"ApiKey {SECRET}"),
        *(f'"{SECRET}"', f"Token token={SECRET}", f'Token token="{SECRET}"', f"Bearer%20{SECRET}", f" {SECRET} "),
        *(basic(f"{SECRET}:"), basic(f"{SECRET}:x"), basic(f":{SECRET}"), basic(f"api:{SECRET}")),
        basic(f"{SECRET}:").replace("=", "%3D").replace(" ", "%20"),
    ],
)
def test_a_secret_is_one_key_in_whatever_it_is_wrapped(raw: str) -> None:
    found = one(raw)

    assert (PEPPER.key_ref(SECRET), "ac_live_…Pd9F", False) == (found.key_ref, found.key_hint, found.unverified)
    assert SECRET in found.bare


def test_a_chosen_password_is_a_credential_together_with_its_user() -> None:
    ada, bob = one(basic("ada:hunter2")), one(basic("bob:hunter2"))

    assert PEPPER.key_ref("ada:hunter2") == ada.key_ref != bob.key_ref
    assert "…" == ada.key_hint
    assert {"hunter2", "ada:hunter2", base64.b64encode(b"ada:hunter2").decode().rstrip("=")} == set(ada.bare)


@pytest.mark.parametrize(
    "raw",
    [
        *("", " ", "-", "REDACTED", "[redacted]", "<hidden>", "****", "xxxx", "null", "undefined", "(null)", '""'),
        *(
            "Bearer",
            "Bearer undefined",
            "Bearer REDACTED",
            "Basic",
            "Basic Og==",
            "NTLM TlRMTVNTUAAB",
            "Negotiate YIIC",
        ),
    ],
)
def test_what_is_no_credential_is_no_key(raw: str) -> None:
    assert one(raw) == NOBODY


@pytest.mark.parametrize("raw", ["Basic", "basic dGVzdA", "Basic !!!", "Basic dXNlcg=="])
def test_a_basic_credential_without_a_colon_is_no_pair(raw: str) -> None:
    assert one(raw).key_ref is None or str(one(raw).key_ref).startswith("fp:")


@pytest.mark.parametrize(
    ("raw", "name", "proof"),
    [
        (
            f"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261001/s3/aws4_request, Signature={SIGNATURE}",
            "AKIAIOSFODNN7EXAMPLE",
            SIGNATURE,
        ),
        ("AKIAIOSFODNN7EXAMPLE/20261001/eu-central-1/s3/aws4_request", "AKIAIOSFODNN7EXAMPLE", None),
        ("AKIAIOSFODNN7EXAMPLE%2F20261001%2Fs3%2Faws4_request", "AKIAIOSFODNN7EXAMPLE", None),
        ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE", None),
        ("AWS AKIAIOSFODNN7EXAMPLE:frJIUN8DYpKDtOLCwo=", "AKIAIOSFODNN7EXAMPLE", "frJIUN8DYpKDtOLCwo="),
        ('Digest username="ada", realm="x", response="6629fae49393a053"', "ada", "6629fae49393a053"),
        ('OAuth oauth_consumer_key="c-1", oauth_token="t0k3n"', "c-1", "t0k3n"),
        ('Hawk id="dh37fg", ts="1353832234", mac="6R4rV5iE"', "dh37fg", "6R4rV5iE"),
        ('Signature keyId="rsa-1",signature="Base64sig"', "rsa-1", "Base64sig"),
        ("SharedKey account1:Y2VydA==", "account1", "Y2VydA=="),
    ],
)
def test_a_header_that_names_an_id_is_that_key_and_its_proof_is_taken_out(
    raw: str, name: str, proof: str | None
) -> None:
    found = one(raw)

    assert (f"id:{name}", name) == (found.key_ref, found.key_hint)
    assert proof is None or proof in found.bare


@pytest.mark.parametrize(
    ("body", "label"),
    [
        ({"jti": "j-7", "sub": "ada"}, "jwt:jti:j-7"),
        ({"sub": "ada@example.com"}, "jwt:sub:ada@example.com"),
        ({"sub": 42}, "jwt:sub:42"),
        ({"jti": "", "sub": None}, "jwt:kid:k-1"),
        ({"jti": "two words", "sub": "x" * 500, "exp": 1}, "jwt:kid:k-1"),
        ({"jti": True, "sub": ["a"]}, "jwt:kid:k-1"),
    ],
)
def test_a_jwt_counts_by_its_first_claim_and_is_labelled_so(body: object, label: str) -> None:
    token = jwt(body)

    for raw in (token, f"Bearer {token}", f"JWT {token}"):
        assert Identity(f"id:{label}", label, (token,), unverified=True) == one(raw)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "token",
    [
        jwt({"sub": "ada"}, {"typ": "JWT"}),
        jwt({"sub": "ada"}, {"alg": "none"}),
        jwt({"sub": "ada"}, signature=""),
        jwt(["ada"]),
        jwt({"exp": 1}, {"alg": "RS256"}),
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIi!.dozjgNryP4J3jVmN",
        "eyJhbGciOiJIUzI1NiJ9.eyJub25zZW5zZQ.dozjgNryP4J3jVmN",
        "abc.def.ghi0123456789",
    ],
)
def test_what_only_looks_like_a_signed_jwt_is_an_ordinary_secret(token: str) -> None:
    assert (PEPPER.key_ref(token), False) == (one(token).key_ref, one(token).unverified)


def test_an_id_is_kept_as_it_is() -> None:
    found = identify_ids(["c-17", "AKIAIOSFODNN7EXAMPLE", "4cd4b629-ca06-45c2-a3f6-acdc2a731fc9", "-", ""], PEPPER)

    assert ["id:c-17", "id:AKIAIOSFODNN7EXAMPLE", "id:4cd4b629-ca06-45c2-a3f6-acdc2a731fc9", None, None] == [
        each.key_ref for each in found
    ]


@pytest.mark.parametrize("secret", ["ghp_16C7e42F292c6912E7710c838347Ae178B4a", jwt({"sub": "ada"})])
def test_a_secret_where_an_id_should_stand_is_never_stored_as_it_is(secret: str) -> None:
    (found,) = identify_ids([secret], PEPPER)

    assert secret not in str(found.key_ref)
    assert secret not in str(found.key_hint)


def test_a_secret_of_a_declared_prefix_is_none_where_an_id_should_stand() -> None:
    found = identify_ids(["zqk9abcdef", "key zqk9abcdef", "zqk-17"], PEPPER, ("zqk9",))

    assert [False, False, True] == [str(each.key_ref).startswith("id:") for each in found]


@given(st.lists(st.text(max_size=30) | st.text("ABab01._-=%:/ \"'", max_size=60)))
def test_any_text_has_an_identity_or_none_and_keeps_its_secret_to_itself(texts: list[str]) -> None:
    for text, found in zip(texts, identify(texts, PEPPER), strict=True):
        assert found.key_ref is None or str(found.key_ref).startswith(("fp:1:", "id:"))
        assert all(found.bare)
        if str(found.key_ref).startswith("fp:") and len(text) > 12:
            assert text not in str(found.key_hint)


@given(st.text("ABab01_-", min_size=5, max_size=30))
def test_an_inventory_s_secret_is_the_key_of_the_events(secret: str) -> None:
    found = one(f"Bearer {secret}")

    assert found == NOBODY or PEPPER.key_ref(bare(secret)) == found.key_ref
