"""The keys as one table: the inventory, what the logs say of each key, and the traffic that belongs to none."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import pandas as pd

from alerts.risk import risk
from dashboard import health, words
from model.event import UNKNOWN_PREFIX
from model.finding import Finding
from model.key import KeyStatus

NO_KEY: Final = "-"
"""The identity of requests that presented no credential."""
UNKNOWN: Final = UNKNOWN_PREFIX
"""The identity of all folded unknown credentials together."""

COUNTED: Final = ("requests", "successes", "unauthorized", "forbidden", "throttled", "errors")
"""The counts of a row, as `store.queries.breakdown.usage_by` has them."""
COLUMNS: Final = (
    "id", "name", "environment", "owner", "status", "expires_at", "hint", *COUNTED, "last_used", "ago",
    "findings", "risk", "health", "why", "hidden", "refs",
)  # fmt: skip
_READ: Final = (
    "key_id", "name", "hint", "environment", "owner", "status", "expires_at", "last_seen", "source_last_used_at",
    "key_refs",
)  # fmt: skip
"""What is read of the inventory's columns; the others would double the time that 5,000 keys take."""
_IN_USE: Final = frozenset({str(KeyStatus.ACTIVE), str(KeyStatus.UNKNOWN), "unregistered", "unidentified"})


def roster(
    keys: pd.DataFrame,
    usage: pd.DataFrame,
    *,
    activity: pd.DataFrame,
    findings: Mapping[str, Sequence[Finding]],
    faults: Mapping[str, Collection[str]],
    now: datetime,
) -> pd.DataFrame:
    """One row a key: COLUMNS, the most requests first.

    Keys of the inventory; `unregistered` ones, whose key_ref no inventory row has; one row of unknown credentials that
    never succeeded; one row of requests without a credential. `hidden` marks keys that are no longer active, were not
    used in the window, and have no open finding: a revoked key that is still tried is not hidden. `refs` are the
    key_refs of a row, `last_used` is the later of what the logs and the inventory's source say, `health` is a list of
    chips and `why` its reasons. `findings` are those that stand open, `faults` those of `dashboard.hygiene`, by id.
    """
    counted = dict(zip(usage["key"], usage[list(COUNTED)].to_numpy(), strict=True))
    rows = [_registered(row, now) for row in keys[list(_READ)].to_dict("records")]
    registered = {ref for row in rows for ref in row["refs"]}
    rows += _unregistered(usage, activity, registered)
    flags = _flags(faults)
    made = [_counted(row, counted) for row in rows]
    told = [_told(row, findings.get(row["id"], ()), flags.get(row["id"], ()), now) for row in made]
    frame = pd.DataFrame(told, columns=list(COLUMNS))
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
        "expires_at": row["expires_at"],
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


def with_curves(rows: pd.DataFrame, most: int, read: Callable[[set[str]], Mapping[str, list[int]]]) -> pd.DataFrame:
    """`rows` of a roster with a column `curve`, which the first `most` have that were used.

    `read` is asked once, for their key_refs, and gives each one's numbers of requests, oldest first.
    """
    head = rows.head(most)
    curve = read(
        {ref for refs, requests in zip(head["refs"], head["requests"], strict=True) if requests for ref in refs}
    )
    made: list[list[int] | None] = [_summed([curve[ref] for ref in refs if ref in curve]) for refs in head["refs"]]
    return rows.assign(curve=pd.Series([*made, *([None] * (len(rows) - len(head)))], index=rows.index, dtype="object"))


def _summed(series: Sequence[Sequence[int]]) -> list[int] | None:
    return [sum(points) for points in zip(*series, strict=True)] if series else None


def _counted(row: dict[str, Any], counted: Mapping[str | None, Any]) -> dict[str, Any]:
    """The row with what its references did in the window."""
    refs: list[str] = row["refs"]
    mine = [counted[ref] for ref in ([None] if row["id"] == NO_KEY else refs) if ref in counted]
    sums = [int(sum(column)) for column in zip(*mine, strict=True)] if mine else [0] * len(COUNTED)
    return row | dict(zip(COUNTED, sums, strict=True))


def _told(row: dict[str, Any], findings: Sequence[Finding], flags: Collection[str], now: datetime) -> dict[str, Any]:
    """The row with what is to be said of it."""
    held = [] if row["status"] == "unidentified" else health.judge(row, findings, flags, now)
    return row | {
        "ago": words.ago(row["last_used"], now),
        "findings": len(findings),
        "risk": risk(findings),
        "health": health.badge(held) if held else [],
        "why": health.why(held),
        "hidden": row["status"] not in _IN_USE and not row["requests"] and not findings,
    }


def _flags(faults: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    """The flags of each key, from the keys of each flag."""
    found: dict[str, set[str]] = {}
    for flag, keys in faults.items():
        for key in keys:
            found.setdefault(key, set()).add(flag)
    return found
