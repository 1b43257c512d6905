"""What the claims of a login come to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.login.roles import Ended, Grant, Policy, Refused, Role, judge

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
POLICY = Policy(
    grants=(
        Grant(role=Role.VIEWER, users=frozenset({"*@co.example"}), groups=frozenset({"readers"})),
        Grant(role=Role.ANALYST, groups=frozenset({"security"})),
        Grant(role=Role.ADMIN, users=frozenset({"Ann@Co.example", "sub:00u1"})),
    ),
    claim="groups",
    session=timedelta(hours=12),
)


def claims(**given: object) -> dict[str, Any]:
    known = {"sub": "u7", "email": "eve@elsewhere.example", "email_verified": True, "iat": NOW.timestamp()}
    return {name: value for name, value in (known | given).items() if value is not None}


@pytest.mark.parametrize(
    ("given", "name", "role"),
    [
        ({"email": "ann@co.example"}, "ann@co.example", Role.ADMIN),
        ({"email": "ANN@CO.EXAMPLE "}, "ann@co.example", Role.ADMIN),
        ({"email": "bob@co.example"}, "bob@co.example", Role.VIEWER),
        ({"email": "bob@co.example", "groups": ["security"]}, "bob@co.example", Role.ANALYST),
        ({"groups": "readers"}, "eve@elsewhere.example", Role.VIEWER),
        ({"sub": "00u1", "email": None, "email_verified": None}, "sub:00u1", Role.ADMIN),
        ({"email_verified": None, "groups": ["readers"]}, "sub:u7", Role.VIEWER),
        ({"email": "bob@co.example", "email_verified": "true"}, "bob@co.example", Role.VIEWER),
    ],
)
def test_the_highest_role_that_fits_counts(given: dict[str, object], name: str, role: Role) -> None:
    found = judge(claims(**given), POLICY, NOW)

    assert (name, role) == (found.name, found.role)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"groups": ["sales"]},
        {"groups": {"security": True}},
        {"groups": 7},
        {"groups": "security,readers"},
        {"email": "ann@co.example", "email_verified": False},
        {"email": "ann@co.example", "email_verified": "false"},
        {"email": "ann@co.example", "email_verified": None},
        {"email": "ann@co.example", "email_verified": ["true"]},
        {"email": "ann@co.example", "email_verified": "yes"},
        {"email": ["ann@co.example"]},
        {"email": "ann@co.example@elsewhere.example"},
        {"email": "ann@sub.co.example"},
        {"email": "*@co.example@x"},
        {"email_verified": False, "groups": ["security"]},
        {"sub": "", "email": None},
        {"sub": None, "email": None},
        {"iat": None, "email": "ann@co.example"},
        {"iat": "now", "email": "ann@co.example"},
        {"iat": True, "email": "ann@co.example"},
        {"iat": 1e30, "email": "ann@co.example"},
        {"iat": float("nan"), "email": "ann@co.example"},
        {"iat": NOW.timestamp() + 3600, "email": "ann@co.example"},
    ],
)
def test_what_is_missing_or_odd_is_no_role(given: dict[str, object]) -> None:
    with pytest.raises(Refused) as refused:
        judge(claims(**given), POLICY, NOW)

    assert not isinstance(refused.value, Ended)
    assert refused.value.hint


@pytest.mark.parametrize(("hours", "in_"), [(0, True), (11.99, True), (12, False), (400, False)])
def test_a_login_lasts_as_long_as_the_config_says(hours: float, in_: bool) -> None:  # noqa: FBT001
    given = claims(email="ann@co.example", iat=(NOW - timedelta(hours=hours)).timestamp())
    try:
        judge(given, POLICY, NOW)
    except Ended:
        assert not in_
    else:
        assert in_


def test_groups_may_be_nested_as_some_providers_have_them() -> None:
    policy = Policy(grants=POLICY.grants, claim="realm_access.roles", session=POLICY.session)

    assert Role.ANALYST is judge(claims(realm_access={"roles": ["security"]}), policy, NOW).role
    assert Role.ANALYST is judge(claims(**{"realm_access.roles": ["security"]}), policy, NOW).role


def test_a_name_is_safe_to_show_and_fits_into_the_state() -> None:
    with pytest.raises(Refused) as refused:
        judge(claims(email=f"x\n\x1b[31m{'y' * 400}@z"), POLICY, NOW)

    assert "\n" not in refused.value.name
    assert 255 >= len(refused.value.name)
