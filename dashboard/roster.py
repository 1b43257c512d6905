"""The keys as one table: the inventory, what the logs say of each key, and the traffic that belongs to none."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import pandas as pd

from dashboard import words
from model.event import UNKNOWN_PREFIX
from model.key import KeyStatus

NO_KEY: Final = "-"
"""The identity of requests that presented no credential."""
UNKNOWN: Final = UNKNOWN_PREFIX
"""The identity of all folded unknown credentials together."""

COLUMNS: Final = (
    "id", "name", "environment", "owner", "status", "hint", "curve", "requests", "unauthorized", "last_used", "ago",
    "idle_days", "findings", "hidden", "refs",
)  # fmt: skip
_IN_USE: Final = frozenset({str(KeyStatus.ACTIVE), str(KeyStatus.UNKNOWN), "unregistered", "unidentified"})


def roster(
    keys: pd.DataFrame,
    usage: pd.DataFrame,
    curves: pd.DataFrame,
    *,
    activity: pd.DataFrame,
    findings: Mapping[str, int],
    now: datetime,
) -> pd.DataFrame:
    """One row a key: COLUMNS, the most requests first.

    Keys of the inventory; `unregistered` ones, whose key_ref no inventory row has; one row of unknown credentials that
    never succeeded; one row of requests without a credential. `hidden` marks keys that are no longer active, were not
    used in the window, and have no open finding: a revoked key that is still tried is not hidden. `refs` are the
    key_refs of a row, and `last_used` is the later of what the logs and the inventory's source say.
    """
    counted = dict(zip(usage["key"], zip(usage["requests"], usage["unauthorized"], strict=True), strict=True))
    curve = dict(zip(curves["key_ref"], curves["series"], strict=True))
    rows = [_registered(row, now) for row in keys.to_dict("records")]
    registered = {ref for row in rows for ref in row["refs"]}
    rows += _unregistered(usage, activity, registered)
    frame = pd.DataFrame([_counted(row, counted, curve, findings, now) for row in rows], columns=list(COLUMNS))
    return frame.sort_values(["requests", "name"], ascending=[False, True], kind="stable", ignore_index=True)


def _registered(row: Mapping[Any, Any], now: datetime) -> dict[str, Any]:
    used = [at for at in (words.moment(row["last_seen"]), words.moment(row["source_last_used_at"])) if at]
    return {
        "id": row["key_id"],
        "name": words.key_name(row["name"], row["hint"], row["key_id"]),
        "environment": row["environment"],
        "owner": row["owner"],
        "status": words.status(row["status"], row["expires_at"], now),
        "hint": row["hint"],
        "last_used": max(used, default=None),
        "refs": list(row["key_refs"]),
    }


def _unregistered(usage: pd.DataFrame, activity: pd.DataFrame, registered: set[str]) -> list[dict[str, Any]]:
    seen = activity.set_index("key_ref")
    rows, folded = [], []
    for ref, last in zip(usage["key"], usage["last_seen"], strict=True):
        if ref is None:
            rows.append(_row(NO_KEY, "No credential presented", "unidentified", last, []))
        elif ref.startswith(UNKNOWN_PREFIX):
            folded.append((ref, last))
        elif ref not in registered:
            hint = seen["hint"].get(ref)
            exact = seen["last_seen"].get(ref, last)
            rows.append(_row(ref, words.key_name(None, hint, ref), "unregistered", exact, [ref], hint=hint))
    if folded:
        networks = "1 network" if len(folded) == 1 else f"{len(folded)} networks"
        name = f"Unknown credentials from {networks}"
        rows.append(_row(UNKNOWN, name, "unidentified", max(last for _, last in folded), [ref for ref, _ in folded]))
    return rows


def _row(
    identity: str, name: str, status: str, last: datetime, refs: list[str], *, hint: str | None = None
) -> dict[str, Any]:
    return {"id": identity, "name": name, "status": status, "last_used": last, "refs": refs, "hint": hint}


def _counted(
    row: dict[str, Any],
    counted: Mapping[str | None, tuple[int, int]],
    curve: Mapping[str, list[int]],
    findings: Mapping[str, int],
    now: datetime,
) -> dict[str, Any]:
    refs: list[str] = row["refs"]
    mine = [counted[ref] for ref in ([None] if row["id"] == NO_KEY else refs) if ref in counted]
    requests, found = sum(each[0] for each in mine), findings.get(row["id"], 0)
    series = [curve[ref] for ref in refs if ref in curve]
    return row | {
        "curve": [sum(points) for points in zip(*series, strict=True)] if series else None,
        "requests": requests,
        "unauthorized": sum(each[1] for each in mine),
        "ago": words.ago(row["last_used"], now),
        "idle_days": words.days_since(row["last_used"], now),
        "findings": found,
        "hidden": row["status"] not in _IN_USE and not requests and not found,
    }
