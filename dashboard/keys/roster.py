"""The keys as one table: the inventory, what the logs say of each key, and the traffic that belongs to none."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import pandas as pd

from alerts.risk import risk
from dashboard import words
from dashboard.keys import health
from dashboard.known.portrait import UNKNOWN
from model.event import UNKNOWN_PREFIX
from model.finding import Finding
from model.key import KeyStatus

NO_KEY: Final = "-"
"""The identity of requests that presented no credential."""

COUNTED: Final = ("requests", "successes", "unauthorized", "forbidden", "throttled", "errors")
"""The counts of a row, as `store.queries.breakdown.usage_by` has them."""
OUTLINE: Final = (
    "id", "name", "environment", "owner", "status", "hint", "expires_at", "last_used", "by_hour", "refs", *COUNTED,
    "findings", "risk", "hidden", "sought",
)  # fmt: skip
_JUDGED: Final = ("id", "status", "expires_at", *COUNTED)
_SOUGHT: Final = ("name", "id", "owner", "hint")
_IN_USE: Final = frozenset({str(KeyStatus.ACTIVE), str(KeyStatus.UNKNOWN), "unregistered", "unidentified"})


def outline(
    keys: pd.DataFrame,
    usage: pd.DataFrame,
    *,
    activity: pd.DataFrame,
    findings: Mapping[str, Sequence[Finding]],
    now: datetime,
) -> pd.DataFrame:
    """One row a key with OUTLINE's columns, the busiest first and then by name.

    `keys` is the inventory, `activity` what the state knows of key_refs, `usage` the window by key_ref, `findings`
    those that stand open, by key id or key_ref. Beside the inventory's keys stand `unregistered` ones, whose key_ref no
    inventory row has; one row of unknown credentials that never succeeded; one row of requests without a credential.
    `hidden` marks keys that are no longer active, were not used in the window, and have no open finding: a revoked key
    that is still tried is not hidden. `refs` are the key_refs of a row, `last_used` is the later of what the logs and
    the inventory's source say; `by_hour` says that it may be the beginning of an hour of which no more is known.
    `findings` are how many stand open, `sought` what a search looks through. Columns are made whole: row by row 5,000
    keys take 0.4 s.
    """
    known = _registered(keys, now)
    registered = {ref for refs in known["refs"] for ref in refs}
    others = _unregistered(usage, activity, registered)
    rows = pd.concat([known, others], ignore_index=True) if len(others) else known
    counts = _counts(rows, usage)
    open_ = rows["id"].map(lambda identity: len(findings.get(identity, ())))
    unused = counts["requests"].eq(0) & open_.eq(0)
    made = rows.assign(
        **counts,
        findings=open_,
        risk=rows["id"].map(lambda identity: risk(findings[identity]) if identity in findings else 0),
        hidden=~rows["status"].isin(_IN_USE) & unused,
        sought=_joined(rows[list(_SOUGHT)]),
    )
    return made.sort_values(["requests", "name"], ascending=[False, True], kind="stable", ignore_index=True)


def roster(
    rows: pd.DataFrame,
    *,
    findings: Mapping[str, Sequence[Finding]],
    faults: Mapping[str, Collection[str]],
    now: datetime,
) -> pd.DataFrame:
    """Rows of an outline with what is told of each: `ago`, `health`, a list of chips, and `why`, its reasons.

    `faults` are those of `dashboard.keys.hygiene`, by id. Ask for the rows that are shown.
    """
    flags = _flags(faults)
    judged = [_judged(row, findings, flags, now) for row in rows[list(_JUDGED)].to_dict("records")]
    told = {
        "ago": [
            (words.ago_by_hour if by_hour else words.ago)(last, now)
            for last, by_hour in zip(rows["last_used"], rows["by_hour"], strict=True)
        ],
        "health": [health.badge(held) if held else [] for held in judged],
        "why": [health.why(held) for held in judged],
    }
    return rows.assign(**{name: pd.Series(cells, index=rows.index, dtype=object) for name, cells in told.items()})


def _registered(keys: pd.DataFrame, now: datetime) -> pd.DataFrame:
    keys = keys.reset_index(drop=True)  # counts are joined by a row's place, and some of the keys may be given alone
    named = zip(keys["name"], keys["hint"], keys["key_id"], strict=True)
    return pd.DataFrame(
        {
            "id": keys["key_id"],
            "name": [words.key_name(*each) for each in named],
            "environment": keys["environment"],
            "owner": keys["owner"],
            "status": words.statuses(keys["status"], keys["expires_at"], now),
            "hint": keys["hint"],
            "expires_at": keys["expires_at"],
            "last_used": keys[["last_seen", "source_last_used_at"]].max(axis=1),
            "by_hour": False,
            "refs": keys["key_refs"],
        }
    )


def _unregistered(usage: pd.DataFrame, activity: pd.DataFrame, registered: set[str]) -> pd.DataFrame:
    seen = activity.set_index("key_ref")
    rows, folded = [], []
    for ref, last in zip(usage["key"], usage["last_seen"], strict=True):
        if ref is None:
            rows.append(_row(NO_KEY, "No credential presented", "unidentified", last, []))
        elif ref.startswith(UNKNOWN_PREFIX):
            folded.append((ref, last))
        elif ref not in registered:
            hint = seen["hint"].get(ref)
            exact = seen["last_seen"].get(ref)
            name = words.key_name(None, hint, ref)
            rows.append(_row(ref, name, "unregistered", last, [ref], hint=hint, exact=exact))
    if folded:
        networks = "1 network" if len(folded) == 1 else f"{len(folded)} networks"
        name = f"Unknown credentials from {networks}"
        rows.append(_row(UNKNOWN, name, "unidentified", max(last for _, last in folded), [ref for ref, _ in folded]))
    frame = pd.DataFrame(rows, columns=list(OUTLINE[:10]))
    moments = {name: pd.to_datetime(frame[name], utc=True) for name in ("expires_at", "last_used")}
    return frame.assign(**moments)


def _row(
    identity: str,
    name: str,
    status: str,
    last: datetime,
    refs: list[str],
    *,
    hint: str | None = None,
    exact: datetime | None = None,
) -> dict[str, Any]:
    """`last` as usage knows it, by the hour."""
    used = {"last_used": last if exact is None else exact, "by_hour": exact is None}
    return {"id": identity, "name": name, "status": status, **used, "refs": refs, "hint": hint}


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


def _counts(rows: pd.DataFrame, usage: pd.DataFrame) -> pd.DataFrame:
    """What the references of each row did in the window."""
    place: dict[str | None, int] = {}
    for at, (identity, refs) in enumerate(zip(rows["id"], rows["refs"], strict=True)):
        place |= dict.fromkeys([None] if identity == NO_KEY else refs, at)
    mine = [place.get(ref, -1) for ref in usage["key"]]
    sums = usage[list(COUNTED)].groupby(mine).sum().reindex(range(len(rows)), fill_value=0)
    return sums.astype("int64")


def _joined(texts: pd.DataFrame) -> pd.Series:
    parts = (texts[name].fillna("").astype(str) for name in texts)
    return pd.Series([" ".join(each).lower() for each in zip(*parts, strict=True)], index=texts.index, dtype="str")


def _judged(
    row: Mapping[Any, Any], findings: Mapping[str, Sequence[Finding]], flags: Mapping[str, set[str]], now: datetime
) -> list[tuple[str, str]]:
    if row["status"] == "unidentified":
        return []
    return health.judge(row, findings.get(row["id"], ()), flags.get(row["id"], ()), now)


def _flags(faults: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    """The flags of each key, from the keys of each flag."""
    found: dict[str, set[str]] = {}
    for flag, keys in faults.items():
        for key in keys:
            found.setdefault(key, set()).add(flag)
    return found
