"""AWS IAM, played by moto: keys one by one, and the credential report."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from moto import mock_aws

from ingest.aws import client
from ingest.inventory.aws import Aws
from ingest.inventory.pull import Ways, pull
from model.errors import InventoryError
from model.key import Key

Iam = Any
"""boto3 makes its clients at run time."""
T0 = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture
def iam(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        made = client("iam", region=None, profile=None, endpoint=None, where="aws")
        yield made
        made.close()


def pulled(iam: Iam, method: Literal["keys", "report"] = "keys") -> list[Key]:
    return pull(Aws(client=iam, method=method, sleep=lambda _: None), source="aws", ways=Ways(), pulled_at=T0)


def a_user(iam: Iam, name: str, keys: int, **tags: str) -> list[str]:
    iam.create_user(UserName=name, Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    return [iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"] for _ in range(keys)]


def test_both_keys_of_a_user_are_pulled_with_owner_and_since_when_uses_are_known(iam: Iam) -> None:
    one, two = a_user(iam, "ci", 2, Owner="ada", env="prod")
    a_user(iam, "nobody", 0)
    iam.update_access_key(UserName="ci", AccessKeyId=two, Status="Inactive")

    found = {key.key_id: key for key in pulled(iam)}

    assert {one: "active", two: "inactive"} == {key_id: str(key.status) for key_id, key in found.items()}
    assert ("ci", "ada", "prod", (f"id:{one}",)) == (
        found[one].name, found[one].owner, found[one].environment, found[one].key_refs
    )  # fmt: skip
    assert datetime(2015, 4, 22, tzinfo=UTC) == found[one].telemetry_since
    assert found[one].source_last_used_at is None
    assert found[one].created_at is not None


def test_all_users_are_pulled_over_all_pages(iam: Iam) -> None:
    made = [key for n in range(120) for key in a_user(iam, f"u{n:03}", 1)]

    assert sorted(made) == sorted(key.key_id for key in pulled(iam))


def test_the_last_use_says_its_service_and_region(iam: Iam, monkeypatch: pytest.MonkeyPatch) -> None:
    a_user(iam, "ci", 1)
    used = {"LastUsedDate": T0, "ServiceName": "s3", "Region": "eu-west-1"}
    monkeypatch.setattr(iam, "get_access_key_last_used", lambda **_: {"AccessKeyLastUsed": used})

    (key,) = pulled(iam)

    assert (T0, "s3 in eu-west-1") == (key.source_last_used_at, key.source_last_used_detail)


def test_the_report_knows_slots_and_its_own_time(iam: Iam) -> None:
    a_user(iam, "ci", 1)

    found = [key for key in pulled(iam, "report") if key.name == "ci"]

    assert [("access_key_1", "active")] == [(key.key_id.rpartition("/")[2], str(key.status)) for key in found]
    assert all(key.pulled_at != T0 and key.created_at is not None for key in found)


def test_a_report_that_is_not_ready_is_waited_for_and_not_for_ever(iam: Iam, monkeypatch: pytest.MonkeyPatch) -> None:
    states = iter(["STARTED", "INPROGRESS", "COMPLETE", *["STARTED"] * 100])
    monkeypatch.setattr(iam, "generate_credential_report", lambda: {"State": next(states)})
    content = b"user,arn,access_key_1_active,access_key_1_last_rotated\n<root_account>,arn:root,true,N/A\n"
    monkeypatch.setattr(iam, "get_credential_report", lambda: {"Content": content, "GeneratedTime": T0})

    assert ["arn:root/access_key_1"] == [key.key_id for key in pulled(iam, "report")]
    with pytest.raises(InventoryError, match="was not ready after 60 s"):
        pulled(iam, "report")


def test_a_refusal_half_way_is_an_error_without_what_aws_says(iam: Iam, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import ClientError

    a_user(iam, "ci", 2)
    said = {"Error": {"Code": "Throttling", "Message": "AKIA… is too fast"}}
    answers = iter([lambda: {"AccessKeyLastUsed": {}}])

    def ask(**_: object) -> object:
        answer = next(answers, None)
        if answer is None:
            raise ClientError(said, "GetAccessKeyLastUsed")
        return answer()

    monkeypatch.setattr(iam, "get_access_key_last_used", ask)

    with pytest.raises(InventoryError, match=r"^aws: IAM did not hand out its access keys \(Throttling\)"):
        pulled(iam)
