"""AWS IAM: access keys of users, one by one (`keys`), or by the credential report (`report`).

`keys` asks ListUsers, ListAccessKeys, GetAccessKeyLastUsed and ListUserTags, two requests a user and one a key; it
knows each key's id, which CloudTrail logs. `report` is two requests for an account, tells of the root user's keys too,
and knows slots instead of ids: its keys go by `<user's ARN>/access_key_1` and `_2`.
"""

import csv
import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from ingest import aws
from ingest.inventory.interface import Row
from model.errors import InventoryError

TRACKED_SINCE: Final = "2015-04-22"
"""AWS keeps when an access key was last used from this day on (GetAccessKeyLastUsed)."""
_WAIT: Final = 2.0
_LOOKS: Final = 30
"""A report is made within seconds; a minute is given."""
_AGAIN: Final = frozenset({"ReportNotPresent", "ReportExpired", "ReportInProgress", "ServiceFailure"})
_SLOTS: Final = ("access_key_1", "access_key_2")


@dataclass(slots=True, kw_only=True)
class Aws:
    """The IAM users of one account."""

    client: Any
    """boto3's, for IAM."""
    method: Literal["keys", "report"] = "keys"
    sleep: Callable[[float], None] = time.sleep
    shifts: bool = False

    def rows(self) -> Iterator[Row]:
        """Every access key."""
        try:
            yield from self._keys() if self.method == "keys" else self._report()
        except Exception as error:
            if not aws.is_theirs(error):  # all others are our own mistakes
                raise
            code = aws.code_of(error) or type(error).__name__
            msg = f"IAM did not hand out its access keys ({code})."
            raise InventoryError(msg, hint="Check the credentials that boto3 finds, and what they may read.") from None

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def _keys(self) -> Iterator[Row]:
        for user in self._all("list_users", "Users"):
            name = user["UserName"]
            found = list(self._all("list_access_keys", "AccessKeyMetadata", UserName=name))
            tags = (
                {tag["Key"]: tag["Value"] for tag in self._all("list_user_tags", "Tags", UserName=name)}
                if found
                else {}
            )
            for key in found:
                used = self.client.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
                yield _row(key, tags, used)

    def _all(self, method: str, name: str, **arguments: str) -> Iterator[dict[str, Any]]:
        for page in self.client.get_paginator(method).paginate(**arguments):
            yield from page[name]

    def _report(self) -> Iterator[Row]:
        answer = self._answer()
        made: datetime = answer["GeneratedTime"]
        for user in csv.DictReader(io.StringIO(answer["Content"].decode("utf-8"))):
            for slot in _SLOTS:
                if user.get(f"{slot}_active") == "true" or _said(user.get(f"{slot}_last_rotated")):
                    yield _slot(user, slot, made)

    def _answer(self) -> dict[str, Any]:
        for _ in range(_LOOKS):
            if self.client.generate_credential_report().get("State") == "COMPLETE":
                try:
                    return self.client.get_credential_report()  # type: ignore[no-any-return]
                except Exception as error:
                    if aws.code_of(error) not in _AGAIN:
                        raise
            self.sleep(_WAIT)
        msg = f"IAM's credential report was not ready after {_LOOKS * _WAIT:.0f} s."
        raise InventoryError(msg, hint="Nothing was changed; the next sync tries again.")


def _row(key: dict[str, Any], tags: dict[str, str], used: dict[str, Any]) -> Row:
    places = [used.get("ServiceName"), used.get("Region")]
    lower = {name.lower(): value for name, value in tags.items()}
    return {
        "key_id": key["AccessKeyId"],
        "name": key["UserName"],
        "owner": lower.get("owner") or key["UserName"],
        "team": lower.get("team"),
        "environment": lower.get("environment") or lower.get("env"),
        "status": key["Status"],
        "created_at": key.get("CreateDate"),
        "last_used_at": used.get("LastUsedDate"),
        "last_used_detail": " in ".join(str(place) for place in places if _said(place)) or None,
        "telemetry_since": TRACKED_SINCE,
        "labels": tags,
    }


def _slot(user: dict[str, str], slot: str, made: datetime) -> Row:
    places = [user.get(f"{slot}_last_used_service"), user.get(f"{slot}_last_used_region")]
    return {
        "key_id": f"{user['arn']}/{slot}",
        "name": user["user"],
        "owner": user["user"],
        "status": "active" if user.get(f"{slot}_active") == "true" else "inactive",
        "created_at": user.get(f"{slot}_last_rotated"),
        "last_used_at": user.get(f"{slot}_last_used_date"),
        "last_used_detail": " in ".join(str(place) for place in places if _said(place)) or None,
        "telemetry_since": TRACKED_SINCE,
        "pulled_at": made,
    }


def _said(text: object) -> bool:
    return bool(text) and str(text).lower() not in {"n/a", "no_information", "not_supported"}
